// SPDX-License-Identifier: Apache-2.0
#include "planner/keys.hpp"

#include "catch.hpp"
#include "config/config.hpp"

using namespace recipe;

TEST_CASE("a time limit that YAML read as seconds means what the file says") {
    const auto document = config::parse_yaml("a: 12:00:00\nb: 720\n", "recipe.yaml");
    REQUIRE(document);
    using Limit = std::optional<std::int64_t>;
    CHECK(planner::time_limit_of(*document->find("a")) == std::optional<Limit>(720));
    CHECK(planner::time_limit_of(*document->find("b")) == std::optional<Limit>(720));
}

TEST_CASE("a number of minutes that Slurm does not hold is no time limit") {
    const auto document =
        config::parse_yaml("a: 35791200\nb: 35791201\nc: 9223372036854775807\nd: -1\n", "recipe.yaml");
    REQUIRE(document);
    using Limit = std::optional<std::int64_t>;
    CHECK(planner::time_limit_of(*document->find("a")) == std::optional<Limit>(35'791'200));
    for (const char* key : {"b", "c", "d"}) CHECK(planner::time_limit_of(*document->find(key)) == std::nullopt);
}
