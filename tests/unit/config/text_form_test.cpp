// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "config/config.hpp"

#include <limits>

using namespace recipe::config;

namespace {

std::string yaml_of(Value value) {
    Value map = Value::map();
    map.set(Value::string("x"), std::move(value));
    return to_yaml(map);
}

}  // namespace

TEST_CASE("floats read in YAML as PyYAML writes them and in text as Python does") {
    CHECK(yaml_of(Value::floating(1e-5)) == "x: 1.0e-05\n");
    CHECK(to_python_text(Value::floating(1e-5)) == "1e-05");
    CHECK(yaml_of(Value::floating(1e16)) == "x: 1.0e+16\n");
    CHECK(to_python_text(Value::floating(123456789012345680.0)) == "1.2345678901234568e+17");
    CHECK(to_python_text(Value::floating(0.0001)) == "0.0001");
    CHECK(to_python_text(Value::floating(-0.0)) == "-0.0");
    CHECK(yaml_of(Value::floating(-std::numeric_limits<double>::infinity())) == "x: -.inf\n");
}

TEST_CASE("strings that would read as something else are quoted") {
    CHECK(yaml_of(Value::string("1e-5")) == "x: '1e-5'\n");
    CHECK(yaml_of(Value::string("yes")) == "x: 'yes'\n");
    CHECK(yaml_of(Value::string("n")) == "x: 'n'\n");
    CHECK(yaml_of(Value::string("2024-01-01")) == "x: '2024-01-01'\n");
    CHECK(yaml_of(Value::string("")) == "x: ''\n");
    CHECK(yaml_of(Value::string("None")) == "x: None\n");
    CHECK(yaml_of(Value::string("a\nb")) == "x: 'a\n\n  b'\n");
    CHECK(yaml_of(Value::string("a\tb")) == "x: \"a\\tb\"\n");
    CHECK(yaml_of(Value::string("06:30:00")) == "x: 06:30:00\n");
    CHECK(yaml_of(Value::string("6:30:00")) == "x: '6:30:00'\n");
}

TEST_CASE("long texts are folded at 80 columns") {
    std::string words;
    for (int i = 0; i < 20; ++i) words += i == 0 ? "word5" : " word5";
    CHECK(yaml_of(Value::string(words)) ==
          "x: word5 word5 word5 word5 word5 word5 word5 word5 word5 word5 word5 word5 word5 word5\n"
          "  word5 word5 word5 word5 word5 word5\n");
}

TEST_CASE("lists under keys are not indented and empty containers stay on the line") {
    const auto value = parse_yaml("a: [1, [2, 3], {b: []}]\nc: {}\n", "test");
    REQUIRE(value);
    CHECK(to_yaml(*value) == "a:\n- 1\n- - 2\n  - 3\n- b: []\nc: {}\n");
}

TEST_CASE("text in a container is written as Python's repr") {
    CHECK(to_python_text(Value::list({Value::string("it's"), Value::string("a\nb"), Value::null(),
                                      Value::boolean(true)})) == "[\"it's\", 'a\\nb', None, True]");
    CHECK(to_python_text(Value::list({Value::string("\xC2\x85\xE3\x82\xB3")})) == "['\\x85コ']");
}

TEST_CASE("JSON keeps ints and floats apart and takes any key") {
    const auto value = parse_yaml("a: 1.0\nb: 1\n2: .inf\ntrue: ~\nc: 123456789012345678901234567890\n", "test");
    REQUIRE(value);
    const std::string json = to_json(*value);
    CHECK(json == R"({"a":1.0,"b":1,"2":".inf","true":null,"c":123456789012345678901234567890})");
    const auto again = from_json(json, json.size());
    REQUIRE(again);
    CHECK(again->find("a")->kind() == Value::Kind::floating);
    CHECK(again->find("c")->as_integer()->to_string() == "123456789012345678901234567890");
    CHECK(to_json(*value, 2).substr(0, 14) == "{\n  \"a\": 1.0,\n");
}

TEST_CASE("JSON that is broken, deep, large or double is refused") {
    CHECK_FALSE(from_json("{", 100));
    CHECK_FALSE(from_json("{} {}", 100));
    CHECK_FALSE(from_json("\"\xFF\"", 100));
    CHECK(from_json(std::string(100, ' ') + "1", 50).error().front().code == "compose.too_large");
    CHECK_FALSE(from_json("[[[[1]]]]", 100, 3));
    CHECK(from_json("[[[1]]]", 100, 3));
    CHECK_FALSE(from_json(R"({"a":1,"a":2})", 100));
    CHECK_FALSE(from_json(std::string(1'000'000, '['), 2'000'000));
}
