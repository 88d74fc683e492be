// SPDX-License-Identifier: Apache-2.0
// What a refusal names, and how much of it.
#include "catch.hpp"
#include "collection_fixture.hpp"
#include "config/interpolation/resolver.hpp"

#include <fmt/format.h>

using namespace recipe;
using namespace recipe::config;

namespace {

Diagnostics refusals(const std::string& yaml) {
    const Value root = *parse_yaml(yaml, "test.yaml");
    const Environment environment;
    Diagnostics notes;
    const auto resolved = Resolver(root, {.environment = &environment, .hydra = {}}).resolve_all(notes);
    return resolved ? Diagnostics{} : resolved.error();
}

std::string resolved(const std::string& text) {
    Value root = Value::map();
    root.set(Value::string("v"), Value::string(text));
    const Environment environment;
    Diagnostics notes;
    const auto found = Resolver(root, {.environment = &environment, .hydra = {}}).resolve_all(notes);
    return found ? to_json(*found->find("v")) : found.error().front().message;
}

}  // namespace

TEST_CASE("a value that cannot be read names three of those that need it, and how many more there are") {
    const auto message = [](int dependents) {
        std::string yaml = "a: ${nowhere}\n";
        for (int i = 1; i <= dependents; ++i) yaml += fmt::format("b{}: ${{a}}\n", i);
        const Diagnostics problems = refusals(yaml);
        REQUIRE(problems.size() == 1);
        CHECK(problems.front().key == "a");
        return problems.front().message;
    };
    CHECK(message(0).find("needed by") == std::string::npos);
    CHECK(message(1).ends_with("; needed by `b1`"));
    CHECK(message(3).ends_with("; needed by `b1`, `b2`, `b3`"));
    CHECK(message(4).ends_with("; needed by `b1`, `b2`, `b3` and 1 more"));
    CHECK(message(9).ends_with("; needed by `b1`, `b2`, `b3` and 6 more"));
}

TEST_CASE("an option that a group lacks is answered with up to eight that it has, and how many more there are") {
    const auto message = [](int options) {
        const CollectionFixture collection;
        std::string defaults = "defaults:\n  - _self_\n  - db: a\n";
        collection.write("config.yaml", defaults);
        for (int i = 0; i < options; ++i)
            collection.write(fmt::format("db/{}.yaml", static_cast<char>('a' + i)), "x: 1\n");
        const auto composed = compose(collection.request("", {"db=qqqq"}));
        REQUIRE_FALSE(composed);
        return composed.error().front().message;
    };
    CHECK(message(2).find("`a`, `b`") != std::string::npos);
    CHECK(message(8).find("`g`, `h`") != std::string::npos);
    CHECK(message(8).find(" more") == std::string::npos);
    CHECK(message(9).find("`h` and 1 more") != std::string::npos);
    CHECK(message(12).find("`h` and 4 more") != std::string::npos);
}

TEST_CASE("a product of a text and a number repeats the text, whichever comes first") {
    CHECK(resolved("${multiply:2,ab}") == R"("abab")");
    CHECK(resolved("${multiply:ab,2}") == R"("abab")");
    CHECK(resolved("${multiply:0,ab}") == R"("")");
    CHECK(resolved("${multiply:-1,ab}") == R"("")");
    CHECK(resolved("${multiply:[1],2}") == "[1,1]");
    CHECK(resolved("${multiply:2,[1]}") == "[1,1]");
    CHECK(resolved("${multiply:true,ab}") == R"("ab")");
}

TEST_CASE("interpolations nest as deep as is allowed, and no deeper") {
    const auto nested = [](int depth) {
        std::string text = "x";
        for (int i = 0; i < depth; ++i) text = "${oc.decode:" + text + "}";
        return resolved(text);
    };
    CHECK(nested(10) == R"("x")");
    CHECK(nested(200).find("nested too deeply") != std::string::npos);
    int deepest = 10;
    while (nested(deepest + 1) == R"("x")") ++deepest;
    CHECK(deepest == 32);  // each takes two of 64 levels
}
