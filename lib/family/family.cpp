// SPDX-License-Identifier: Apache-2.0
// What one family knows of a configuration: where its values are, and which program runs it.
#include "family/family.hpp"

#include <algorithm>

namespace recipe::family {
namespace {

bool is_given(const config::Value* value) {
    return value != nullptr && !value->is_null();
}

/// "training/llama/x" → "llama"; of a file, its directory.
std::string_view folder_of(std::string_view recipe) {
    const std::size_t name = recipe.rfind('/');
    if (name == std::string_view::npos) return {};
    const std::string_view directory = recipe.substr(0, name);
    if (recipe.starts_with('/')) return directory.substr(directory.rfind('/') + 1);
    const std::size_t group = directory.find('/');
    if (group == std::string_view::npos) return {};
    const std::string_view rest = directory.substr(group + 1);
    return rest.substr(0, rest.find('/'));
}

}  // namespace

const std::string* DefaultCode::program_for(std::string_view recipe) const {
    const std::string_view folder = folder_of(recipe);
    const auto found = std::ranges::find_if(entries, [&](const Entry& entry) {
        return (entry.folder.empty() || entry.folder == folder) &&
               recipe.substr(recipe.rfind('/') + 1).contains(entry.word);
    });
    return found == entries.end() ? nullptr : &found->program;
}

bool Family::can_run_on(Platform platform) const noexcept {
    return std::ranges::find(runs_on, platform) != runs_on.end();
}

std::string Family::path(const config::Value& configuration, Key key) const {
    const Place& where = place(key);
    if (where.paths.empty()) return {};
    for (const std::string& path : where.paths) {
        std::string full = root + '.' + path;
        if (is_given(configuration.at(full))) return full;
    }
    return root + '.' + where.paths.front();
}

const config::Value* Family::value(const config::Value& configuration, Key key) const {
    const Place& where = place(key);
    for (const std::string& path : where.paths)
        if (const config::Value* value = configuration.at(root + '.' + path); is_given(value)) return value;
    return where.otherwise.is_null() ? nullptr : &where.otherwise;
}

}  // namespace recipe::family
