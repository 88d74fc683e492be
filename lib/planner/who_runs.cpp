// SPDX-License-Identifier: Apache-2.0
// Finds whether the family's own program runs, and what another says of itself.
#include "planner/who_runs.hpp"

#include "planner/program/entry_script.hpp"
#include "planner/program/shipped_keys.hpp"

#include <cstdio>
#include <filesystem>
#include <memory>

namespace recipe::planner {
namespace {

using config::Value;

/// Whether the file has these bytes and no more.
bool is_file_of(const std::filesystem::path& file, std::string_view bytes) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(std::fopen(file.c_str(), "rbe"), std::fclose);
    if (stream == nullptr) return false;
    std::string text(bytes.size() + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), stream.get()));
    return text == bytes;
}

Expected<Value> load_keys(const std::filesystem::path& file) {
    if (!is_file_of(file, shipped_keys_yaml)) return config::load_yaml(file);
    return config::from_json(shipped_keys_json, shipped_keys_json.size());
}

/// Whether keys.yaml is about this script: the one that it names, or any beside it.
bool is_about(const Value& keys, const std::filesystem::path& script) {
    const Value* named = keys.at("program.script");
    return named == nullptr || named->as_string() == nullptr || *named->as_string() == script.filename();
}

bool says(const Value& root, std::string_view key) {
    const Value* value = root.at(key);
    return value != nullptr && !value->is_null() && (value->as_string() == nullptr || !value->as_string()->empty());
}

}  // namespace

WhoRuns who_runs(const config::Resolved& resolved, bool runs_entry, const storage::Host* host) {
    const Value& root = resolved.root;
    if (!runs_entry) return {.is_the_familys = false};
    for (const char* key : {"git.entry_script", "git.entry_module", "entry_module"})
        if (says(root, key)) return {.is_the_familys = false};
    const Value* script = root.at("launch.entry_script");
    if (says(root, "git.repo_url_or_path") || script == nullptr || !script->is_string() || script->as_string()->empty())
        return {};
    WhoRuns other{.is_the_familys = false};
    const std::filesystem::path path = entry_script_file(resolved, *script->as_string(), script);
    const std::filesystem::path file = path.parent_path() / "keys.yaml";
    const storage::Access found = host != nullptr ? host->access(file.string()) : storage::access_of(file.string());
    if (!found.is_file) return other;
    Expected<Value> keys = load_keys(file);
    if (!keys || !is_about(*keys, path)) return other;
    other.keys = std::move(*keys);
    other.keys_file = file.string();
    return other;
}

Expected<family::Families> families_run_by(const WhoRuns& program, const Value& root,
                                           const family::Families& families) {
    if (program.is_the_familys) return families;
    const Value* description = program.keys ? program.keys->find("program") : nullptr;
    if (description == nullptr) return families.run_by_another(root);
    return families.run_by(root, *description, program.keys_file);
}

}  // namespace recipe::planner
