// SPDX-License-Identifier: Apache-2.0
// What parallel degrees have to do with each other, in numbers alone. Private to this module.
// Every layout given to these functions is within the limits of validate.hpp unless said otherwise.
#pragma once

#include "validate/validate.hpp"

namespace recipe::validate {

/// The attention heads that tensor parallelism splits; 0 where not known.
struct Heads {
    std::int64_t attention = 0;
    std::int64_t key_value = 0;

    [[nodiscard]] bool split_by(std::int64_t tensor) const noexcept;
};

/// tensor × shard × expert: the ranks that hold one copy of the model. At most max_degree³ = 10^18.
[[nodiscard]] std::int64_t ranks_per_copy(const Layout& layout) noexcept;
[[nodiscard]] bool world_divides(const Layout& layout) noexcept;

/// "4 nodes × 8 devices = 32 ranks cannot be divided by tensor_model_parallel_degree 3 × shard_degree 8 = 24"
[[nodiscard]] std::string explain_world(const Layout& layout);
/// "context_parallel_degree 16 is more than shard_degree 8, whose ranks share the sequence"
[[nodiscard]] std::string explain_context(const Layout& layout);

/// The layout nearest to this one whose degrees divide the world and whose tensor-parallel degree splits the heads:
/// another shard degree if that is enough, else another tensor-parallel degree, else both. Among equally near ones the
/// larger, because who raises a degree is short of memory. nullopt: the world fits no such layout.
/// `shard_free`: whether the recipe has a shard degree that may be changed.
[[nodiscard]] std::optional<Layout> nearest_valid(const Layout& layout, const Heads& heads, bool shard_free);

/// The smallest number of nodes that gives at least `world` ranks with `devices` per node and divides by the layout's
/// degrees; nullopt beyond max_nodes.
[[nodiscard]] std::optional<std::int64_t> nodes_for(const Layout& layout, std::int64_t world, std::int64_t devices);

}  // namespace recipe::validate
