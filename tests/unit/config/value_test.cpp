// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "config/config.hpp"
#include "config/python/integer_math.hpp"

using namespace recipe::config;

TEST_CASE("an integer has no bounds") {
    const Integer big = *Integer::from_digits("123456789012345678901234567890");
    CHECK_FALSE(big.to_int64());
    CHECK(big.to_string() == "123456789012345678901234567890");
    CHECK(multiply(big, big)->to_string() == "15241578753238836750495351562536198787501905199875019052100");
    CHECK(Integer::from_digits("-9223372036854775808")->to_int64());
    CHECK_FALSE(Integer::from_digits("9223372036854775808")->to_int64());
    CHECK(*Integer::from_digits("-000") == Integer(0));
    CHECK_FALSE(Integer::from_digits(""));
    CHECK_FALSE(Integer::from_digits("1_0"));
    CHECK_FALSE(Integer::from_digits(std::string(5000, '1')));
}

TEST_CASE("a product that is too long is refused and not computed") {
    const Integer large = *Integer::from_digits(std::string(4000, '9'));
    CHECK_FALSE(multiply(large, large));
}

TEST_CASE("a true division is rounded once") {
    CHECK(true_divide(7, 2) == 3.5);
    CHECK(true_divide(*Integer::from_digits("123456789012345678901"), 2) == 61728394506172839450.5);
    CHECK(true_divide(std::int64_t{9007199254740993}, 1) == 9007199254740992.0);
    CHECK(true_divide(*Integer::from_digits(std::string(400, '9')), *Integer::from_digits(std::string(399, '9'))) ==
          10.0);
    CHECK_FALSE(true_divide(*Integer::from_digits(std::string(400, '9')), 1));
}

TEST_CASE("a map keeps its order and replaces in place") {
    Value map = Value::map();
    map.set(Value::string("b"), Value::integer(1));
    map.set(Value::string("a"), Value::integer(2));
    map.set(Value::string("b"), Value::integer(3));
    CHECK(to_json(map) == R"({"b":3,"a":2})");
    CHECK(map.erase("b"));
    CHECK_FALSE(map.erase("b"));
    CHECK(map.find("b") == nullptr);
}

TEST_CASE("keys that Python takes for one are one") {
    Value map = Value::map();
    map.set(Value::integer(1), Value::string("int"));
    map.set(Value::boolean(true), Value::string("bool"));
    map.set(Value::floating(1.0), Value::string("float"));
    map.set(Value::string("1"), Value::string("string"));
    CHECK(to_python_text(map) == "{1: 'float', '1': 'string'}");
}

TEST_CASE("a large map is found by key after changes") {
    Value map = Value::map();
    for (int i = 0; i < 1000; ++i) map.set(Value::string("key" + std::to_string(i)), Value::integer(i));
    map.erase("key0");
    CHECK(map.find("key999")->as_int() == 999);
    const Value copy = map;
    map = Value();
    CHECK(copy.find("key500")->as_int() == 500);
    CHECK(copy == Value(copy));
}

TEST_CASE("values are equal by content whatever the order of their keys") {
    Value a = Value::map();
    a.set(Value::string("x"), Value::integer(1));
    a.set(Value::string("y"), Value::floating(std::numeric_limits<double>::quiet_NaN()));
    Value b = Value::map();
    b.set(Value::string("y"), Value::floating(std::numeric_limits<double>::quiet_NaN()));
    b.set(Value::string("x"), Value::integer(1));
    CHECK(a == b);
    b.set(Value::string("x"), Value::floating(1));
    CHECK_FALSE(a == b);
}

TEST_CASE("a dotted path leads through maps and lists") {
    const auto value = parse_yaml("a: {b: [{c: 1}, 2]}", "test");
    REQUIRE(value);
    CHECK(value->at("a.b.0.c")->as_int() == 1);
    CHECK(value->at("a.b.1")->as_int() == 2);
    CHECK(value->at("a.b.2") == nullptr);
    CHECK(value->at("a.b.x") == nullptr);
    CHECK(value->at("a.b.1.c") == nullptr);
    CHECK(value->at("") == nullptr);
}

TEST_CASE("a key is typed without recipes. where that reaches it, and found again from there") {
    const auto root = parse_yaml("recipes: {run: {name: x}, both: 1}\nboth: 2\nenv_vars: {A: 1}\n", "test");
    REQUIRE(root);
    CHECK(typed_key(*root, "recipes.run.name") == "run.name");
    CHECK(typed_key(*root, "recipes.run.none") == "run.none");
    CHECK(typed_key(*root, "recipes.both") == "recipes.both");
    CHECK(typed_key(*root, "env_vars.A") == "env_vars.A");
    CHECK(full_key(*root, "run.name") == "recipes.run.name");
    CHECK(full_key(*root, "recipes.run.name") == "recipes.run.name");
    CHECK(full_key(*root, "both") == "both");
    CHECK(full_key(*root, "none") == "none");
}
