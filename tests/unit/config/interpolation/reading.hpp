// SPDX-License-Identifier: Apache-2.0
// Reads expressions beside keys of every kind.
#pragma once

#include "catch.hpp"
#include "config/config.hpp"
#include "config/interpolation/resolver.hpp"

namespace recipe::config::test {

/// What an expression reads as beside some keys; its diagnostic's code when it cannot be read.
inline std::string read(std::string_view expression) {
    Value root = *parse_yaml(
        "{a: 1, m: {b: [x, {c: 2.5}], d: '${.b[1].c}', e: {}}, n: ~, s: b, f: 1e-5, t: true, l: [1,"
        " 2], big: 123456789012345678901234567890, inf: .inf, nan: .nan, missing: '\?\?\?', em: {},"
        " el: [], two: {a: 7, u: '${..a}', w: '${a}', deep: [ '${...a}', ['${....a}', "
        "'${..[0]}']]}}",
        "test.yaml");
    root.set(Value::string("v"), Value::string(std::string(expression)));
    const Environment environment{{"SET", "value"}, {"NUMBER", "007"}, {"EMPTY", ""}, {"LIST", "[1, ${a}]"}};
    Diagnostics notes;
    const auto resolved = Resolver(root, {.environment = &environment, .hydra = {}}).resolve_all(notes);
    return resolved ? to_json(*resolved->find("v")) : std::string(resolved.error().front().code);
}

struct Expression {
    std::string_view expression;
    std::string_view result;
};

inline void check_read(std::initializer_list<Expression> cases) {
    for (const auto& [expression, result] : cases) {
        INFO(expression);
        CHECK(read(expression) == result);
    }
}

}  // namespace recipe::config::test
