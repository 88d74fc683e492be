// SPDX-License-Identifier: Apache-2.0
// Expected texts are what OmegaConf.to_yaml writes.
#include "catch.hpp"
#include "config/config.hpp"

using namespace recipe::config;

TEST_CASE("a key that is long or has line breaks is written behind a question mark") {
    struct Key {
        std::string key;
        std::string_view yaml;
    };
    const Key cases[] = {
        {"", "? ''\n: 1\n"},
        {"a", "a: 1\n"},
        {"a b", "a b: 1\n"},
        {"a: b", "'a: b': 1\n"},
        {"a\nb", "? 'a\n\n  b'\n: 1\n"},
        {"\n", "? '\n\n  '\n: 1\n"},
        {"a\tb", "\"a\\tb\": 1\n"},
        {"?", "'?': 1\n"},
        {"yes", "'yes': 1\n"},
        {"1", "'1': 1\n"},
        {"1.5", "'1.5': 1\n"},
        {"null", "'null': 1\n"},
        {"~", "'~': 1\n"},
        {"true", "'true': 1\n"},
        {"- a", "'- a': 1\n"},
        {"it's", "it's: 1\n"},
        {"#", "'#': 1\n"},
        {"\303\251", "\303\251: 1\n"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b",
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b: 1\n"},
    };
    for (const auto& [key, yaml] : cases) {
        Value map = Value::map();
        map.set(Value::string(key), Value::integer(1));
        CHECK(to_yaml(map) == yaml);
    }
    const auto is_simple = [](Value key) {
        Value map = Value::map();
        map.set(std::move(key), Value::integer(1));
        return !to_yaml(map).starts_with("? ");
    };
    CHECK(is_simple(Value::string(std::string(120, 'k'))));
    CHECK(is_simple(Value::integer(*Integer::from_digits("1" + std::string(119, '0')))));
    CHECK(is_simple(Value::string(std::string(121, 'k'))));
    CHECK(is_simple(Value::integer(*Integer::from_digits("1" + std::string(120, '0')))));
    CHECK(is_simple(Value::string(std::string(122, 'k'))));
    CHECK(is_simple(Value::integer(*Integer::from_digits("1" + std::string(121, '0')))));
    CHECK_FALSE(is_simple(Value::string(std::string(123, 'k'))));
    CHECK_FALSE(is_simple(Value::integer(*Integer::from_digits("1" + std::string(122, '0')))));
    CHECK_FALSE(is_simple(Value::string(std::string(124, 'k'))));
    CHECK_FALSE(is_simple(Value::integer(*Integer::from_digits("1" + std::string(123, '0')))));
    CHECK_FALSE(is_simple(Value::string(std::string(127, 'k'))));
    CHECK_FALSE(is_simple(Value::integer(*Integer::from_digits("1" + std::string(126, '0')))));
    CHECK_FALSE(is_simple(Value::string(std::string(128, 'k'))));
    CHECK_FALSE(is_simple(Value::integer(*Integer::from_digits("1" + std::string(127, '0')))));
    std::string wide61;
    for (int i = 0; i < 61; ++i) wide61 += "é";
    CHECK(is_simple(Value::string(wide61)));
    std::string wide62;
    for (int i = 0; i < 62; ++i) wide62 += "é";
    CHECK(is_simple(Value::string(wide62)));
    std::string wide40;
    for (int i = 0; i < 40; ++i) wide40 += "é";
    CHECK(is_simple(Value::string(wide40)));
    std::string wide123;
    for (int i = 0; i < 123; ++i) wide123 += "é";
    CHECK_FALSE(is_simple(Value::string(wide123)));
    std::string wide122;
    for (int i = 0; i < 122; ++i) wide122 += "é";
    CHECK(is_simple(Value::string(wide122)));
}

TEST_CASE("a tree is written as OmegaConf writes it, at every depth") {
    struct Tree {
        std::string_view json;
        std::string_view yaml;
    };
    const Tree cases[] = {
        {"{\"a\": {\"b\": {\"c\": \"w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w "
         "w w w w w w w w w w w w w w w w w w w \"}}}",
         "a:\n  b:\n    c: 'w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w\n      w w w w w "
         "w w w w w w w w w w w w w w w w w w '\n"},
        {"{\"a\": [[\"w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w "
         "w w w w w w w w w w w w \"]]}",
         "a:\n- - 'w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w\n    w w w w w w w w "
         "w w w w w w w w w w w w w '\n"},
        {"{\"a\": [{\"b\": \"w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w "
         "w w w w w w w w w w w w w w w \", \"c\": [1, 2.5, null, true, \"x\"]}]}",
         "a:\n- b: 'w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w\n    w w w w w w w w w "
         "w w w w w w w w w w w w w '\n  c:\n  - 1\n  - 2.5\n  - null\n  - true\n  - x\n"},
        {"[[[1], [2]], [{\"a\": []}, {}]]", "- - - 1\n  - - 2\n- - a: []\n  - {}\n"},
        {"{\"a\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx yyyy zzzz\", \"b\": "
         "[\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx y z\", "
         "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx y z\"]}",
         "a: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx yyyy zzzz\nb:\n- "
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx y z\n- "
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx y\n  z\n"},
        {"{\"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\": \"abc def ghi jkl\", "
         "\"mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm\": \"abc def\", "
         "\"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\": \"abc def ghi\"}",
         "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk: abc def ghi\n  "
         "jkl\nmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm: abc\n  "
         "def\nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn: abc\n  def ghi\n"},
        {"{\"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\": \"it's\\tabc def ghi jkl\"}",
         "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk: \"it's\\tabc\\\n  \\ def ghi "
         "jkl\"\n"},
        {"{\"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
         "kkkkkkkkkkkkkkkkkkkkkkkk\": {\"a\": 1, \"b\": [1]}}",
         "? "
         "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
         "kkkkkkkkkkkkkkkkkkkkk\n: a: 1\n  b:\n  - 1\n"},
        {"{\"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
         "kkkkkkkkkkkkkkkkkkkkkkkk\": [1, {\"c\": 2}]}",
         "? "
         "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
         "kkkkkkkkkkkkkkkkkkkkk\n: - 1\n  - c: 2\n"},
        {"[{"
         "\"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
         "kkkkkkkkkkkkkkkkkkkkkkk\": \"v\"}]",
         "- ? "
         "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
         "kkkkkkkkkkkkkkkkkkkkk\n  : v\n"},
        {"{\"a\": {}, \"b\": [], \"c\": [[]], \"d\": [{}]}", "a: {}\nb: []\nc:\n- []\nd:\n- {}\n"},
        {"{\"a\\nb\": {\"c\\nd\": \"e\\nf\"}}", "? 'a\n\n  b'\n: ? 'c\n\n    d'\n  : 'e\n\n    f'\n"},
        {"[]", "[]\n"},
        {"{}", "{}\n"},
        {"[null]", "- null\n"},
        {"{\"a\": null}", "a: null\n"},
        {"{\"l\": [\"a\\nb\", [\"c\\n\\nd\"]]}", "l:\n- 'a\n\n  b'\n- - 'c\n\n\n    d'\n"},
        {"[[\"\\taaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b\"]]",
         "- - \"\\taaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\\n    "
         "\\ b\"\n"},
    };
    for (const auto& [json, yaml] : cases) {
        const auto tree = from_json(json, json.size());
        REQUIRE(tree);
        CHECK(to_yaml(*tree) == yaml);
    }
}
