// SPDX-License-Identifier: Apache-2.0
// Expected results are those of OmegaConf.merge.
#include "../collection_fixture.hpp"
#include "catch.hpp"

using namespace recipe;
using namespace recipe::config;

namespace {

class Layers {
public:
    /// One configuration over another, without interpolation; the message of the first problem when they do not merge.
    [[nodiscard]] std::string merged(const std::string& under, const std::string& over) const {
        const auto resolved = compose_layers(under, over);
        return resolved ? to_json(resolved->root) : resolved.error().front().message;
    }
    [[nodiscard]] Expected<Resolved> compose_layers(const std::string& under, const std::string& over) const {
        collection_.write("config.yaml", "defaults: [under, over]\n");
        collection_.write("under.yaml", under + "\n");
        collection_.write("over.yaml", over + "\n");
        return compose_unresolved(collection_.request(""));
    }

private:
    CollectionFixture collection_;
};

}  // namespace

TEST_CASE("maps join, lists and scalars are replaced, and what is missing changes nothing") {
    const Layers layers;
    CHECK(layers.merged("{a: {b: 1, c: 2}, d: 3}", "{a: {c: 4, e: 5}, f: 6}") ==
          R"({"a":{"b":1,"c":4,"e":5},"d":3,"f":6})");
    CHECK(layers.merged("l: [1, 2]", "l: [3]") == R"({"l":[3]})");
    CHECK(layers.merged("l: [1, 2]", "l: []") == R"({"l":[]})");
    CHECK(layers.merged("a: 1", "a: '\?\?\?'") == R"({"a":1})");
    CHECK(layers.merged("a: {b: 1}", "a: '\?\?\?'") == R"({"a":{"b":1}})");
    CHECK(layers.merged("a: '\?\?\?'", "a: 1") == R"({"a":1})");
    CHECK(layers.merged("b: 1", "a: '\?\?\?'") == R"({"b":1,"a":"???"})");
    CHECK(layers.merged("a: {b: 1}", "a: null") == R"({"a":null})");
    CHECK(layers.merged("a: {b: 1}", "a: text") == R"({"a":"text"})");
    CHECK(layers.merged("a: null", "a: {b: 1}") == R"({"a":{"b":1}})");
    CHECK(layers.merged("a: text", "a: [1]") == R"({"a":[1]})");
    CHECK(layers.merged("{1: a, true: b}", "{1: c}") == layers.merged("{1: a, true: b, 1: c}", "{}"));
}

TEST_CASE("what is merged onto an interpolation that names a map or list joins a copy of that") {
    const Layers layers;
    CHECK(layers.merged("{m: {x: 1}, a: '${m}'}", "a: {y: 2}") == R"({"m":{"x":1},"a":{"x":1,"y":2}})");
    CHECK(layers.merged("{m: {x: 1}, a: '${m}'}", "a: {}") == R"({"m":{"x":1},"a":{"x":1}})");
    CHECK(layers.merged("{m: {x: 1}, a: '${m}'}", "a: '\?\?\?'") == R"({"m":{"x":1},"a":{"x":1}})");
    CHECK(layers.merged("{m: [1], a: '${m}'}", "a: [2]") == R"({"m":[1],"a":[2]})");
    CHECK(layers.merged("{m: [1], a: '${m}'}", "a: {y: 2}") ==
          "`a`: a map cannot be merged into a list, which an earlier configuration puts there");
    CHECK(layers.merged("{m: 1, a: '${m}'}", "a: {y: 2}") == R"({"m":1,"a":{"y":2}})");
    CHECK(layers.merged("{m: 1, a: '${m}'}", "a: '\?\?\?'") == R"({"m":1,"a":"${m}"})");
    CHECK(layers.merged("{m: {x: 1}, a: '${m}'}", "a: text") == R"({"m":{"x":1},"a":"text"})");
    CHECK(layers.merged("{m: {x: 1}, a: '${m}'}", "a: '${n}'") == R"({"m":{"x":1},"a":"${n}"})");
    CHECK(layers.merged("{m: {x: 1}, a: {b: '${m}'}}", "a: {b: {y: 2}}") == R"({"m":{"x":1},"a":{"b":{"x":1,"y":2}}})");
}

TEST_CASE("a list and a map do not merge, and all that do not are told") {
    const Layers layers;
    const auto refused = layers.compose_layers("{a: {b: [1]}, c: {d: 1}, e: 1}", "{a: {b: {x: 1}}, c: [2], e: 2}");
    REQUIRE_FALSE(refused);
    REQUIRE(refused.error().size() == 2);
    CHECK(refused.error()[0].code == "compose.type");
    CHECK(refused.error()[0].key == "a.b");
    CHECK(refused.error()[0].source.name.ends_with("over.yaml"));
    CHECK(refused.error()[0].source.column == 9);
    CHECK(refused.error()[0].message ==
          "`a.b`: a map cannot be merged into a list, which an earlier configuration puts there");
    CHECK(refused.error()[1].message ==
          "`c`: a list cannot be merged into a map, which an earlier configuration puts there");
    CHECK(layers.merged("{1: {2: [1]}}", "{1: {2: {x: 1}}}") ==
          "`1.2`: a map cannot be merged into a list, which an earlier configuration puts there");
}
