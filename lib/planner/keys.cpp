// SPDX-License-Identifier: Apache-2.0
// Where a recipe says how many nodes and devices it wants. HyperPod's launcher looks at `run.nodes` and
// `run.ntasks_per_node` before `trainer.num_nodes` and `trainer.devices`; custom training has no trainer at all.
#include "planner/keys.hpp"

#include "slurm_text/time_limit.hpp"

namespace recipe::planner {
namespace {

/// The first of the keys that is there and not null; `otherwise` when none is.
std::string first_present(const config::Value& root, std::initializer_list<std::string_view> keys,
                          std::string_view otherwise) {
    for (const std::string_view key : keys) {
        const config::Value* value = root.at(key);
        if (value != nullptr && !value->is_null()) return std::string(key);
    }
    return std::string(otherwise);
}

}  // namespace

std::string nodes_key(const config::Value& root) {
    return first_present(root, {"recipes.run.nodes", "recipes.trainer.num_nodes", "training_cfg.run.nodes"},
                         "recipes.trainer.num_nodes");
}

std::string devices_key(const config::Value& root) {
    return first_present(root,
                         {"recipes.run.ntasks_per_node", "recipes.trainer.devices", "training_cfg.run.ntasks_per_node"},
                         "recipes.trainer.devices");
}

std::string time_limit_key(const config::Value& root) {
    return first_present(root, {"recipes.run.time_limit", "training_cfg.run.time_limit"}, "recipes.run.time_limit");
}

plan::Launcher launcher_of(const config::Value& root) {
    const config::Value* launcher = root.at("launch.launcher");
    const std::string* name = launcher != nullptr ? launcher->as_string() : nullptr;
    return name != nullptr && *name == "direct" ? plan::Launcher::direct : plan::Launcher::torchrun;
}

std::optional<std::optional<std::int64_t>> time_limit_of(const config::Value& value) {
    if (const std::string* text = value.as_string()) return slurm_text::parse_time_limit(*text);
    const auto number = value.as_int();
    if (!number || *number < 0 || *number > slurm_text::max_time_limit) return std::nullopt;
    const Source source = value.position().source();
    if (source.column > 0 && static_cast<std::size_t>(source.column) <= source.excerpt.size()) {
        const std::string_view spelled =
            std::string_view(source.excerpt).substr(static_cast<std::size_t>(source.column) - 1);
        const std::size_t end = spelled.find_first_not_of("0123456789_:+");
        if (spelled.substr(0, end).find(':') != std::string_view::npos) return std::optional((*number + 59) / 60);
    }
    return std::optional(*number);
}

}  // namespace recipe::planner
