// SPDX-License-Identifier: Apache-2.0
// The smallest changes of a recipe with which it fits. Private to this module.
#pragma once

#include "memory/reading.hpp"

#include <functional>

namespace recipe::memory {

/// What may be changed, and under which names. An empty name is not to be touched.
struct Knobs {
    std::string validation_batch, tensor, shard, micro_batch, checkpointing, loss, nodes;
    std::string shard_also;  // an override that sharding takes beside its degree, or empty
};

/// A type of machine with as many devices a node, and what each has.
struct Machine {
    std::string name;
    double usable_bytes = 0;
};

/// At most `most` suggestions, smallest change first; each divides the world, splits the heads evenly and fits (or is
/// tight where nothing fits). Tries a bounded number of combinations, whatever the recipe.
[[nodiscard]] std::vector<Suggestion> search(const Reading& reading, const Knobs& knobs, double usable_bytes,
                                             const std::vector<Machine>& machines, std::size_t most);

}  // namespace recipe::memory
