// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "config/config.hpp"
#include "config/value/node_tree.hpp"

#include <functional>
#include <limits>

using namespace recipe::config;

namespace {

Value parsed(std::string_view yaml) {
    const auto value = parse_yaml(yaml, "test.yaml");
    REQUIRE(value);
    return *value;
}

}  // namespace

TEST_CASE("a value gives its content as what it is, and as nothing else") {
    struct Case {
        Value value;
        Value::Kind kind;
        std::string_view name;
        std::size_t size;
    };
    const Case cases[] = {
        {Value(), Value::Kind::null, "null", 0},
        {Value::null(), Value::Kind::null, "null", 0},
        {Value::boolean(false), Value::Kind::boolean, "a bool", 0},
        {Value::integer(0), Value::Kind::integer, "an int", 0},
        {Value::floating(0), Value::Kind::floating, "a float", 0},
        {Value::string(""), Value::Kind::string, "a string", 0},
        {Value::list({Value(), Value()}), Value::Kind::list, "a list", 2},
        {Value::map(), Value::Kind::map, "a map", 0},
    };
    for (const auto& [value, kind, name, size] : cases) {
        INFO(name);
        CHECK(value.kind() == kind);
        CHECK(describe(value.kind()) == name);
        CHECK(value.size() == size);
        CHECK(value.items().size() == size);
        CHECK(value.entries().empty());
        CHECK(value.is_null() == (kind == Value::Kind::null));
        CHECK(value.is_map() == (kind == Value::Kind::map));
        CHECK(value.is_list() == (kind == Value::Kind::list));
        CHECK(value.is_string() == (kind == Value::Kind::string));
        CHECK(value.as_bool().has_value() == (kind == Value::Kind::boolean));
        CHECK(value.as_int().has_value() == (kind == Value::Kind::integer));
        CHECK((value.as_integer() != nullptr) == (kind == Value::Kind::integer));
        CHECK(value.as_number().has_value() == (kind == Value::Kind::integer || kind == Value::Kind::floating));
        CHECK((value.as_string() != nullptr) == (kind == Value::Kind::string));
        CHECK(value.find("") == nullptr);
        CHECK(value.position().origin == nullptr);
        for (const Case& other : cases) CHECK((value == other.value) == (kind == other.kind));
    }
    CHECK_FALSE(Value::integer(*Integer::from_digits("9223372036854775808")).as_int());
    CHECK(Value::integer(*Integer::from_digits("9223372036854775808")).as_number() == 9223372036854775808.0);
}

TEST_CASE("values of one kind are equal when their content is") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(Value::boolean(true) != Value::boolean(false));
    CHECK(Value::integer(1) != Value::integer(2));
    CHECK(Value::floating(1) != Value::floating(2));
    CHECK(Value::floating(nan) == Value::floating(nan));
    CHECK(Value::floating(nan) != Value::floating(1));
    CHECK(Value::floating(1) != Value::floating(nan));
    CHECK(Value::string("a") != Value::string("b"));
    CHECK(parsed("[1, 2]") != parsed("[2, 1]"));
    CHECK(parsed("[1]") != parsed("[1, 2]"));
    CHECK(parsed("{a: 1}") != parsed("{a: 2}"));
    CHECK(parsed("{a: 1}") != parsed("{b: 1}"));
    CHECK(parsed("{a: 1}") != parsed("{a: 1, b: 2}"));
    CHECK(parsed("{a: 1, b: 2}") != parsed("{a: 1}"));
    CHECK(parsed("{1: a}") != parsed("{1.0: a}"));
    CHECK(parsed("{a: 1, b: [x]}") == parsed("b: [x]\na: 1\n"));
}

TEST_CASE("what something is added to becomes a list or a map") {
    Value list;
    list.push_back(Value::integer(1));
    list.push_back(Value());
    CHECK(to_json(list) == "[1,null]");
    Value text = Value::string("x");
    text.push_back(Value::integer(1));
    CHECK(to_json(text) == "[1]");
    Value map = Value::list({Value()});
    CHECK(map.set(Value::string("a"), Value::integer(1)).as_int() == 1);
    CHECK(map.set(Value::string("a"), Value::integer(2)).as_int() == 2);
    CHECK(to_json(map) == R"({"a":2})");
    *map.find_mutable("a") = Value::string("b");
    CHECK(to_json(map) == R"({"a":"b"})");
    CHECK(map.find_mutable("b") == nullptr);
    CHECK(Value().find_mutable("a") == nullptr);
    Value nothing;
    CHECK_FALSE(nothing.erase("a"));
    nothing.set_position({.line = 3, .column = 4});
    CHECK(nothing.position().line == 3);
    CHECK(nothing.is_null());
}

TEST_CASE("what is done to a copy, or to its original, is not seen in the other") {
    Value large = Value::map();
    for (int i = 0; i < 20; ++i) large.set(Value::string(std::to_string(i)), parsed("{list: [1, {deep: 1}], text: x}"));
    const std::string before = to_json(large);
    const std::function<void(Value&)> changes[] = {
        [](Value& value) { value.set(Value::string("new"), Value::integer(1)); },
        [](Value& value) { value.set(Value::string("3"), Value::integer(1)); },
        [](Value& value) { value.erase("3"); },
        [](Value& value) { value.find_mutable("3")->find_mutable("list")->push_back(Value::integer(1)); },
        [](Value& value) {
            value.find_mutable("3")->find_mutable("list")->items_mutable()[1].set(Value::string("deep"), Value());
        },
        [](Value& value) { *value.find_mutable("3")->find_mutable("text") = Value::string("y"); },
        [](Value& value) { value = Value::string("another"); },
    };
    for (const auto& change : changes) {
        Value original = large;
        Value copy = original;
        change(copy);
        CHECK(to_json(copy) != before);
        CHECK(to_json(original) == before);
        Value kept = original;
        change(original);
        CHECK(to_json(original) == to_json(copy));
        CHECK(to_json(kept) == before);
        kept.find_mutable("3")->set_position({.line = 7});
        CHECK(kept.at("3")->position().line == 7);
        CHECK(large.at("3")->position().line == 1);
        // The index of a large map is that of its own keys.
        CHECK(kept.find("19") != nullptr);
        CHECK(kept.erase("19"));
        CHECK(kept.find("19") == nullptr);
        CHECK(large.find("19") != nullptr);
    }
    Value itself = large;
    const Value& same = itself;
    itself = same;
    CHECK(to_json(itself) == before);
}

TEST_CASE("a copy that shares nothing may be set below the value that it is a copy of") {
    Value tree = parsed("{a: {b: [x, {c: 1}]}}");
    tree.find_mutable("a")->set(Value::string("whole"), ValueAccess::unshared(tree));
    CHECK(to_json(tree) == R"({"a":{"b":["x",{"c":1}],"whole":{"a":{"b":["x",{"c":1}]}}}})");
    CHECK(ValueAccess::is_shared(tree, Value(tree)));
    CHECK_FALSE(ValueAccess::is_shared(tree, ValueAccess::unshared(tree)));
}

TEST_CASE("a node has a path from its root, and a parent") {
    const Value root = parsed("{a: {b: [x, {c: [[1, 2]]}], 7: y, '': z}, d: 1}");
    NodeTree tree;
    const NodeTree::Id top = tree.add(root);
    CHECK(tree.path(top).empty());
    CHECK(tree.parent(top) == NodeTree::none);
    const NodeTree::Id a = tree.find(top, "a");
    const NodeTree::Id b = tree.find(a, "b");
    const NodeTree::Id c = tree.find(tree.child(b, 1), "c");
    CHECK(tree.path(a) == "a");
    CHECK(tree.path(b) == "a.b");
    CHECK(tree.path(tree.child(b, 0)) == "a.b[0]");
    CHECK(tree.path(c) == "a.b[1].c");
    CHECK(tree.path(tree.child(tree.child(c, 0), 1)) == "a.b[1].c[0][1]");
    CHECK(tree.path(tree.child(a, 1)) == "a.7");
    CHECK(tree.path(tree.child(a, 2)) == "a");
    CHECK(tree.find(top, "e") == NodeTree::none);
    CHECK(tree.find(b, "0") == NodeTree::none);
    CHECK(tree.parent(c) == tree.child(b, 1));
    CHECK(tree.root_of(c) == top);
    CHECK(tree.is_same_or_ancestor(a, c));
    CHECK(tree.is_same_or_ancestor(c, c));
    CHECK(tree.is_same_or_ancestor(top, c));
    CHECK_FALSE(tree.is_same_or_ancestor(c, a));
    CHECK_FALSE(tree.is_same_or_ancestor(tree.find(top, "d"), c));
}

TEST_CASE("a node made on the way stands under its parent without a step of its own") {
    const Value root = parsed("{list: [1], map: {x: 1}}");
    NodeTree tree;
    const NodeTree::Id top = tree.add(root);
    const NodeTree::Id list = tree.find(top, "list");
    const NodeTree::Id map = tree.find(top, "map");
    const std::size_t before = tree.size();
    const NodeTree::Id in_list = tree.adopt(parsed("{k: [5]}"), list);
    const NodeTree::Id in_map = tree.adopt(parsed("{k: [5]}"), map);
    CHECK(tree.size() == before + 6);
    CHECK(tree.parent(in_list) == list);
    CHECK(tree.root_of(in_map) == top);
    CHECK(tree.path(in_map) == "map");
    CHECK(tree.path(tree.find(in_map, "k")) == "map.k");
    CHECK(tree.path(tree.child(tree.find(in_map, "k"), 0)) == "map.k[0]");
    CHECK(tree.value(tree.child(tree.find(in_list, "k"), 0)).as_int() == 5);
}
