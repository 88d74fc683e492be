// SPDX-License-Identifier: Apache-2.0
// What is said of an override that names no key, and which keys may have been meant.
#include "config/compose/override_apply.hpp"
#include "config/interpolation/special_value.hpp"
#include "config/value/place.hpp"
#include "diagnostic/codes/compose.hpp"
#include "keys/keys.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>

namespace recipe::config {
namespace {

constexpr std::size_t max_searched_nodes = 20'000;

/// Full paths that end in the steps of `path`.
void find_endings(const Value& value, const std::string& at, const std::string& ending, std::vector<std::string>& found,
                  std::size_t& budget) {
    for (const Entry& entry : value.entries()) {
        if (budget == 0 || found.size() >= 3) return;
        --budget;
        const std::string* key = entry.key.as_string();
        if (!key) continue;
        const std::string here = at.empty() ? *key : at + '.' + *key;
        if (here.ends_with('.' + ending)) found.push_back(here);
        find_endings(entry.value, here, ending, found, budget);
    }
}

}  // namespace

void OverrideApplier::report(const GivenOverride& override, DiagnosticCode code, std::string message, std::string fix,
                             bool at_value) {
    const std::size_t column = at_value ? override.parsed.value_column : override.parsed.key_column;
    problems_.push_back({.code = code,
                         .key = override.parsed.key,
                         .source = typed_source(override.given, column),
                         .message = std::move(message),
                         .fix = std::move(fix)});
}

void OverrideApplier::report_unknown(const GivenOverride& override, const Path& path) {
    const std::string& key = override.parsed.key;
    std::string message = fmt::format("`{}`: no such key", quotable(key));
    std::string fix;
    const auto close = suggestions(path);
    if (!close.empty()) {
        message += fmt::format("; did you mean `{}`?", close.front());
        fix = override.given.text;
        fix.replace(override.parsed.key_column, key.size(), close.front());
    } else if (override.parsed.type == ParsedOverride::Type::change && may_add(path)) {
        const std::string meant = read_key(path);
        if (!meant.empty() && meant != key) message += fmt::format("; did you mean `{}`?", meant);
        fix = "+" + override.given.text;
        if (!meant.empty()) fix.replace(1 + override.parsed.key_column, key.size(), meant);
    }
    report(override, codes::compose.unknown_key, std::move(message), std::move(fix));
}

/// Whether the section is there. At the root nobody reads what is added, but for what is known.
bool OverrideApplier::may_add(const Path& path) const {
    if (path.size() == 1) return !read_key(path).empty();
    const Place place = locate({path.begin(), path.end() - 1});
    return place.node != nullptr && place.node->is_map();
}

/// The key itself, or one that is nearly called so, where that is read though the configuration does not have it.
std::string OverrideApplier::read_key(const Path& path) const {
    const std::string section = fmt::format("{}", fmt::join(path.begin(), path.end() - 1, "."));
    const std::string place = section.empty() || root_.at(section) != nullptr ? section : "recipes." + section;
    std::vector<std::string> names;
    for (const std::string_view step : keys::steps_below(place)) names.emplace_back(step);
    if (std::ranges::find(names, path.back()) == names.end()) {
        names = nearest(path.back(), names, 1);
        if (names.empty()) return {};
    } else {
        names = {path.back()};
    }
    const std::string found = section.empty() ? names.front() : section + '.' + names.front();
    return root_.at(place.empty() ? names.front() : place + '.' + names.front()) == nullptr ? found : std::string();
}

/// Names that may have been meant: neighbours of the step that is missing, else keys elsewhere that end alike.
std::vector<std::string> OverrideApplier::suggestions(const Path& path) const {
    Place place = walk(root_, "", path);
    if (Value* recipes = root_.find_mutable("recipes"); recipes && is_container(*recipes)) {
        Place from_recipes = walk(*recipes, "recipes.", path);
        if (from_recipes.containers.size() > place.containers.size()) place = std::move(from_recipes);
    }
    if (place.containers.empty()) return {};
    const std::size_t known = place.containers.size() - 1;
    std::vector<std::string> names;
    const auto take_names = [&names](const Value& map) {
        for (const Entry& entry : map.entries())
            if (const std::string* name = entry.key.as_string()) names.push_back(*name);
    };
    take_names(*place.containers.back());
    if (known == 0 && place.prefix.empty())
        if (const Value* recipes = root_.find("recipes")) take_names(*recipes);
    std::vector<std::string> found = nearest(path[known], names, 3);
    for (std::string& name : found) {
        Path better = path;
        better[known] = name;
        name = fmt::format("{}", fmt::join(better, "."));
    }
    // A neighbour counts when the rest of the path exists below it.
    std::erase_if(found, [this](const std::string& name) { return !locate(split_path(name)).node; });
    if (!found.empty()) return found;
    std::size_t budget = max_searched_nodes;
    find_endings(root_, "", fmt::format("{}", fmt::join(path, ".")), found, budget);
    for (const std::string_view name : keys::names_for(path.back()))
        if (found.empty()) find_endings(root_, "", std::string(name), found, budget);
    for (std::string& name : found) name = typed_key(root_, name);
    // A key of the root that stands in no section, such as instance_type.
    const Value* at_root = path.size() > 1 && keys::is_known(path.back()) ? root_.find(path.back()) : nullptr;
    if (found.empty() && at_root != nullptr && !is_container(*at_root)) found.push_back(path.back());
    return found;
}

}  // namespace recipe::config
