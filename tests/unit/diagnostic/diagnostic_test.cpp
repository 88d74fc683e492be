// SPDX-License-Identifier: Apache-2.0
#include "diagnostic/diagnostic.hpp"
#include "catch.hpp"
#include "diagnostic/codes/compose.hpp"

using namespace recipe;

TEST_CASE("the nearest names come best first and far ones not at all") {
    const std::vector<std::string> keys{"num_nodes", "devices", "max_steps", "num_noodles"};
    CHECK(nearest("num_node", keys) == std::vector<std::string>{"num_nodes", "num_noodles"});
    CHECK(nearest("deivces", keys) == std::vector<std::string>{"devices"});
    CHECK(nearest("zzzzzz", keys).empty());
}

TEST_CASE("a word of hostile length costs nothing") {
    CHECK(nearest(std::string(1'000'000, 'x'), {std::string(1'000'000, 'y')}).empty());
}

TEST_CASE("a source prints as much of its place as it has") {
    CHECK(to_string(Source{.name = "a.yaml", .line = 3, .column = 7}) == "a.yaml:3:7");
    CHECK(to_string(Source{.name = "a.yaml", .line = 3}) == "a.yaml:3");
    CHECK(to_string(Source{.name = "--recipe-set 2"}) == "--recipe-set 2");
}

TEST_CASE("only an error makes diagnostics errors") {
    CHECK_FALSE(has_errors({}));
    CHECK_FALSE(has_errors({{.code = codes::compose.yaml, .severity = Severity::warning}}));
    CHECK(has_errors({{.code = codes::compose.shadowed}, {.code = codes::compose.yaml}}));
}
