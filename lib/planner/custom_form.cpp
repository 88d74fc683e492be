// SPDX-License-Identifier: Apache-2.0
// Brings HyperPod's custom training into the form of its recipes.
#include "planner/custom_form.hpp"

#include <utility>

namespace recipe::planner {
namespace {

using config::Value;

bool is_set(const Value& map, const std::string& key) {
    const Value* value = map.find(key);
    return value != nullptr && !value->is_null();
}

/// Takes `key` out of `from`, and into `to` unless something is there.
void move_key(Value& from, Value& to, const std::string& key) {
    const Value* found = from.find(key);
    if (found == nullptr) return;
    Value value = *found;
    from.erase(key);
    if (!is_set(to, key)) to.set(Value::string(key), std::move(value));
}

}  // namespace

void bring_to_common_form(Value& root) {
    if (root.find("recipes") != nullptr || root.find("training_cfg") == nullptr) return;
    Value cluster = Value::map();
    if (const Value* given = root.find("cluster"); given != nullptr && given->is_map()) cluster = *given;
    for (const char* key : {"instance_type", "cluster_type"}) move_key(cluster, root, key);
    for (const char* key : {"container_mounts", "slurm_docker_cfg"}) move_key(root, cluster, key);
    if (const Value* nested = cluster.find("cluster_config"); nested != nullptr && nested->is_map()) {
        const Value config = *nested;
        cluster.erase("cluster_config");
        for (const config::Entry& entry : config.entries())
            if (const std::string* key = entry.key.as_string(); key != nullptr && !is_set(cluster, *key))
                cluster.set(entry.key, entry.value);
    }
    root.set(Value::string("cluster"), std::move(cluster));
}

}  // namespace recipe::planner
