// SPDX-License-Identifier: Apache-2.0
// Arithmetic of parallel degrees.
#include "validate/arithmetic.hpp"

#include "slurm_text/shown_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <vector>

namespace recipe::validate {
namespace {

std::vector<std::int64_t> divisors(std::int64_t number) {
    std::vector<std::int64_t> found;
    for (std::int64_t low = 1; low * low <= number; ++low) {
        if (number % low != 0) continue;
        found.push_back(low);
        if (low * low != number) found.push_back(number / low);
    }
    return found;
}

/// The divisors of `number` that a degree may have, nearest to `wanted` first, the larger of two equally near.
std::vector<std::int64_t> divisors_near(std::int64_t number, std::int64_t wanted) {
    std::vector<std::int64_t> candidates = divisors(number);
    std::erase_if(candidates, [](std::int64_t candidate) { return candidate > max_degree; });
    std::ranges::sort(candidates, [wanted](std::int64_t a, std::int64_t b) {
        const std::int64_t to_a = std::abs(a - wanted), to_b = std::abs(b - wanted);
        return to_a != to_b ? to_a < to_b : a > b;
    });
    return candidates;
}

/// The layout with the nearest shard degree that divides the world and leaves the context-parallel ranks room.
std::optional<Layout> with_other_shard(Layout layout) {
    const std::int64_t others = layout.tensor * layout.expert;
    if (layout.world() % others != 0) return std::nullopt;
    for (const std::int64_t shard : divisors_near(layout.world() / others, layout.shard)) {
        if (shard < layout.context) continue;
        layout.shard = shard;
        return layout;
    }
    return std::nullopt;
}

}  // namespace

bool Heads::split_by(std::int64_t tensor) const noexcept {
    return (attention == 0 || attention % tensor == 0) && (key_value == 0 || key_value % tensor == 0);
}

std::int64_t ranks_per_copy(const Layout& layout) noexcept {
    return layout.tensor * layout.shard * layout.expert;
}

bool world_divides(const Layout& layout) noexcept {
    return layout.world() % ranks_per_copy(layout) == 0;
}

std::string explain_world(const Layout& layout) {
    std::vector<std::string> factors;
    const auto factor = [&](std::string_view name, std::int64_t degree) {
        if (degree != 1) factors.push_back(fmt::format("{} {}", name, degree));
    };
    factor("tensor_model_parallel_degree", layout.tensor);
    factor("shard_degree", layout.shard);
    factor("expert_model_parallel_degree", layout.expert);
    std::string product = fmt::format("{}", fmt::join(factors, " × "));
    if (factors.size() > 1) product += fmt::format(" = {}", ranks_per_copy(layout));
    return fmt::format("{} × {} = {} cannot be divided by {}", slurm_text::counted(layout.nodes, "node"),
                       slurm_text::counted(layout.devices_per_node, "device"),
                       slurm_text::counted(layout.world(), "rank"), product);
}

std::string explain_context(const Layout& layout) {
    return fmt::format("context_parallel_degree {} is more than shard_degree {}, whose ranks share the sequence",
                       layout.context, layout.shard);
}

std::optional<Layout> nearest_valid(const Layout& layout, const Heads& heads, bool shard_free) {
    const bool heads_split = heads.split_by(layout.tensor);
    if (heads_split && shard_free) {
        if (auto found = with_other_shard(layout)) return found;
    }
    const std::int64_t fixed = layout.shard * layout.expert;
    if (layout.world() % fixed == 0 && (!shard_free || layout.context <= layout.shard)) {
        for (const std::int64_t tensor : divisors_near(layout.world() / fixed, layout.tensor)) {
            if (!heads.split_by(tensor)) continue;
            Layout other = layout;
            other.tensor = tensor;
            return other;
        }
    }
    if (!shard_free || layout.world() % layout.expert != 0) return std::nullopt;
    for (const std::int64_t tensor : divisors_near(layout.world() / layout.expert, layout.tensor)) {
        if (!heads.split_by(tensor)) continue;
        Layout other = layout;
        other.tensor = tensor;
        if (auto found = with_other_shard(other)) return found;
    }
    return std::nullopt;
}

std::optional<std::int64_t> nodes_for(const Layout& layout, std::int64_t world, std::int64_t devices) {
    const std::int64_t copy = ranks_per_copy(layout);
    const std::int64_t step = copy / std::gcd(copy, devices);  // node counts that divide are multiples of this
    if (step > max_nodes) return std::nullopt;
    const std::int64_t least = (world + devices - 1) / devices;
    const std::int64_t nodes = (least + step - 1) / step * step;
    if (nodes > max_nodes) return std::nullopt;
    return nodes;
}

}  // namespace recipe::validate
