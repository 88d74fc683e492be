// SPDX-License-Identifier: Apache-2.0
// A recipe that a rule finds fault with, and all that it says of it.
#pragma once

#include "catch.hpp"
#include "validate/recipes_of_families.hpp"

namespace recipe::validate::sayings {

inline constexpr Severity error = Severity::error;
inline constexpr Severity warning = Severity::warning;
inline constexpr Severity hint = Severity::hint;

struct Row {
    const char* code;
    RecipeUnderTest (*base)();
    const char* overrides;
    Severity severity;
    const char* key;
    const char* message;
    const char* fix;  // without --recipe-set=; of several the words between
};

inline std::string all_set(std::string fix) {
    if (fix.empty()) return fix;
    for (std::size_t at = fix.find(' '); at != std::string::npos; at = fix.find(' ', at + 2))
        fix.insert(at + 1, "--recipe-set=");
    return "--recipe-set=" + fix;
}

inline void check(const Row& row) {
    const RecipeUnderTest recipe = row.base().with(row.overrides);
    INFO(row.overrides << " finds " << recipe.codes());
    const Diagnostic found = recipe.only(row.code);
    CHECK(found.severity == row.severity);
    CHECK(found.key == row.key);
    CHECK(found.message == row.message);
    CHECK(found.fix == all_set(row.fix));
}

}  // namespace recipe::validate::sayings
