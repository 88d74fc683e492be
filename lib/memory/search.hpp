// SPDX-License-Identifier: Apache-2.0
// The smallest changes of a recipe with which it fits. Private to this module.
#pragma once

#include "memory/reading.hpp"

#include <functional>

namespace recipe::memory {

/// What may be changed, and under which names. An empty name is not to be touched.
struct Knobs {
    std::string validation_batch, tensor, shard, micro_batch, checkpointing, loss, nodes;
    std::string shard_also;   // an override that sharding takes beside its degree, or empty
    std::string shard_all;    // one that spreads over all ranks what is spread over a node, or empty
    std::string nodes_again;  // a key that repeats the number of nodes, or empty
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

/// The fewest nodes that would do, with all that one may do beside: shard over all ranks, checkpoint, one sequence a
/// pass, in this order and only as far as it takes. Those that leave nothing in the way, unless it takes far fewer
/// where fragmentation decides. nullopt: no number of them does.
struct FewestNodes {
    std::int64_t nodes = 0;
    Suggestion suggestion;
};
[[nodiscard]] std::optional<FewestNodes> fewest_nodes(const Reading& reading, const Knobs& knobs, double usable_bytes);

}  // namespace recipe::memory
