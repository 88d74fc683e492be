// SPDX-License-Identifier: Apache-2.0
// Applies overrides to a composed configuration.
#include "config/compose/override_apply.hpp"

#include "config/compose/merge.hpp"
#include "config/hydra/hydra_schema.hpp"
#include "config/interpolation/special_value.hpp"
#include "config/python/python_number.hpp"
#include "config/value/place.hpp"
#include "diagnostic/codes/compose.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace recipe::config {
namespace {

constexpr std::size_t max_path_bytes = 64;  // steps
Value* child_of(Value& container, std::string_view key) {
    if (container.is_map()) return container.find_mutable(key);
    if (!container.is_list()) return nullptr;
    const auto index = python_int(key);
    const auto position = index ? index->to_int64() : std::nullopt;
    if (!position || *position < 0 || static_cast<std::size_t>(*position) >= container.size()) return nullptr;
    return &container.items_mutable()[static_cast<std::size_t>(*position)];
}

/// Python's ==: 1 equals 1.0 and True.
bool python_equal(const Value& a, const Value& b) {
    const auto number = [](const Value& value) -> std::optional<double> {
        if (const auto flag = value.as_bool()) return *flag ? 1 : 0;
        return value.as_number();
    };
    if (a.as_integer() && b.as_integer()) return *a.as_integer() == *b.as_integer();
    if (const auto x = number(a), y = number(b); x && y) return *x == *y;
    if (a.is_list() && b.is_list()) return std::ranges::equal(a.items(), b.items(), python_equal);
    if (a.is_map() && b.is_map()) {
        return a.size() == b.size() && std::ranges::all_of(a.entries(), [&b](const Entry& entry) {
                   const std::size_t place = ValueAccess::find(b, entry.key);
                   return place != ValueAccess::npos && python_equal(entry.value, b.entries()[place].value);
               });
    }
    return a == b;
}

void place_all(Value& value, const Position& position) {
    value.set_position(position);
    if (value.is_list())
        for (Value& item : value.items_mutable()) place_all(item, position);
    if (value.is_map()) {
        Value map = Value::map();
        map.set_position(position);
        for (Entry& entry : ValueAccess::entries(value)) {
            Value key = entry.key;
            key.set_position(position);
            place_all(entry.value, position);
            map.set(std::move(key), std::move(entry.value));
        }
        value = std::move(map);
    }
}

bool has_null_key(const Value& value) {
    return std::ranges::any_of(value.items(), has_null_key) ||
           std::ranges::any_of(value.entries(),
                               [](const Entry& entry) { return entry.key.is_null() || has_null_key(entry.value); });
}

}  // namespace

std::vector<std::string> split_path(std::string_view key) {
    std::vector<std::string> path;
    while (true) {
        const std::size_t dot = key.find('.');
        path.emplace_back(key.substr(0, dot));
        if (dot == std::string_view::npos) return path;
        key.remove_prefix(dot + 1);
    }
}

// --- where a key points ----------------------------------------------------------------------------------------------

OverrideApplier::Place OverrideApplier::walk(Value& base, std::string prefix, const Path& path) const {
    Place place{.prefix = std::move(prefix), .base = &base, .node = &base};
    for (const std::string& key : path) {
        if (!is_container(*place.node)) {
            place.node = nullptr;
            return place;
        }
        place.containers.push_back(place.node);
        place.node = child_of(*place.node, key);
        if (!place.node) return place;
    }
    return place;
}

OverrideApplier::Place OverrideApplier::locate(const Path& path) const {
    Place from_root = walk(root_, "", path);
    if (from_root.node) return from_root;
    if (Value* recipes = root_.find_mutable("recipes"); recipes && is_container(*recipes)) {
        Place from_recipes = walk(*recipes, "recipes.", path);
        if (from_recipes.node) return from_recipes;
    }
    return from_root;
}

OverrideApplier::Place OverrideApplier::locate_addition(const Path& path) const {
    Place place = locate(path);
    if (place.node) return place;
    if (Value* recipes = root_.find_mutable("recipes"); recipes && is_container(*recipes)) {
        Place from_recipes = walk(*recipes, "recipes.", path);
        if (from_recipes.containers.size() > place.containers.size()) return from_recipes;
    }
    return place;
}

// --- the four kinds of override --------------------------------------------------------------------------------------

void OverrideApplier::apply(const GivenOverride& override) {
    const ParsedOverride& parsed = override.parsed;
    if (parsed.package) {
        report(override, codes::compose.unknown_key,
               fmt::format("`{}@{}` looks like the choice of a configuration, but there is no group `{}`", parsed.key,
                           *parsed.package, parsed.key));
        return;
    }
    const Path path = split_path(parsed.key);
    if (path.size() > max_path_bytes) {
        report(override, codes::compose.too_large, fmt::format("a key has at most {} steps", max_path_bytes));
        return;
    }
    if (path.front() == "hydra") {
        apply_to_hydra(override, path);
        return;
    }
    if (parsed.type == ParsedOverride::Type::remove) {
        remove(override, path);
        return;
    }
    Value value = to_value(*parsed.value);
    const auto origin = std::make_shared<const SourceText>(SourceText{override.given.name, override.given.text});
    place_all(value, {origin, 0, static_cast<int>(parsed.value_column) + 1});
    if (!check_value(override, value)) return;
    if (parsed.type == ParsedOverride::Type::change) {
        change(override, path, std::move(value));
    } else {
        add(override, path, std::move(value));
    }
}

/// Whether the path ends before an interpolation, which may or may not lead on.
bool OverrideApplier::is_blocked_by_interpolation(const Place& place, const Path& path) {
    if (place.containers.empty()) return false;
    const Value* blocked = child_of(*place.containers.back(), path[place.containers.size() - 1]);
    return blocked && is_interpolation(*blocked);
}

void OverrideApplier::change(const GivenOverride& override, const Path& path, Value value) {
    const Place place = locate(path);
    if (!place.node) {
        report_unknown(override, path);
        return;
    }
    assign(override, *place.node, place.prefix + override.parsed.key, std::move(value), false);
}

void OverrideApplier::add(const GivenOverride& override, const Path& path, Value value) {
    const Place place = locate_addition(path);
    const std::string key = place.prefix + override.parsed.key;
    const bool fills_a_gap = override.parsed.type == ParsedOverride::Type::add && !is_container(value);
    if (fills_a_gap && (place.node || is_blocked_by_interpolation(place, path))) {
        bool empty = place.node && (place.node->is_null() || is_missing(*place.node));
        if (!place.node || is_interpolation(*place.node)) {
            auto resolved = Resolver(root_, options_).select_value(key);
            if (!resolved) {
                report(override, resolved.error().code,
                       fmt::format("what `{}` holds now cannot be resolved: {}", key, resolved.error().message));
                return;
            }
            empty = !*resolved || (*resolved)->is_null();
        }
        if (!empty) {
            const std::string bare = override.given.text.substr(override.parsed.key_column);
            report(override, codes::compose.key_exists,
                   fmt::format("`{}` exists already; without `+` it is set", override.parsed.key), bare);
            return;
        }
    }
    if (!place.node) {
        create(override, place, path, std::move(value));
        return;
    }
    assign(override, *place.node, key, std::move(value), true);
}

void OverrideApplier::remove(const GivenOverride& override, const Path& path) {
    Place place = locate(path);
    std::string key = place.prefix + override.parsed.key;
    if (!place.node && is_blocked_by_interpolation(place, path)) {
        // What is taken out is taken out of the map that the interpolation names.
        const std::size_t dot = override.parsed.key.rfind('.');
        if (const auto parent = Resolver(root_, options_).select_path(override.parsed.key.substr(0, dot))) {
            Path target;
            for (const std::string_view step : split_key(*parent)) target.emplace_back(step);
            target.push_back(path.back());
            place = walk(root_, "", target);
            key = *parent + '.' + path.back();
        }
    }
    if (!place.node) {
        report_unknown(override, path);
        return;
    }
    const bool has_value = override.parsed.value && !to_value(*override.parsed.value).is_null();
    std::optional<Value> current;
    if (has_value || is_interpolation(*place.node)) {
        auto resolved = Resolver(root_, options_).select_value(key);
        if (!resolved) {
            report(override, resolved.error().code,
                   fmt::format("what `{}` holds cannot be resolved: {}", key, resolved.error().message));
            return;
        }
        current = std::move(*resolved);
    } else if (!is_missing(*place.node)) {
        current = *place.node;
    }
    if (!current || current->is_null()) {
        report(override, codes::compose.unknown_key,
               fmt::format("`{}` holds nothing, so there is nothing to take out", override.parsed.key));
        return;
    }
    if (has_value && !python_equal(*current, to_value(*override.parsed.value))) {
        report(override, codes::compose.type,
               fmt::format("`{}` is {}, not {}, so it stays", override.parsed.key, quotable(to_python_text(*current)),
                           quotable(to_python_text(to_value(*override.parsed.value)))),
               "~" + override.parsed.key, true);
        return;
    }
    Value& parent = *place.containers.back();
    if (parent.is_list()) {
        report(override, codes::compose.type,
               fmt::format("`{}` is an item of a list; give the list without it", override.parsed.key));
        return;
    }
    parent.erase(path.back());
    record(override, key);
}

void OverrideApplier::apply_to_hydra(const GivenOverride& override, const Path& path) {
    const std::string below = fmt::format("{}", fmt::join(path.begin() + 1, path.end(), "."));
    const bool known = path.size() == 1 || is_hydra_key(below);
    if (!known) {
        std::string message = fmt::format("`{}`: Hydra has no such key", override.parsed.key);
        if (const auto close = nearest(below, hydra_keys(), 1); !close.empty())
            message += fmt::format("; did you mean `hydra.{}`?", close.front());
        report(override, codes::compose.unknown_key, std::move(message));
        return;
    }
    record(override, override.parsed.key);
}

// --- setting values --------------------------------------------------------------------------------------------------

void OverrideApplier::assign(const GivenOverride& override, Value& node, const std::string& key, Value value,
                             bool allow_new_keys) {
    std::vector<std::string> touched;
    if (!is_container(value) || !is_container(node)) {
        collect_leaves(value, key, touched);
        node = std::move(value);
    } else {
        Merger merger(root_, options_, {.allow_new_keys = allow_new_keys, .touched = &touched});
        merger.merge(node, std::move(value), key);
        for (const MergeProblem& problem : merger.problems()) {
            if (!problem.unknown_key) {
                report(override, codes::compose.type, fmt::format("`{}`: {}", problem.path, problem.message), {}, true);
                continue;
            }
            std::string message = fmt::format("`{}`: no such key", problem.path);
            const auto close = suggestions(split_path(problem.path));
            if (!close.empty()) message += fmt::format("; did you mean `{}`?", close.front());
            report(override, codes::compose.unknown_key, std::move(message),
                   close.empty() ? "+" + override.given.text : "", true);
        }
    }
    for (std::string& leaf : touched) record(override, std::move(leaf));
}

/// Makes the maps that are missing on the way; what is no map or list there gives way to one.
void OverrideApplier::create(const GivenOverride& override, const Place& place, const Path& path, Value value) {
    Value* node = place.base;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
        Value* child = child_of(*node, path[i]);
        if (child && is_container(*child)) {
            node = child;
        } else if (child) {
            const Position position = child->position();
            *child = Value::map();
            child->set_position(position);
            node = child;
        } else if (node->is_list()) {
            report(override, codes::compose.unknown_key,
                   fmt::format("the list before `{}` has {} items; a list cannot be made longer, give it whole",
                               path[i], node->size()));
            return;
        } else {
            Value map = Value::map();
            map.set_position(value.position());
            node = &node->set(Value::string(path[i]), std::move(map));
        }
    }
    if (node->is_list()) {
        report(override, codes::compose.unknown_key,
               fmt::format("the list before `{}` has {} items; a list cannot be made longer, give it whole",
                           path.back(), node->size()));
        return;
    }
    std::vector<std::string> touched;
    collect_leaves(value, place.prefix + override.parsed.key, touched);
    Value key = Value::string(path.back());
    key.set_position(value.position());
    node->set(std::move(key), std::move(value));
    for (std::string& leaf : touched) record(override, std::move(leaf));
}

bool OverrideApplier::check_value(const GivenOverride& override, const Value& value) {
    const auto invalid = find_invalid_interpolations(value);
    for (const InvalidInterpolation& each : invalid)
        report(override, codes::compose.interpolation,
               fmt::format("`{}`: {}", quotable(*each.value->as_string()), describe(each.error)), {}, true);
    const bool null_key = has_null_key(value);
    if (null_key) report(override, codes::compose.type, "null cannot be a key", {}, true);
    return invalid.empty() && !null_key;
}

void OverrideApplier::record(const GivenOverride& override, std::string key) {
    applied_.push_back({std::move(key), override.index});
}

}  // namespace recipe::config
