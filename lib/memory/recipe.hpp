// SPDX-License-Identifier: Apache-2.0
// A recipe as its family keeps it. Private to this room.
#pragma once

#include "family/family.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace recipe::memory {

using config::Value;
using family::Family;
using family::Key;

/// What a key has counts, and where it is not given what the family says that its program takes.
class Recipe {
public:
    Recipe(const Value& root, const Family& family) : root_(root), family_(family) {}

    const Value* given(Key key) const {
        const Value* value = family_.has(key) ? family_.value(root_, key) : nullptr;
        return value == nullptr || value->is_null() ? nullptr : value;
    }
    std::optional<std::int64_t> integer(Key key) const {
        const Value* value = given(key);
        return value == nullptr ? std::nullopt : value->as_int();
    }
    std::int64_t degree(Key key) const { return std::max<std::int64_t>(1, integer(key).value_or(1)); }
    bool on(Key key) const {
        const Value* value = given(key);
        if (value == nullptr) return false;
        if (const auto truth = value->as_bool()) return *truth;
        return value->as_int().value_or(0) > 1;
    }
    std::string text(Key key) const {
        const Value* value = given(key);
        return value == nullptr ? std::string() : config::to_python_text(*value);
    }
    /// A key that no family row names; below the family's root.
    const Value* at(std::string_view path) const {
        const Value* value = root_.at(fmt::format("{}.{}", family_.root, path));
        return value == nullptr || value->is_null() ? nullptr : value;
    }
    /// The first of these that is an int.
    std::optional<std::int64_t> first(std::initializer_list<std::string> paths) const {
        for (const std::string& path : paths)
            if (const Value* value = at(path)) return value->as_int();
        return std::nullopt;
    }
    /// What the recipe itself says.
    const Value* own(Key key) const {
        const Value* value = family_.has(key) ? root_.at(family_.path(root_, key)) : nullptr;
        return value == nullptr || value->is_null() ? nullptr : value;
    }
    /// The texts at all places of a key, in order, but empty ones.
    std::vector<std::string> texts(Key key) const {
        std::vector<std::string> found;
        for (const std::string& path : family_.place(key).paths) {
            const Value* value = at(path);
            if (value != nullptr && value->as_string() != nullptr && !value->as_string()->empty())
                found.push_back(*value->as_string());
        }
        return found;
    }
    bool has(Key key) const { return family_.has(key); }
    std::string name_of(Key key) const {
        return family_.has(key) ? family_.place(key).paths.front() : fmt::format("the {}", family::name_of(key));
    }

private:
    const Value& root_;
    const Family& family_;
};

}  // namespace recipe::memory
