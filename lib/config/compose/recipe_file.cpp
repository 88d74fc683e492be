// SPDX-License-Identifier: Apache-2.0
// Tells the keys of the root from those of the recipe in a recipe file that lies in no collection.
#include "config/compose/recipe_file.hpp"

#include "config/interpolation/special_value.hpp"
#include "config/value/place.hpp"
#include "config/value/value_data.hpp"
#include "diagnostic/codes/compose.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace recipe::config {
namespace {

/// A key that the planner reads at the root, whatever the root configuration has. `example` is how a value of another
/// kind is written; empty: the key holds no map.
struct RootKey {
    std::string_view name;
    std::string_view example;
};

constexpr std::array root_keys{
    RootKey{"base_results_dir", ""},
    RootKey{"cluster", "cluster: {partition: NAME}"},
    RootKey{"cluster_type", ""},
    RootKey{"container", ""},
    RootKey{"env_vars", "env_vars: {NAME: VALUE}"},
    RootKey{"git", "git: {repo_url_or_path: ADDRESS}"},
    RootKey{"instance_type", ""},
    RootKey{"launch", "launch: {entry_script: train.py}"},
    RootKey{"recipes", "recipes: {run: {name: NAME}}"},
};

const RootKey* root_key(std::string_view name) {
    const auto found = std::ranges::find(root_keys, name, &RootKey::name);
    return found != root_keys.end() ? &*found : nullptr;
}

/// Other keys go to the root where it has them, in the same form: `training_config` is a text of the root and a section
/// of some recipes.
bool belongs_to_root(const std::string& name, const Value& value, const Value& root) {
    if (root_key(name) != nullptr) return true;
    if (name == "hydra" || name == "defaults") return false;
    const Value* there = root.find(name);
    if (there == nullptr) return false;
    if (there->is_null() || is_interpolation(value)) return !value.is_map();
    return there->kind() == value.kind();
}

/// A program may read sections of any name; short names are near to many.
void ask_whether_misspelt(const std::string& name, const Value& key, Diagnostics& notes) {
    constexpr std::size_t shortest = 6;
    std::vector<std::string> known;
    for (const RootKey& each : root_keys)
        if (each.name != "recipes") known.emplace_back(each.name);
    const auto close = name.size() < shortest ? std::vector<std::string>{} : nearest(name, known, 1);
    if (close.empty()) return;
    notes.push_back({.code = codes::compose.misspelt,
                     .key = name,
                     .source = key.position().source(),
                     .message = fmt::format("`{}` is a section of the recipe, which only the program may read; did you "
                                            "mean `{}`?",
                                            quotable(name), close.front())});
}

}  // namespace

Value take_root_keys(Value& content, const Value& root, Diagnostics& problems, Diagnostics& notes) {
    Value taken = Value::map();
    taken.set_position(content.position());
    Value rest = Value::map();
    rest.set_position(content.position());
    for (Entry& entry : ValueAccess::entries(content)) {
        const std::string* name = entry.key.as_string();
        if (name == nullptr || !belongs_to_root(*name, entry.value, root)) {
            if (name != nullptr) ask_whether_misspelt(*name, entry.key, notes);
            rest.set(std::move(entry.key), std::move(entry.value));
            continue;
        }
        const RootKey* known = root_key(*name);
        const bool section = known != nullptr && !known->example.empty();
        if (section && entry.value.is_null()) continue;
        if (section && !entry.value.is_map() && !is_interpolation(entry.value)) {
            problems.push_back(
                {.code = codes::compose.type,
                 .key = *name,
                 .source = entry.value.position().source(),
                 .message = fmt::format("`{}` is a section of several keys, not {}; write for example `{}`", *name,
                                        describe(entry.value.kind()), known->example)});
            continue;
        }
        taken.set(std::move(entry.key), std::move(entry.value));
    }
    content = std::move(rest);
    return taken;
}

}  // namespace recipe::config
