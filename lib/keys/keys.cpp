// SPDX-License-Identifier: Apache-2.0
// Looks things up in the tables of keys.
#include "keys/keys.hpp"

#include "keys/shipped.hpp"

#include <algorithm>

namespace recipe::keys {
namespace {

/// The next step of a key below a section; empty where it is not below it.
std::string_view step_below(const Key& key, std::string_view section) noexcept {
    std::string_view rest = key.path;
    if (!section.empty()) {
        if (key.of == Of::custom || rest.size() <= section.size() || rest[section.size()] != '.' ||
            !rest.starts_with(section))
            return {};
        rest.remove_prefix(section.size() + 1);
    }
    return rest.substr(0, rest.find('.'));
}

}  // namespace

std::span<const Key> all() noexcept {
    return shipped_keys;
}

std::span<const Value> values_of(std::string_view family) noexcept {
    const auto found = std::ranges::find(shipped_values, family, &FamilyValues::family);
    return found == shipped_values.end() ? std::span<const Value>() : found->values;
}

bool is_known(std::string_view path) noexcept {
    return std::ranges::find(shipped_keys, path, &Key::path) != shipped_keys.end();
}

std::vector<std::string_view> steps_below(std::string_view section) {
    std::vector<std::string_view> steps;
    for (const Key& key : shipped_keys) {
        const std::string_view step = step_below(key, section);
        if (!step.empty() && std::ranges::find(steps, step) == steps.end()) steps.push_back(step);
    }
    return steps;
}

bool has_step(std::string_view section, std::string_view step) noexcept {
    return std::ranges::any_of(shipped_keys, [&](const Key& key) { return step_below(key, section) == step; });
}

std::vector<std::string_view> names_for(std::string_view word) {
    std::vector<std::string_view> names;
    for (const Synonyms& row : shipped_synonyms)
        if (std::ranges::find(row.words, word) != row.words.end())
            names.insert(names.end(), row.names.begin(), row.names.end());
    return names;
}

}  // namespace recipe::keys
