// SPDX-License-Identifier: Apache-2.0
// Parallel degrees against the world, each other, and the model.
#include "validate/rule.hpp"

#include "diagnostic/codes/layout.hpp"

#include <fmt/format.h>
#include <array>

namespace recipe::validate {
namespace {

bool always(const Subject&) {
    return true;
}

Findings type(const Subject& s) {
    return wrong_types(
        s, {&s.tensor, &s.shard, &s.expert, &s.context, &s.pipeline, &s.virtual_pipeline, &s.kv_replicator});
}

Findings range(const Subject& s) {
    return wrong_ranges(
        {&s.tensor, &s.shard, &s.expert, &s.context, &s.pipeline, &s.virtual_pipeline, &s.kv_replicator});
}

bool shard_is_set(const Subject& s) {
    return s.shard.state == Number::State::good;
}

/// What to set so that the layout becomes `wanted`.
std::string become(const Subject& s, const Layout& wanted) {
    std::string fix;
    const auto set = [&](const Number& number, std::int64_t value) {
        if (number.number != value) fix += (fix.empty() ? "" : " ") + s.set(number.found, std::to_string(value));
    };
    set(s.tensor, wanted.tensor);
    set(s.shard, wanted.shard);
    set(s.context, wanted.context);
    return fix;
}

/// The key that a layout change starts at, for the place of the diagnostic.
const Found& first_change(const Subject& s, const Layout& wanted) {
    return wanted.tensor != s.layout.tensor ? s.tensor.found : s.shard.found;
}

bool world_not_divisible_applies(const Subject& s) {
    return s.layout_known && !world_divides(s.layout);
}

Findings world_not_divisible(const Subject& s) {
    const auto valid = nearest_valid(s.layout, s.heads, shard_is_set(s));
    std::string message = explain_world(s.layout);
    // Often the degrees are meant and the nodes are not yet.
    const auto nodes = nodes_for(s.layout, s.layout.world(), s.layout.devices_per_node);
    if (nodes) message += fmt::format("; {} nodes could be", *nodes);
    Found at = valid ? first_change(s, *valid) : shard_is_set(s) ? s.shard.found : s.tensor.found;
    std::string fix = valid ? become(s, *valid) : nodes ? s.set(s.nodes.found, std::to_string(*nodes)) : std::string();
    return {{.at = std::move(at), .message = std::move(message), .fix = std::move(fix)}};
}

bool context_applies(const Subject& s) {
    const bool checked = shard_is_set(s) || !s.family.shard_may_be_unset;
    return s.family.layout == family::Layout::fsdp && s.layout_known && checked && s.layout.context > s.layout.shard;
}

Findings context(const Subject& s) {
    // More sharding keeps the sequence split as requested; where the world has no room for it, less splitting must do.
    std::optional<Layout> valid = nearest_valid(s.layout, s.heads, true);
    if (!valid || valid->tensor != s.layout.tensor) {
        valid = s.layout;
        valid->context = s.layout.shard;
    }
    return {{.at = s.context.found, .message = explain_context(s.layout), .fix = become(s, *valid)}};
}

bool heads_applies(const Subject& s) {
    if (s.family.layout != family::Layout::fsdp) return pipeline_heads_applies(s);
    return s.tensor.usable() && !s.heads.split_by(s.tensor.number);
}

Findings heads(const Subject& s) {
    if (s.family.layout != family::Layout::fsdp) return pipeline_heads(s);
    std::string message = fmt::format("{} {} does not divide", s.tensor.found.key, s.tensor.number);
    const bool attention = s.heads.attention % s.tensor.number != 0;
    const bool key_value = s.heads.key_value % s.tensor.number != 0;
    if (attention) message += fmt::format(" {} attention heads", s.heads.attention);
    if (attention && key_value) message += " and";
    if (key_value) message += fmt::format(" {} key-value heads", s.heads.key_value);
    std::optional<Layout> valid;
    if (s.layout_known) valid = nearest_valid(s.layout, s.heads, shard_is_set(s));
    return {{.at = s.tensor.found,
             .message = std::move(message),
             .fix = valid ? become(s, *valid) : s.set(s.tensor.found, "1")}};
}

constexpr std::string_view adapter =
    "aws/sagemaker-hyperpod-training-adapter-for-nemo, conf/config_schemas.py validate_distributed_degrees";

constexpr std::array<Rule, 5> table{{
    {codes::layout.type, always, type},
    {codes::layout.range, always, range},
    {codes::layout.world_not_divisible, world_not_divisible_applies, world_not_divisible},
    {codes::layout.context, context_applies, context},
    {codes::layout.heads, heads_applies, heads},
}};

}  // namespace

std::span<const Rule> layout_rules() {
    return table;
}

Diagnostics check_layout(const Layout& layout) {
    Diagnostics problems;
    // Without a recipe there is no family: the keys are those of the Hugging Face shape, the only one with degrees.
    const auto within = [&](DiagnosticCode code, std::string_view key, std::int64_t number, std::int64_t most) {
        if (number >= 1 && number <= most) return;
        problems.push_back({.code = code,
                            .key = std::string(key),
                            .message = fmt::format("{}, not {}", explain_range(key, most), number)});
    };
    within(codes::devices.range, "trainer.num_nodes", layout.nodes, max_nodes);
    within(codes::devices.range, "trainer.devices", layout.devices_per_node, max_devices_per_node);
    within(codes::layout.range, "model.tensor_model_parallel_degree", layout.tensor, max_degree);
    within(codes::layout.range, "model.shard_degree", layout.shard, max_degree);
    within(codes::layout.range, "model.expert_model_parallel_degree", layout.expert, max_degree);
    within(codes::layout.range, "model.context_parallel_degree", layout.context, max_degree);
    if (!problems.empty()) return problems;
    if (!world_divides(layout))
        problems.push_back({.code = codes::layout.world_not_divisible,
                            .key = layout.shard != 1 ? "model.shard_degree" : "model.tensor_model_parallel_degree",
                            .message = explain_world(layout)});
    // A shard degree of 1 may stand for one that the recipe leaves to the program.
    if (layout.shard > 1 && layout.context > layout.shard)
        problems.push_back({.code = codes::layout.context,
                            .key = "model.context_parallel_degree",
                            .message = explain_context(layout)});
    return problems;
}

}  // namespace recipe::validate
