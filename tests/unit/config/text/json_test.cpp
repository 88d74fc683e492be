// SPDX-License-Identifier: Apache-2.0
// What JSON is written and read, and in which words it is refused.
#include "catch.hpp"
#include "config/config.hpp"

using namespace recipe;
using namespace recipe::config;

namespace {

std::string read(std::string_view text, std::size_t max_bytes = 1000, int max_depth = 64) {
    const auto value = from_json(text, max_bytes, max_depth);
    return value ? to_json(*value) : std::string(value.error().front().code) + ": " + value.error().front().message;
}

}  // namespace

TEST_CASE("JSON is written on one line, or indented") {
    const Value value = *parse_yaml("{a: [1, [], {b: {}}], c: ~}", "test.yaml");
    CHECK(to_json(value) == R"({"a":[1,[],{"b":{}}],"c":null})");
    CHECK(to_json(value, 2) == "{\n  \"a\": [\n    1,\n    [],\n    {\n      \"b\": {}\n    }\n  ],\n  \"c\": null\n}");
    CHECK(to_json(value, 0) == "{\n\"a\": [\n1,\n[],\n{\n\"b\": {}\n}\n],\n\"c\": null\n}");
}

TEST_CASE("JSON escapes what cannot stand in a text, and no more") {
    CHECK(to_json(Value::string("\"\\/\b\f\n\r\t\x01\x1f\x20\x7f\xc3\xa9")) ==
          "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f \x7f\xc3\xa9\"");
    Value map = Value::map();
    map.set(Value::null(), Value::floating(1e22));
    map.set(Value::boolean(false), Value::floating(-0.0));
    map.set(Value::floating(1e-7), Value::floating(100));
    map.set(Value::integer(7), Value::boolean(false));
    map.set(Value::string("a\"b"), Value::integer(-1));
    CHECK(to_json(map) == R"({"null":1e+22,"false":-0.0,"1.0e-07":100.0,"7":false,"a\"b":-1})");
}

TEST_CASE("JSON is read with its kinds of numbers") {
    for (const char* same : {"null", "true", "false", "0", "-1", "1.0", "18446744073709551615", "-9223372036854775808",
                             "123456789012345678901234567890", "-123456789012345678901234567890", "1e+300", "[]", "{}",
                             R"("")", R"({"a":[{"b":1}],"c":"d"})", R"(["\u0001"])"}) {
        CHECK(read(same) == same);
    }
    CHECK(read("1e2") == "100.0");
    CHECK(read("1E-2") == "0.01");
    CHECK(read(" [ 1 , 2 ] ") == "[1,2]");
    CHECK(read(R"("\u00e9")") == "\"\xc3\xa9\"");
    CHECK_FALSE(from_json("1", 10)->position().origin);
}

TEST_CASE("JSON is refused with its reason, and its place where the text is at fault") {
    CHECK(read("[1,2]", 5) == "[1,2]");
    CHECK(read("[1,2]", 4) == "compose.too_large: the JSON has 5 bytes, at most 4 are read");
    CHECK(read("[[1]]", 10, 2) == "[[1]]");
    CHECK(read("[[1]]", 10, 1) == "compose.json: nested deeper than 1");
    CHECK(read(R"([{"a":1}])", 10, 1) == "compose.json: nested deeper than 1");
    CHECK(read(R"({"a":1,"a":2})") == "compose.json: the key \"a\" is given twice");
    CHECK(read(R"({"a":{"a":2}})") == R"({"a":{"a":2}})");
    CHECK(read("[1,]") == "compose.json: not valid JSON, at byte 4");
    CHECK(read("") == "compose.json: not valid JSON, at byte 1");
    CHECK(read("[1] 2") == "compose.json: not valid JSON, at byte 5");
    CHECK(read("nul") == "compose.json: not valid JSON, at byte 4");
}
