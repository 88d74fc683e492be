// SPDX-License-Identifier: Apache-2.0
// The keys that main.py of sagemaker-hyperpod-recipes adds (preprocess_config, main at 2631995), under the names that
// it gives them. What it changes of keys that are there already (cluster_type, run.name) is not followed.
#include "config/compose/launcher_keys.hpp"

#include "config/interpolation/resolver.hpp"

#include <fmt/format.h>

namespace recipe::config {
namespace {

constexpr std::int64_t devices_of_unknown_instances = 8;

class Additions {
public:
    explicit Additions(Value& root) : root_(root) {}

    /// `path` leads through maps; where it does not, nothing is added.
    void add(std::string_view path, Value value) {
        Value* node = &root_;
        const auto steps = split_key(path);
        for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
            node = node->find_mutable(steps[i]);
            if (node == nullptr || !node->is_map()) return;
        }
        Value* there = node->find_mutable(steps.back());
        if (there != nullptr && !there->is_null()) return;
        added_.push_back({std::string(path), there != nullptr});
        if (there == nullptr) {
            node->set(Value::string(std::string(steps.back())), std::move(value));
            return;
        }
        const Position position = there->position();
        *there = std::move(value);
        there->set_position(position);
    }

    [[nodiscard]] std::vector<AddedKey> take() { return std::move(added_); }

private:
    Value& root_;
    std::vector<AddedKey> added_;
};

const std::string* text_at(const Value& root, std::string_view key) {
    const Value* value = root.at(key);
    return value != nullptr ? value->as_string() : nullptr;
}

std::int64_t devices_per_node(const Value& root, const ComposeRequest& request) {
    for (const char* key : {"instance_type", "cluster.instance_type"})
        if (const std::string* name = text_at(root, key); name != nullptr && request.devices_of)
            if (const auto devices = request.devices_of(*name)) return *devices;
    return devices_of_unknown_instances;
}

}  // namespace

std::vector<AddedKey> add_launcher_keys(Value& root, const ComposeRequest& request) {
    Additions additions(root);
    const auto folder = request.working_directory / "launcher/nemo/nemo_framework_launcher/launcher_scripts";
    additions.add("launcher_scripts_path", Value::string(folder.string()));
    additions.add("wandb_api_key_file", Value::null());
    additions.add("wandb_api_bcp_secret_key", Value::null());
    if (const std::string* type = text_at(root, "cluster.cluster_type"))
        additions.add("cluster_type", Value::string(*type == "slurm" ? "bcm" : *type));
    const Value* run = root.at("training_cfg.run");
    if (root.find("recipes") != nullptr || run == nullptr || !run->is_map()) return additions.take();

    additions.add("training_cfg.run.ntasks_per_node", Value::integer(devices_per_node(root, request)));
    Value devices = Value::map();
    devices.set(Value::string("devices"), Value::string("${training_cfg.run.ntasks_per_node}"));
    additions.add("training_cfg.trainer", std::move(devices));
    if (root.find("base_results_dir") != nullptr && root.at("training_cfg.run.name") != nullptr)
        additions.add("training_cfg.run.results_dir", Value::string("${base_results_dir}/${training_cfg.run.name}"));
    Value model = Value::map();
    model.set(Value::string("ub_tp_comm_overlap"), Value::boolean(false));
    Value training = Value::map();
    training.set(Value::string("model"), std::move(model));
    additions.add("training", std::move(training));
    return additions.take();
}

void remove_launcher_keys(Value& root, const std::vector<AddedKey>& added) {
    for (const AddedKey& key : added) {
        std::vector<std::string_view> steps = split_key(key.path);
        const std::string_view last = steps.back();
        steps.pop_back();
        Value* map = &root;
        for (const std::string_view step : steps) map = map != nullptr ? map->find_mutable(step) : nullptr;
        if (map == nullptr) continue;
        if (!key.was_null) {
            map->erase(last);
        } else if (Value* value = map->find_mutable(last)) {
            const Position position = value->position();
            *value = Value::null();
            value->set_position(position);
        }
    }
}

}  // namespace recipe::config
