// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "collection_fixture.hpp"
#include "config/config.hpp"

#include <sys/stat.h>

using namespace recipe;
using namespace recipe::config;

namespace {

std::string json_of(const std::string& text) {
    const auto value = parse_yaml(text, "test.yaml");
    return value ? to_json(*value) : std::string(value.error().front().code);
}

Diagnostic problem_of(const std::string& text) {
    const auto value = parse_yaml(text, "test.yaml");
    REQUIRE_FALSE(value);
    return value.error().front();
}

}  // namespace

TEST_CASE("scalars follow OmegaConf's loader, not YAML 1.1 alone") {
    CHECK(json_of("[1e-5, 12:00:00, 01:30:00, -.5, .5, 2024-01-01, yes, y, 007, 08, 0x1F, 1_000, ~, '', +.inf]") ==
          R"([1e-05,43200,"01:30:00","-.5",0.5,"2024-01-01",true,"y",7,"08",31,1000,null,"",".inf"])");
    CHECK(json_of("[!!str 5, !!int '7', !!float 3, ! x, \"1\"]") == R"(["5",7,3.0,"x","1"])");
}

TEST_CASE("what YAML 1.1 and 1.2 read differently is read as PyYAML does") {
    struct Case {
        const char* text;
        const char* json;
    };
    const Case cases[] = {
        {"x: \"\\_\\N\\L\\e\"", "{\"x\":\"\xC2\xA0\xC2\x85\xE2\x80\xA8\\u001b\"}"},
        {"x: 'a\n\n  b'", R"({"x":"a\nb"})"},
        {"x: '\n\n'", R"({"x":"\n"})"},
        {"x: 'a\n\n\n\n  '", R"({"x":"a\n\n\n"})"},
        {"x: \"a\\n \\n\n\n\n\"", R"({"x":"a\n \n\n\n"})"},
        {"x: \"\\n\n\n\n\n\"", R"({"x":"\n\n\n\n"})"},
        {"x: \"a \\\n   b\"", R"({"x":"a b"})"},
        {"{a:1, b}", R"({"a:1":null,"b":null})"},
        {"[a: 1, ? b, c]", R"([{"a":1},{"b":null},"c"])"},
        {"x: ! 12", R"({"x":12})"},
        {"x: ! '12'", R"({"x":12})"},
        {"- !", "[null]"},
        {"- !!str", R"([""])"},
        {"!!float \" 1.5\\n\"", "1.5"},
        {"!!int ' 7 '", "7"},
        {"a: >\n  x\n  y\n\n   z\n", R"({"a":"x y\n\n z\n"})"},
        {"a: |2-\n    x\n", R"({"a":"  x"})"},
        {"a:\n- 1\n- 2\nb: 3", R"({"a":[1,2],"b":3})"},
        {"%YAML 1.1\n---\na: 1\n...\n", R"({"a":1})"},
        {"%TAG !e! tag:yaml.org,2002:\n---\na: !e!str 1\n", R"({"a":"1"})"},
        {"? a\n: b\n? c\n", R"({"a":"b","c":null})"},
        {"a: b\n  c\n\n  d", R"({"a":"b c\nd"})"},
    };
    for (const Case& example : cases) {
        INFO(example.text);
        CHECK(json_of(example.text) == example.json);
    }
}

TEST_CASE("of keys that are the same number the last value counts, as in Python") {
    CHECK(to_yaml(*parse_yaml("1: a\n1.0: b\ntrue: c\n", "test.yaml")) == "1: c\n");
    CHECK(json_of("{=: 1, =: 2}") == R"({"=":2})");
}

TEST_CASE("anchors, aliases and merge keys work as in PyYAML") {
    CHECK(json_of("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3, z: 4}\nc: *a\n") ==
          R"({"a":{"x":1,"y":2},"b":{"x":1,"y":3,"z":4},"c":{"x":1,"y":2}})");
    CHECK(json_of("{<<: [{a: 1}, {a: 2, b: 3}], c: 4}") == R"({"a":1,"b":3,"c":4})");
}

TEST_CASE("a key given twice is refused with both lines") {
    const Diagnostic problem = problem_of("a: 1\nb: 2\na: 3\n");
    CHECK(problem.code == "compose.duplicate_key");
    CHECK(problem.key == "a");
    CHECK(problem.source == Source{"test.yaml", 3, 1, "a: 3"});
    CHECK(problem.message == "`a` is given twice: first on line 1, again on line 3");
}

TEST_CASE("what PyYAML refuses is refused") {
    for (const char* text : {"a: \"x\n", "a: b\tc\n", "\ta: 1\n", "a: b: c\n", "a: !x 1\n", "a: <<\n", "~: 1\n",
                             "[a]: 1\n", "a: &x [*x]\n", "a: *nope\n", "a: 1\n--- \nb: 2\n", "a: &x 1\nb: &x 2\n",
                             "a: [1\n", "a: !!int x\n", "a: \x01\n", "<<: 5\n",
                             // Each of these is a document to YAML 1.2 or to a lenient parser.
                             "[,]", "[a,,b]", "{:4}", "[:a]", "a:\nb", "a: x\nb", "&:", "...", "a: |x\n  b",
                             "a: [|\n b]", "a: %b", "a: @b", "a: `b`", "a: \"\\q\"", "a: 'b\n---\n'", "[a]]", "a: ]",
                             "a: - b", "%YAML 2.0\n---\na: 1", "%YAML 1.1\na: 1", "a: !e!x 1", "a: \"\\ud800\"",
                             "a: 1\n...\nb: 2\n", "- a\nb: c\n", "a:\n   - b\n  - c\n"}) {
        INFO(text);
        CHECK(problem_of(text).code == "compose.yaml");
    }
    CHECK(json_of("a: 'x\ty' # c\td\n") == R"({"a":"x\ty"})");
    CHECK(json_of("a: |\n  x\ty\nb: 1\n") == R"({"a":"x\ty\n","b":1})");
}

TEST_CASE("what PyYAML reads and yaml-cpp would read otherwise, or not at all, is refused") {
    for (const char* text : {
             // Empty lines at the end of folded texts, and of quoted ones behind an escape that may be one.
             "a: >+\n  x\n\nb: 1\n",
             "a: >\n  x\n  ",
             "x: \"a\\x0a\n\n\n\"",
             // Line breaks to PyYAML alone, and a second byte order mark.
             "x: \xC2\x85 y",
             "x: 'a\xE2\x80\xA8z'",
             "a: 1\rb: 2\n",
             "\xEF\xBB\xBF\xEF\xBB\xBF: 1",
             // No space after the colon; keys within brackets without one.
             "{a:[], b:{}}",
             "[?a]",
             "{a\n b, c: 1}",
             // Texts over several lines behind an anchor or a tag.
             "- &a |\n  x\n",
             "- &a |2\n    x\n",
             "- &a b\n  c\n",
             // The tag "!" and texts that end in a line break; a tag with nothing behind it.
             "! |\n  1\n",
             "!!str",
             // Directives that mean nothing.
             "%FOO\n---\na: 1\n",
             // A text that stands no further right than its key.
             "a:\n! x\n",
         }) {
        INFO(text);
        CHECK(problem_of(text).code == "compose.yaml");
    }
    CHECK(json_of("a: &a |\n  x\nb: !!str |2\n    y\n") == R"({"a":"x\n","b":"  y\n"})");
    CHECK(json_of("a: &a\n- !\nb: &b\n  ! 1: !!str\n") == R"({"a":[null],"b":{"1":""}})");
}

TEST_CASE("what yaml-cpp takes and PyYAML refuses is refused") {
    for (const char* text : {"a: b\nc", "a:\nb\nc: 1\n", "a:\n[1]\n", "a: &b:c 1\n", "a: \"\\'\"", "a: 'x\n",
                             "[a, , b]", "{a: :b}", "...\n", "a: |# x\n  b\n", "a: 1\n%YAML 1.1\n", "%YAML 1.1\na: 1\n",
                             "a: [!!str, b]\n", "a: |\n  x\n%a\n", "a: b\n\t\nc: d\n", "a: &x *x\n", "!!int &a"}) {
        INFO(text);
        CHECK(problem_of(text).code == "compose.yaml");
    }
    CHECK(problem_of("a: b\nc").message == "a `:` is missing after this key");
    CHECK(problem_of("a: [1, b\n").message == "a closing bracket is missing after this");
    CHECK(problem_of("x: !!int 08\n").code == "compose.yaml");
    CHECK(json_of("[!!int 0o17, !!int -0o17, !!int 017]") == "[15,-15,15]");
}

TEST_CASE("texts with line breaks at their edges are read as they were written") {
    for (const char* text : {"\n", "\n\n", "\n\n\n", "a\n", "a\n\n\n", "\n\na", " \n\n a \n", "'\n\n\n", "\t\n\n\n",
                             "\x01\n\n\n", "\xC2\xA0\n\n\n"}) {
        INFO(text);
        Value map = Value::map();
        map.set(Value::string("x"), Value::string(text));
        const auto again = parse_yaml(to_yaml(map), "test.yaml");
        CHECKED_IF(again) {
            CHECK(*again == map);
        }
    }
}

TEST_CASE("a problem that yaml-cpp finds is told in plain words, with its place") {
    const Diagnostic second = problem_of("a: 1\nb: c: d\n");
    CHECK(second.message == "a second `:` on one line; put quotes around the text");
    CHECK(second.source == Source{"test.yaml", 2, 5, "b: c: d"});
    CHECK(problem_of("a: [1, 2\nb: 3\n").message == "`,` or `]` is missing here");
    const Diagnostic tab = problem_of("a: b\tc\n");
    CHECK(tab.message == "a tab cannot stand here; use spaces, or quotes around the text");
    CHECK(tab.source == Source{"test.yaml", 1, 5, "a: b\tc"});
}

TEST_CASE("every node knows its place and an error points at its character") {
    const auto value = parse_yaml("a:\n  b: [1,\n    x]\n", "test.yaml");
    REQUIRE(value);
    CHECK(to_string(value->at("a.b.1")->position().source()) == "test.yaml:3:5");
    CHECK(value->at("a.b.1")->position().source().excerpt == "    x]");
    const Diagnostic wide = problem_of("é: コ\xFF\n");
    CHECK(wide.source.line == 1);
    CHECK(wide.source.column == 5);
}

TEST_CASE("hostile YAML is refused quickly") {
    std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 10; ++i) {
        const std::string alias = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + alias;
        for (int j = 0; j < 9; ++j) bomb += "," + alias;
        bomb += "]\n";
    }
    CHECK(problem_of(bomb).code == "compose.too_large");
    CHECK(problem_of(std::string(10'000, '[')).code == "compose.too_large");
    CHECK(problem_of("a: " + std::string(5'000'000, 'x')).code == "compose.too_large");
    std::string deep;
    for (int i = 0; i < 200; ++i) deep += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
    CHECK(problem_of(deep).code == "compose.too_large");
    CHECK(problem_of("a: " + std::string(5000, '1')).code == "compose.yaml");
}

TEST_CASE("only regular files of bounded size are read") {
    const CollectionFixture folder;
    CHECK_FALSE(load_yaml(folder.directory()));
    CHECK_FALSE(load_yaml(folder.directory() / "none.yaml"));
    CHECK_FALSE(load_yaml("/dev/zero"));
    const auto pipe = folder.directory() / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK_FALSE(load_yaml(pipe));
    folder.write("large.yaml", "a: " + std::string(5'000'000, 'x'));
    CHECK(load_yaml(folder.directory() / "large.yaml").error().front().code == "compose.too_large");
}
