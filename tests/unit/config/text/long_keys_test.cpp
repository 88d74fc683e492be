// SPDX-License-Identifier: Apache-2.0
// Texts behind a key that is longer than a line. Expected texts are what OmegaConf.to_yaml writes.
#include "catch.hpp"
#include "config/config.hpp"

using namespace recipe::config;

namespace {

/// What stands behind the key.
std::string written(std::string_view text) {
    const std::string key(100, 'k');
    Value map = Value::map();
    map.set(Value::string(key), Value::string(std::string(text)));
    const std::string yaml = to_yaml(map);
    REQUIRE(yaml.starts_with(key + ": "));
    const auto again = parse_yaml(yaml, "test.yaml");
    REQUIRE(again);
    CHECK(*again == map);
    return yaml.substr(key.size() + 2);
}

}  // namespace

TEST_CASE("a text behind a long key is folded at its first single blank, but not at its edges") {
    CHECK(written("a") == "a\n");
    CHECK(written("a b") == "a\n  b\n");
    CHECK(written("a b c") == "a\n  b c\n");
    CHECK(written("a  b") == "a  b\n");
    CHECK(written("a  b c") == "a  b\n  c\n");
    CHECK(written("") == "''\n");
    CHECK(written(" ") == "' '\n");
    CHECK(written(" a") == "' a'\n");
    CHECK(written("a ") == "'a '\n");
    CHECK(written(" a b") == "' a\n  b'\n");
    CHECK(written("a b ") == "'a\n  b '\n");
    CHECK(written("#a  b") == "'#a  b'\n");
    CHECK(written("'a' b") == "'''a''\n  b'\n");
    CHECK(written("\ta b") == "\"\\t\\\n  a b\"\n");
    CHECK(written("a \tb") == "\"a\\\n  \\ \\tb\"\n");
    CHECK(written("\t") == "\"\\t\"\n");
}

TEST_CASE("a value of another kind behind a long key stays on its line") {
    const std::string key(100, 'k');
    const auto behind = [&](Value value) {
        Value map = Value::map();
        map.set(Value::string(key), std::move(value));
        return to_yaml(map).substr(key.size());
    };
    CHECK(behind(Value::null()) == ": null\n");
    CHECK(behind(Value::boolean(false)) == ": false\n");
    CHECK(behind(Value::floating(-1e-5)) == ": -1.0e-05\n");
    CHECK(behind(Value::floating(1.5e16)) == ": 1.5e+16\n");
    CHECK(behind(Value::list()) == ": []\n");
    CHECK(behind(Value::map()) == ": {}\n");
    CHECK(behind(Value::list({Value::integer(1), Value::list({Value::integer(2), Value::map()})})) ==
          ":\n- 1\n- - 2\n  - {}\n");
}

TEST_CASE("a value alone is a document") {
    CHECK(to_yaml(Value::string("a b")) == "a b\n");
    CHECK(to_yaml(Value::string("")) == "''\n");
    CHECK(to_yaml(Value::null()) == "null\n");
    CHECK(to_yaml(Value::list({Value::list({Value::string("x")})})) == "- - x\n");
    CHECK(to_yaml(Value::list()) == "[]\n");
}
