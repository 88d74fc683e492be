// SPDX-License-Identifier: Apache-2.0
// Keys that nobody reads, where a typing mistake is likely. Recipes may hold what they want, so these are hints.
#include "keys/keys.hpp"
#include "validate/rule.hpp"

#include "diagnostic/codes/launch.hpp"
#include "diagnostic/codes/model.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <map>
#include <set>

namespace recipe::validate {
namespace {

constexpr std::size_t same_beginning = 3;  // characters

bool has_slurm_section(const Subject& s) {
    const config::Value* cluster = s.root.find("cluster");
    const config::Value* type = s.root.find("cluster_type");
    const std::string* name = type != nullptr ? type->as_string() : nullptr;
    return cluster != nullptr && cluster->is_map() &&
           (type == nullptr || type->is_null() || (name != nullptr && *name == "slurm"));
}

std::string small(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

Findings unknown_cluster_key(const Subject& s) {
    Findings findings;
    for (const config::Entry& entry : s.root.find("cluster")->entries()) {
        const std::string name = config::to_python_text(entry.key);
        if (keys::has_step("cluster", name)) continue;
        const std::string key = "cluster." + name;
        const std::vector<std::string_view> steps = keys::steps_below("cluster");
        const auto close = nearest(small(name), {steps.begin(), steps.end()}, 1);
        const bool is_of_root = s.root.find(name) != nullptr;
        std::string meant;
        if (is_of_root)
            meant = name;
        else if (!close.empty() && close.front().substr(0, same_beginning) == small(name).substr(0, same_beginning))
            meant = "cluster." + close.front();
        findings.push_back(
            {.at = {.path = key, .key = key, .value = &entry.value},
             .message = fmt::format("{} has no effect: there is no such key{}", truncate(config::Value::string(key)),
                                    meant.empty() ? "" : fmt::format("; did you mean `{}`?", meant)),
             .fix = meant.empty() || entry.value.is_map() || entry.value.is_list()
                        ? std::string()
                        : fmt::format("--recipe-set=~{} --recipe-set=++{}={}", key, meant,
                                      config::to_python_text(entry.value))});
    }
    return findings;
}

/// The names of keys that the family reads, by the map that holds them.
std::map<std::string, std::vector<std::string>> keys_by_parent(const family::Family& family) {
    std::map<std::string, std::vector<std::string>> names;
    for (const family::Place& place : family.places) {
        for (const std::string& path : place.paths) {
            const std::size_t dot = path.rfind('.');
            if (dot != std::string::npos) names[path.substr(0, dot)].push_back(path.substr(dot + 1));
        }
    }
    return names;
}

bool looks_like(const std::string& word, const std::string& name) {
    return word.size() + 2 >= name.size() && name.size() + 2 >= word.size() &&
           word.substr(0, same_beginning) == name.substr(0, same_beginning) && !nearest(word, {name}, 1).empty();
}

/// Only where the key that is meant is missing: else the other is somebody else's.
Findings misspelt_key(const Subject& s) {
    Findings findings;
    for (const auto& [parent, names] : keys_by_parent(s.family)) {
        const Found section = s.find(parent);
        if (!section.given() || !section.value->is_map()) continue;
        for (const config::Entry& entry : section.value->entries()) {
            const std::string* word = entry.key.as_string();
            if (word == nullptr || std::ranges::find(names, *word) != names.end()) continue;
            const auto meant = std::ranges::find_if(names, [&](const std::string& name) {
                return section.value->find(name) == nullptr && looks_like(*word, name);
            });
            if (meant == names.end()) continue;
            findings.push_back(
                {.at = {.path = section.path + '.' + *word, .key = section.key + '.' + *word, .value = &entry.value},
                 .message = fmt::format("{}.{} is not read; did you mean `{}.{}`?", section.key, truncate(entry.key),
                                        section.key, *meant),
                 .fix = {}});
        }
    }
    return findings;
}

/// The sections of a recipe that somebody reads.
std::set<std::string> sections_of(const family::Family& family) {
    std::set<std::string> sections{"exp_manager", "memory", "run", "trainer"};
    for (const family::Place& place : family.places)
        for (const std::string& path : place.paths)
            if (const std::size_t dot = path.find('.'); dot != std::string::npos) sections.insert(path.substr(0, dot));
    return sections;
}

/// A section of the recipe that nobody reads, and that is nearly called as one that the recipe lacks, is that one. What
/// is said of either follows.
Findings misspelt_section(const Subject& s) {
    const config::Value* recipe = s.root.find(s.family.root);
    if (recipe == nullptr || !recipe->is_map()) return {};
    const std::set<std::string> known = sections_of(s.family);
    Findings findings;
    for (const config::Entry& entry : recipe->entries()) {
        const std::string* name = entry.key.as_string();
        if (name == nullptr || !entry.value.is_map() || known.contains(*name)) continue;
        std::vector<std::string> missing;
        std::ranges::copy_if(known, std::back_inserter(missing),
                             [&](const std::string& section) { return recipe->find(section) == nullptr; });
        const auto close = nearest(small(*name), missing, 1);
        if (close.empty()) continue;
        findings.push_back(
            {.at = {.path = s.family.root + '.' + *name, .key = *name, .value = &entry.key},
             .message =
                 fmt::format("{} is no section that is read; did you mean `{}`?", truncate(entry.key), close.front()),
             .fix = close.front() + ':',
             .explains = {{Explained::What::section, *name}, {Explained::What::section, close.front()}}});
    }
    return findings;
}

Findings misspelt(const Subject& s) {
    Findings findings = misspelt_section(s);
    std::ranges::move(misspelt_key(s), std::back_inserter(findings));
    return findings;
}

/// "loss=chunked" of a map that holds one value only, however deep; else empty.
std::string one_setting(const config::Value& value) {
    if (!value.is_map()) return '=' + config::to_python_text(value);
    if (value.size() != 1) return {};
    const std::string rest = one_setting(value.entries().front().value);
    return rest.empty() ? rest : '.' + config::to_python_text(value.entries().front().key) + rest;
}

bool has_recipe(const Subject& s) {
    return s.family.root == "recipes";
}

/// An addition to a key that there is not goes to the root, as Hydra has it, and not into the recipe. A root
/// configuration may hold what it wants.
Findings misplaced_section(const Subject& s) {
    const std::set<std::string> sections = sections_of(s.family);
    Findings findings;
    for (const config::Entry& entry : s.root.entries()) {
        const std::string* name = entry.key.as_string();
        const bool added = entry.value.is_map() && entry.value.position().line == 0;
        if (name == nullptr || !added || !sections.contains(*name) || s.find(*name).given()) continue;
        const std::string setting = one_setting(entry.value);
        findings.push_back(
            {.at = {.path = *name, .key = *name, .value = &entry.value},
             .message = fmt::format("{} was added beside the recipe, at the root of the configuration, where nobody "
                                    "reads it; the recipe's own is `recipes.{}`",
                                    *name, *name),
             .fix = setting.empty() ? "" : fmt::format("--recipe-set=+recipes.{}{}", *name, setting)});
    }
    return findings;
}

bool always(const Subject&) {
    return true;
}

constexpr std::array<Rule, 3> table{{
    {codes::launch.unknown_key, has_slurm_section, unknown_cluster_key},
    {codes::model.misspelt, always, misspelt},
    {codes::model.misplaced, has_recipe, misplaced_section},
}};

}  // namespace

std::span<const Rule> unknown_key_rules() {
    return table;
}

}  // namespace recipe::validate
