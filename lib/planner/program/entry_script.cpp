// SPDX-License-Identifier: Apache-2.0
// Looks for an entry script beside the recipe file and in the collection.
#include "planner/program/entry_script.hpp"

#include "storage/storage.hpp"

#include <system_error>

namespace recipe::planner {
namespace {

namespace fs = std::filesystem;

bool lies_in(const std::string& file, const fs::path& folder) {
    const fs::path inside = fs::path(file).lexically_normal().lexically_relative(folder.lexically_normal());
    return !inside.empty() && *inside.begin() != "..";
}

}  // namespace

bool is_custom(const config::Value& root) {
    return root.find("recipes") == nullptr && root.find("training_cfg") != nullptr;
}

bool is_of_collection(const config::Resolved& resolved, const config::Value& written) {
    const std::string origin = written.position().source().name;
    return !origin.empty() && lies_in(origin, resolved.collection);
}

fs::path entry_script_file(const config::Resolved& resolved, const std::string& script, const config::Value* written) {
    if (is_custom(resolved.root)) return (resolved.recipe_file.parent_path() / script).lexically_normal();
    const fs::path in_collection = (resolved.collection / script).lexically_normal();
    if (!resolved.outside || written == nullptr) return in_collection;
    if (is_of_collection(resolved, *written)) return in_collection;
    const fs::path beside = (resolved.recipe_file.parent_path() / script).lexically_normal();
    if (storage::exists(beside.string())) return beside;
    // Of two that are missing, the one that its author will look for.
    return storage::exists(in_collection.string()) ? in_collection : beside;
}

}  // namespace recipe::planner
