// SPDX-License-Identifier: Apache-2.0
// etc/families.yaml as constants, in the order in which families are asked. The build makes them (generate.cpp).
// Private to this module.
#pragma once

#include "family/family.hpp"

#include <span>
#include <variant>

namespace recipe::family {

// Each is the namesake in family.hpp without what needs memory of its own.

struct ShippedCondition {
    std::span<const std::string_view> paths;
    Condition::Test test;
    std::string_view text;
};

struct ShippedPlace {
    Key key;
    std::span<const std::string_view> paths;
    std::variant<std::monostate, bool, std::int64_t, std::string_view> otherwise;
};

struct ShippedMemoryLine {
    std::string_view name;
    std::string_view value;
    std::optional<Key> when;
};

struct ShippedEntry {
    std::string_view program;
    std::string_view folder;
    std::string_view word;
};

struct ShippedVariable {
    std::string_view name;
    std::string_view path;
    std::string_view otherwise;
};

struct ShippedFamily {
    std::string_view name;
    std::string_view title;
    std::string_view root;
    Devices devices;
    Layout layout;
    std::span<const Platform> runs_on;
    RunsAs runs_as;
    bool shard_may_be_unset;
    std::span<const ShippedCondition> when;
    std::span<const ShippedPlace> places;  // those that the family has
    std::span<const ShippedMemoryLine> memory;
    std::string_view repository;
    std::string_view branch;
    std::string_view configuration;
    std::span<const ShippedEntry> entries;
    std::span<const ShippedVariable> variables;
};

extern const std::span<const ShippedFamily> shipped_families;

/// The same as one that was read from a file.
[[nodiscard]] Definition definition_of(const ShippedFamily& shipped);

}  // namespace recipe::family
