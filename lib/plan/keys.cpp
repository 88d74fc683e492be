// Where a recipe says how many nodes and devices it wants. HyperPod's launcher looks at `run.nodes` and
// `run.ntasks_per_node` before `trainer.num_nodes` and `trainer.devices`; custom training has no trainer at all.
#include "plan/plan.hpp"

namespace recipe::plan {
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
    return first_present(root, {"recipes.run.ntasks_per_node", "recipes.trainer.devices", "training_cfg.run.ntasks_per_node"},
                         "recipes.trainer.devices");
}

std::string time_limit_key(const config::Value& root) {
    return first_present(root, {"recipes.run.time_limit", "training_cfg.run.time_limit"}, "recipes.run.time_limit");
}

Launcher launcher_of(const config::Value& root) {
    const config::Value* launcher = root.at("launch.launcher");
    const std::string* name = launcher != nullptr ? launcher->as_string() : nullptr;
    return name != nullptr && *name == "direct" ? Launcher::direct : Launcher::torchrun;
}

}  // namespace recipe::plan
