// SPDX-License-Identifier: Apache-2.0
// What differs between two configurations.
#include "inspect/inspect.hpp"

#include <fmt/format.h>
#include <string_view>
#include <unordered_map>

namespace recipe::inspect {
namespace {

using config::Value;

using Index = std::unordered_map<std::string_view, const Value*>;

Index index_of(const std::vector<Leaf>& leaves) {
    Index index;
    for (const Leaf& leaf : leaves) index.emplace(leaf.path, leaf.value);
    return index;
}

std::string line(char sign, const std::string& path, const Value& value) {
    Source source = value.position().source();
    source.column = 0;
    const std::string place = to_string(source);
    return fmt::format("{} {}: {}{}{}\n", sign, path, config::to_json(value), place.empty() ? "" : "  # ", place);
}

}  // namespace

std::vector<Difference> differences(const Value& before, const Value& after) {
    const std::vector<Leaf> old_leaves = leaves(before);
    const std::vector<Leaf> new_leaves = leaves(after);
    const Index old_index = index_of(old_leaves);
    const Index new_index = index_of(new_leaves);
    std::vector<Difference> found;
    for (const Leaf& leaf : old_leaves) {
        const auto match = new_index.find(leaf.path);
        if (match == new_index.end())
            found.push_back({leaf.path, leaf.value, nullptr});
        else if (!(*leaf.value == *match->second))
            found.push_back({leaf.path, leaf.value, match->second});
    }
    for (const Leaf& leaf : new_leaves)
        if (!old_index.contains(leaf.path)) found.push_back({leaf.path, nullptr, leaf.value});
    return found;
}

std::string differences_text(const std::vector<Difference>& differences) {
    std::string text;
    for (const Difference& difference : differences) {
        if (difference.before != nullptr) text += line('-', difference.path, *difference.before);
        if (difference.after != nullptr) text += line('+', difference.path, *difference.after);
    }
    return text;
}

Value differences_json(const std::vector<Difference>& differences) {
    Value changed = Value::map();
    Value removed = Value::map();
    Value added = Value::map();
    for (const Difference& difference : differences) {
        Value key = Value::string(difference.path);
        if (difference.before == nullptr) {
            added.set(std::move(key), *difference.after);
        } else if (difference.after == nullptr) {
            removed.set(std::move(key), *difference.before);
        } else {
            Value both = Value::map();
            both.set(Value::string("before"), *difference.before);
            both.set(Value::string("after"), *difference.after);
            changed.set(std::move(key), std::move(both));
        }
    }
    Value object = Value::map();
    object.set(Value::string("changed"), std::move(changed));
    object.set(Value::string("removed"), std::move(removed));
    object.set(Value::string("added"), std::move(added));
    return object;
}

}  // namespace recipe::inspect
