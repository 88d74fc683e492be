// SPDX-License-Identifier: Apache-2.0
#include "inspect/inspect.hpp"
#include "catch.hpp"
#include "config/config.hpp"

using namespace recipe;
using config::Value;

namespace {

Value yaml(const std::string& text, const std::string& name = "r.yaml") {
    auto value = config::parse_yaml(text, name);
    REQUIRE(value);
    return *value;
}

}  // namespace

TEST_CASE("leaves are scalars, lists and empty maps, in the order of their source") {
    const Value root = yaml("b: {c: 1, 2: x}\na: [1, {d: 2}]\ne: {}\n");
    std::vector<std::string> paths;
    for (const inspect::Leaf& leaf : inspect::leaves(root)) paths.push_back(leaf.path);
    CHECK(paths == std::vector<std::string>{"b.c", "b.2", "a", "e"});
    CHECK(inspect::leaves(*root.find("b"), "b").front().path == "b.c");
    CHECK(inspect::leaves(*root.at("b.c"), "b.c").front().path == "b.c");
}

TEST_CASE("each value names its line, and the interpolation that it or what is around it was made from") {
    const Value unresolved = yaml("dir: ${oc.env:HOME}/x\ncopy: ${from}\nfrom:\n  deep: 1\n");
    Value resolved = yaml("dir: /home/x\ncopy:\n  deep: 1\nfrom:\n  deep: 1\n");
    const auto origins = inspect::origins(resolved, unresolved);
    REQUIRE(origins.size() == 3);
    CHECK(origins[0].text == "${oc.env:HOME}/x");
    CHECK(origins[1].leaf.path == "copy.deep");
    CHECK(origins[1].text == "${from}");
    CHECK(origins[2].text.empty());
    CHECK(inspect::origins_text(origins) ==
          "dir: \"/home/x\"  # r.yaml:1  \"${oc.env:HOME}/x\"\n"
          "copy.deep: 1    # r.yaml:3  \"${from}\"\n"
          "from.deep: 1    # r.yaml:5\n");
    CHECK(
        config::to_json(inspect::origins_json(origins)) ==
        R"({"dir":{"value":"/home/x","source":"r.yaml:1:6","text":"${oc.env:HOME}/x"},)"
        R"("copy.deep":{"value":1,"source":"r.yaml:3:9","text":"${from}"},"from.deep":{"value":1,"source":"r.yaml:5:9"}})");
}

TEST_CASE("what was typed has a name and no line, and what nobody wrote says so") {
    Value resolved = yaml("typed: 1\nmade: 2\n");
    const auto origin = std::make_shared<const config::SourceText>(config::SourceText{"--recipe-set 1", "typed=1"});
    resolved.find_mutable("typed")->set_position({origin, 0, 7});
    resolved.find_mutable("made")->set_position({});
    CHECK(inspect::origins_text(inspect::origins(resolved, resolved)) ==
          "typed: 1  # --recipe-set 1\nmade: 2   # made by Hydra\n");
}

TEST_CASE("a difference names both sides; kinds count, order does not") {
    const Value before = yaml("a: 1\nb: x\ngone: null\nl: [1, 2]\nm: {}\n", "before");
    const Value after = yaml("b: x\na: 1.0\nl: [1, 3]\nm: {n: 1}\n", "after");
    const auto found = inspect::differences(before, after);
    CHECK(inspect::differences_text(found) ==
          "- a: 1  # before:1\n+ a: 1.0  # after:2\n"
          "- gone: null  # before:3\n"
          "- l: [1,2]  # before:4\n+ l: [1,3]  # after:3\n"
          "- m: {}  # before:5\n+ m.n: 1  # after:4\n");
    CHECK(
        config::to_json(inspect::differences_json(found)) ==
        R"({"changed":{"a":{"before":1,"after":1.0},"l":{"before":[1,2],"after":[1,3]}},"removed":{"gone":null,"m":{}},"added":{"m.n":1}})");
}

TEST_CASE("keys with dots are no paths, and keys cannot talk to a terminal") {
    const Value root = yaml("'a.b': 1\na: {b: 2}\n\"x\\e[31m\": 3\n");
    std::vector<std::string> paths;
    for (const inspect::Leaf& leaf : inspect::leaves(root)) paths.push_back(leaf.path);
    CHECK(paths == std::vector<std::string>{"'a.b'", "a.b", "x?[31m"});
}

TEST_CASE("nothing differs from itself") {
    const Value root = yaml("a: .nan\nb: [{c: 1}]\n");
    CHECK(inspect::differences(root, root).empty());
    CHECK(inspect::differences_text({}).empty());
}
