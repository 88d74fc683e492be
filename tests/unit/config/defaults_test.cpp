// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "collection_fixture.hpp"

using namespace recipe;
using namespace recipe::config;

namespace {

/// The composed configuration as JSON, or the code of the first problem.
std::string composed(const CollectionFixture& collection, const std::vector<std::string>& overrides = {}) {
    auto resolved = compose_unresolved(collection.request("", overrides));
    if (!resolved) return std::string(resolved.error().front().code);
    resolved->root.erase("training");
    return to_json(resolved->root);
}

}  // namespace

TEST_CASE("the place of _self_ decides who wins") {
    CollectionFixture collection;
    collection.write("db/x.yaml", "a: group\n");
    collection.write("config.yaml", "defaults: [_self_, {db@_global_: x}]\na: root\n");
    CHECK(composed(collection) == R"({"a":"group"})");
    collection.write("config.yaml", "defaults: [{db@_global_: x}, _self_]\na: root\n");
    CHECK(composed(collection) == R"({"a":"root"})");
    collection.write("config.yaml", "defaults: [{db@_global_: x}]\na: root\n");
    CHECK(composed(collection) == R"({"a":"root"})");
}

TEST_CASE("defaults lists nest, with packages, headers and relative and absolute groups") {
    CollectionFixture collection;
    collection.write(
        "config.yaml",
        "defaults:\n  - db: x\n  - db@second: y\n  - plain\n  - optional db/none: z\n  - cluster: null\n  - _self_\n");
    collection.write("plain.yaml", "# @package top.level\np: 1\n");
    collection.write("db/x.yaml", "defaults: [{engine: fast}, {/cluster@here: c}, _self_]\nname: x\n");
    collection.write("db/y.yaml", "name: y\n");
    collection.write("db/engine/fast.yaml", "speed: 9\n");
    collection.write("cluster/c.yaml", "nodes: 2\n");
    CHECK(
        composed(collection) ==
        R"({"db":{"engine":{"speed":9},"here":{"nodes":2},"name":"x"},"second":{"name":"y"},"top":{"level":{"p":1}}})");
}

TEST_CASE("an override entry rules the defaults nearer to the leaves, the command line rules all") {
    CollectionFixture collection;
    collection.write("config.yaml", "defaults:\n  - base\n  - override db: y\n");
    collection.write("base.yaml", "defaults:\n  - db: x\n");
    for (const char* name : {"x", "y", "z"})
        collection.write(std::string("db/") + name + ".yaml", std::string("name: ") + name + "\n");
    CHECK(composed(collection) == R"({"db":{"name":"y"}})");
    CHECK(composed(collection, {"db=z"}) == R"({"db":{"name":"z"}})");
    CHECK(composed(collection, {"db=[x,z]"}) == R"({"db":{"name":"z"}})");
    CHECK(composed(collection, {"~db"}) == "{}");
    CHECK(composed(collection, {"+db@more=x"}) == R"({"db":{"name":"y"},"more":{"name":"x"}})");
    CHECK(composed(collection, {"~db=x"}) == "compose.unknown_key");
    CHECK(composed(collection, {"++db=x"}) == "compose.type");
    CHECK(composed(collection, {"db=null"}) == "compose.type");
    CHECK(composed(collection, {"db@nope=x"}) == "compose.unknown_key");
}

TEST_CASE("an option may be chosen by another group's") {
    CollectionFixture collection;
    collection.write("config.yaml", "defaults:\n  - db: x\n  - cluster: ${db}\n");
    collection.write("db/x.yaml", "a: 1\n");
    collection.write("cluster/x.yaml", "b: 1\n");
    CHECK(composed(collection) == R"({"db":{"a":1},"cluster":{"b":1}})");
}

TEST_CASE("mistakes in defaults lists are refused with their place") {
    CollectionFixture collection;
    collection.write("db/x.yaml", "a: 1\n");
    for (const auto& [list, code] :
         std::vector<std::pair<std::string, std::string>>{{"[{db: nope}]", "compose.unknown_group_option"},
                                                          {"[nope]", "compose.unknown_group_option"},
                                                          {"[{db: '\?\?\?'}]", "compose.missing_value"},
                                                          {"[{override db: x}]", "compose.unknown_key"},
                                                          {"[{override db: x}, {db: x}]", "compose.yaml"},
                                                          {"[{db: x, y: z}]", "compose.yaml"},
                                                          {"[5]", "compose.yaml"},
                                                          {"{db: x}", "compose.yaml"},
                                                          {"[_self_, _self_]", "compose.yaml"},
                                                          {"[{db: x}, {db: x}]", "compose.yaml"},
                                                          {"[config]", "compose.too_large"}}) {
        INFO(list);
        collection.write("config.yaml", "defaults: " + list + "\n");
        const auto resolved = compose(collection.request(""));
        REQUIRE_FALSE(resolved);
        CHECK(resolved.error().front().code == code);
        CHECK(resolved.error().front().source.line <= 1);
    }
}

TEST_CASE("Hydra's own settings are accepted without effect and unknown ones refused") {
    CollectionFixture collection;
    collection.write("config.yaml",
                     "defaults: [_self_, {override hydra/job_logging: stdout}]\nhydra: {run: {dir: .}, output_subdir: "
                     "null}\na: ${hydra:run.dir}\n");
    CHECK(composed(collection, {"hydra.run.dir=x", "hydra/launcher=basic", "hydra.job_logging.root=1"}) ==
          R"({"a":"${hydra:run.dir}"})");
    CHECK(composed(collection, {"hydra.nope=1"}) == "compose.unknown_key");
    CHECK(composed(collection, {"hydra/job_logging=nope"}) == "compose.unknown_group_option");
    CHECK(composed(collection, {"hydra/nope=1"}) == "compose.unknown_key");
    collection.write("config.yaml", "hydra: {runn: {dir: .}}\n");
    CHECK(composed(collection) == "compose.unknown_key");
}

TEST_CASE("more folders are searched when the root configuration names them") {
    const CollectionFixture collection;
    const CollectionFixture more;
    more.write("db/x.yaml", "a: 1\n");
    collection.write("config.yaml", "defaults: [{db: x}]\nhydra: {searchpath: ['file://" + more.directory().string() +
                                        "', 'pkg://nope']}\n");
    const auto resolved = compose(collection.request(""));
    REQUIRE(resolved);
    CHECK(resolved->root.at("db.a")->as_int() == 1);
    CHECK(resolved->notes.front().code == "compose.search_path");
}
