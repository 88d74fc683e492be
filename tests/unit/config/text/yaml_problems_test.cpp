// SPDX-License-Identifier: Apache-2.0
// In which words YAML is refused, and where.
#include "../collection_fixture.hpp"
#include "catch.hpp"

#include <fmt/format.h>

using namespace recipe;
using namespace recipe::config;

namespace {

std::string problem(std::string_view text) {
    const auto value = parse_yaml(text, "test.yaml");
    if (value) return to_json(*value);
    const Diagnostic& first = value.error().front();
    return fmt::format("{}:{} {}", first.source.line, first.source.column, first.message);
}

}  // namespace

TEST_CASE("a scalar that is not what it looks like is refused where it stands") {
    CHECK(problem("a: <<") == "1:4 `<<` merges maps only where a key stands; quote it to mean the text");
    CHECK(problem("a: =") == "1:4 `=` alone has a meaning of its own in YAML; quote it to mean the text");
    CHECK(problem("=: 1") == R"({"=":1})");
    CHECK(problem("a: !!int x") == "1:4 `x` looks like an int but is none, or has too many digits");
    CHECK(problem("a: 0x_") == "1:4 `0x_` looks like an int but is none, or has too many digits");
    CHECK(problem("a: " + std::string(4300, '1')).starts_with(R"({"a":111)"));
    CHECK(problem("a: " + std::string(4301, '1')).starts_with("1:4 `111"));
    CHECK(problem("a: !!float x") == "1:4 `x` looks like a float but is none");
    CHECK(problem("a: !!bool x") == "1:4 `x` is not what its tag says");
    CHECK(problem("a: !!null x") == R"({"a":null})");
    CHECK(problem("a: !!str") == R"({"a":""})");
    CHECK(problem("a: !!set {x}").contains("the tag tag:yaml.org,2002:set means nothing in a recipe"));
    CHECK(problem("a: !!map {x: 1}") == R"({"a":{"x":1}})");
    CHECK(problem("a: !!seq [1]") == R"({"a":[1]})");
    CHECK(problem("a: !!seq {x: 1}").contains("means nothing in a recipe"));
}

TEST_CASE("keys, anchors and merges are refused in words of their own") {
    CHECK(problem("~: 1") == "1:1 null cannot be a key; quote it to mean the text");
    CHECK(problem("[a]: 1").ends_with(" a list or a map cannot be a key"));
    CHECK(problem("a: &x 1\nb: &x 2") == "2:4 the anchor `x` is given twice");
    CHECK(problem("a: &x [*x]") == "1:8 an alias of the very node that it stands in");
    CHECK(problem("<<: 5").ends_with(" `<<` expects a map or a list of maps"));
    CHECK(problem("<<: [{a: 1}, 5]").ends_with(" `<<` expects a map or a list of maps"));
    CHECK(problem("{<<: {a: 1}, <<: {a: 2, b: 3}, c: 4}") == R"({"a":2,"b":3,"c":4})");
    CHECK(problem("a: 1\n--- \nb: 2\n")
              .ends_with(" this belongs to nothing before it, or begins a second document; a file holds one"));
    CHECK(problem("[a,,b]") == "1:4 a value is missing before this comma");
    CHECK(problem("1: a\n1.0: b\ntrue: c\n") == R"({"1":"c"})");
}

TEST_CASE("characters that may not stand in YAML are named") {
    CHECK(problem("a: \xff") == "1:4 the byte 0xFF is not UTF-8");
    CHECK(problem("a: \x01") == "1:4 the character U+0001 may not stand in YAML");
    CHECK(problem("a: 1\nb: \xef\xbf\xbf") == "2:4 the character U+FFFF may not stand in YAML");
    CHECK(problem("a: 'x\xe2\x80\xa8y'") ==
          "1:6 the character U+2028 ends a line for some readers of YAML and not for others; write it as \\u2028 in "
          "double quotes");
    CHECK(problem("a: 1\rb: 2") ==
          "1:5 a carriage return ends no line without a line feed; write it as \\r in double quotes");
    CHECK(problem("a: 1\r\nb: 2\r\n") == R"({"a":1,"b":2})");
}

TEST_CASE("what two readers of YAML take for different things says how to write it") {
    CHECK(problem("%FOO\n---\na: 1\n").ends_with(" YAML has the directives %YAML and %TAG alone"));
    CHECK(problem("%YAML 1.1\na: 1").ends_with(" `---` is missing before the document"));
    CHECK(problem("%YAML 1.1\n---\na: 1") == R"({"a":1})");
    CHECK(problem("...\n").ends_with(" a document ends here that has not begun"));
    CHECK(problem("a: 1\n%YAML 1.1\n").ends_with(" a directive cannot follow a document"));
    CHECK(problem("a: |\n  x\n%a\n").ends_with(" a directive cannot follow a document"));
    CHECK(problem("a: |# x\n  b\n").ends_with(" a space is missing here"));
    CHECK(problem("- &a |2\n    x\n")
              .ends_with(" the lines of this text must stand further right than its anchor or tag"));
    CHECK(problem("a: >+\n  x\n\nb: 1\n")
              .ends_with(" an empty line in a text that begins with `>+`; write `|+`, or quotes"));
    CHECK(problem("a: >\n  x\n  ").ends_with(" blanks on the last line of a text that begins with `>`"));
    CHECK(problem("{a: :b}").ends_with(" a text within brackets cannot begin with `:`; put quotes around it"));
    CHECK(problem("a: \"\\'\"").ends_with(" this escape is not known in YAML; write \\\\ for a backslash"));
    CHECK(problem("x: \"a\\x0a\n\n\n\"")
              .ends_with(" empty lines before the closing quote; write \\n for each in double quotes"));
    CHECK(problem("a: &b:c 1")
              .ends_with(" the name of an anchor is letters, digits, - and _; to mean the text, put quotes around it"));
    CHECK(problem("! |\n  1\n").ends_with(" a text below the tag `!` cannot end with a line break"));
    CHECK(problem("a: b\n\t\nc: d\n").ends_with(" a tab cannot stand here; use spaces, or quotes around the text"));
    CHECK(problem("a: 'x\n").ends_with(" never closed"));
}

TEST_CASE("a document is bounded in depth, in brackets and in bytes") {
    const auto brackets = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    CHECK(problem(brackets(100)) == brackets(100));
    CHECK(problem(brackets(101)).ends_with(" lists and maps nest deeper than 100"));
    CHECK(problem(brackets(1001)) == "1:121 lists and maps nest too deeply");
    CHECK(problem("'" + std::string(500'000, ',') + "'").size() == 500'002);
    CHECK(problem("'" + std::string(500'001, ',') + "'") == "1:121 more than 500000 brackets and commas");

    constexpr std::size_t largest = std::size_t{4} * 1024 * 1024;
    const CollectionFixture folder;
    const auto loaded = [&folder](const std::string& name) {
        const auto value = load_yaml(folder.directory() / name);
        return value ? to_json(*value).substr(0, 8) : value.error().front().message;
    };
    folder.write("largest.yaml", "a: " + std::string(largest - 3, 'x'));
    folder.write("larger.yaml", "a: " + std::string(largest - 2, 'x'));
    CHECK(loaded("largest.yaml") == R"({"a":"xx)");
    CHECK(loaded("larger.yaml") == "more than 4194304 bytes");
    CHECK(problem("a: " + std::string(largest - 2, 'x')).ends_with("4194305 bytes; at most 4194304 are read"));
    CHECK(loaded("none.yaml") == "cannot be read: No such file or directory");
    CHECK(loaded(".") == "cannot be read: not a regular file");
}
