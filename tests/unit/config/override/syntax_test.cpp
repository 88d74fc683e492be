// SPDX-License-Identifier: Apache-2.0
// Where an override that does not parse is at fault, and what to type instead.
#include "catch.hpp"
#include "config/override/override_ast.hpp"

#include <fmt/format.h>

using namespace recipe;
using namespace recipe::config;

namespace {

Diagnostic problem_of(const std::string& text) {
    const auto parsed = parse_override({text, "override 1"});
    REQUIRE_FALSE(parsed);
    REQUIRE(parsed.error().size() == 1);
    CHECK(parsed.error().front().code == "compose.override_syntax");
    CHECK(parsed.error().front().source.name == "override 1");
    return parsed.error().front();
}

struct Problem {
    std::string text;
    int column;
    std::string message;
    std::string fix = "";
};

void check(const std::vector<Problem>& cases) {
    for (const auto& [text, column, message, fix] : cases) {
        INFO(text);
        const Diagnostic problem = problem_of(text);
        CHECK(problem.source.column == column);
        CHECK(problem.message == message);
        CHECK(problem.fix == fix);
    }
}

std::string json_of(const std::string& value) {
    const auto parsed = parse_override({"k=" + value, ""});
    return parsed ? to_json(to_value(*parsed->value)) : parsed.error().front().message;
}

std::string repeated(std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}

}  // namespace

TEST_CASE("what is wrong with a key is said where it stands") {
    const std::string names = "keys are names joined by dots: trainer.num_nodes";
    const std::string slash = "unexpected `/`; a group path is made of names: cluster/special=OPTION";
    check({
        {"", 1, "an empty override; expected KEY=VALUE"},
        {"a", 2, "expected `=` after the key", "a=VALUE"},
        {"a.b", 4, "expected `=` after the key", "a.b=VALUE"},
        {"+", 2, "expected `=` after the key", "KEY=VALUE"},
        {"a~b=1", 2, "expected `=` after the key", "a=VALUE"},
        {"a#b=1", 2, "`#` cannot stand in a key; " + names},
        {"a[0]=1", 2, "`[` cannot stand in a key; " + names},
        {"a.=1", 2, "`.` cannot stand in a key; " + names},
        {"a\n=1", 2, "a line break cannot stand in a key; " + names},
        {"\xc3\xa9\xc3\xa9=1", 1, "`\xc3\xa9` cannot stand in a key; " + names},
        {"a.b/c=x", 4, slash},
        {"a/b.c=x", 2, slash},
        {"a/=x", 2, slash},
        {"/a=x", 1, slash},
        {"$a/b=x", 3, slash},
        {"a/$b=x", 2, slash},
    });
}

TEST_CASE("groups, packages and prefixes are told from keys") {
    const auto parsed = [](const std::string& text) {
        const auto result = parse_override({text, ""});
        REQUIRE(result);
        return *result;
    };
    CHECK(parsed("a/b/c=x").key == "a/b/c");
    CHECK(parsed("a/b@p=x").key == "a/b");
    CHECK(parsed("a/b@p=x").package == "p");
    CHECK(parsed("a@=x").package == "");
    CHECK_FALSE(parsed("a=x").package);
    CHECK(parsed("a.b-c.$d.0=x").key == "a.b-c.$d.0");
    CHECK(parsed("a=x").type == ParsedOverride::Type::change);
    CHECK(parsed("~a").type == ParsedOverride::Type::remove);
    CHECK(parsed("~a=x").type == ParsedOverride::Type::remove);
    CHECK(to_json(to_value(*parsed("~a=x").value)) == R"("x")");
    CHECK(parsed("a=x").key_column == 0);
    CHECK(parsed("++a=x").key_column == 2);
    CHECK(parsed("~a=x").key_column == 1);
    CHECK(parsed("++a=x").value_column == 4);
    CHECK(parsed("a=  x").value_column == 4);
    CHECK(to_json(to_value(*parsed("a= \t").value)) == R"("")");
    CHECK(parsed("a='x'").value->quote == '\'');
    CHECK(parsed("a=\"x\"").value->quote == '"');
    CHECK(parsed("a=x").value->quote == 0);
}

TEST_CASE("what is wrong with a value is said where it stands") {
    check({
        {"a=[1", 5, "the value ends here; expected `,` or `]`"},
        {"a=[1}", 5, "unexpected `}`; expected `,` or `]`"},
        {"a=[1,]", 6, "unexpected `]`; expected a value"},
        {"a=1,", 5, "the value ends here; expected a value"},
        {"a={b:1", 7, "the value ends here; expected `,` or `}`"},
        {"a={b", 5, "the value ends here; expected `:` after a key"},
        {"a={b}", 5, "unexpected `}`; expected `:` after a key"},
        {"a={b:}", 6, "unexpected `}`; expected a value"},
        {"a={:1}", 4, "unexpected `:`; expected a key without quotes"},
        {"a={'b':1}", 4, "unexpected `'b'`; expected a key without quotes"},
        {"a={b:1,}", 8, "unexpected `}`; expected a key without quotes"},
        {"a=int(1", 8, "the value ends here; expected `,` or `)`"},
        {"a=int(1]", 8, "unexpected `]`; expected `,` or `)`"},
        {"a=int(", 7, "the value ends here; expected a value"},
        {"a=[1]x", 6, "unexpected `x`; expected the end of the value"},
        {"a=b]c", 4, "unexpected `]`; expected the end of the value"},
        {"a='b'c", 6, "unexpected `c`; expected the end of the value"},
        {"a=x+nope(1)", 9, "unexpected `(`; expected the end of the value"},
        {"a=[1,nope(1)]", 6,
         "there is no function nope(); known are bool, choice, float, glob, int, interval, range, shuffle, sort, str, "
         "tag"},
    });
}

TEST_CASE("a value with a character that needs quotes is shown in quotes, where quotes help") {
    check({
        {"a=b=c", 4, "unexpected `=`; expected the end of the value", "a='b=c'"},
        {"a=[b=c]", 5, "unexpected `=`; expected `,` or `]`"},
        {"a={b=c}", 5, "unexpected `=`; expected `:` after a key"},
        {"a==b", 3, "unexpected `=`; expected a value", "a='=b'"},
        {"a=b#c", 4, "`#` cannot stand in a value without quotes", "a='b#c'"},
        {"a=#c", 3, "`#` cannot stand in a value without quotes", "a='#c'"},
        {"a=b\nc", 4, "a line break cannot stand in a value without quotes"},
        {"a=b#c\n", 4, "`#` cannot stand in a value without quotes"},
        {"a=b#\\", 4, "`#` cannot stand in a value without quotes"},
        {"a=b#'c'", 4, "`#` cannot stand in a value without quotes"},
        {"a=\xc3\xa9t\xc3\xa9", 3, "`\xc3\xa9` cannot stand in a value without quotes", "a='\xc3\xa9t\xc3\xa9'"},
        {"a=\xf0\x9f\x98\x80", 3, "`\xf0\x9f\x98\x80` cannot stand in a value without quotes", "a='\xf0\x9f\x98\x80'"},
        {"a='x", 3, "this quote is not closed"},
        {"a=\"x", 3, "this quote is not closed", "a='\"x'"},
        {"a=\"x\\\"", 3, "this quote is not closed", "a='\"x\\\"'"},
    });
}

TEST_CASE("only what is surely a key is shown with the equal sign that it lacks") {
    const auto fix = [](const std::string& text) { return problem_of(text).fix; };
    CHECK(fix("_a: 4") == "_a=4");
    CHECK(fix("a1.b2:4") == "a1.b2=4");
    CHECK(fix("~a:4") == "~a=4");
    CHECK(fix("a : 4") == "a=4");
    CHECK(fix("a-b:4").empty());
    CHECK(fix("a$b:4").empty());
    CHECK(fix("1a:4").empty());
    CHECK(fix("a.:4").empty());
    CHECK(fix("a:") == "a=VALUE");
    CHECK(fix(":4").empty());
    CHECK(fix("+:4").empty());
    CHECK(fix("a:b=c") == "a=VALUE");
    CHECK(fix("a: #").empty());
    CHECK(problem_of("+a: 4").source.column == 3);
}

TEST_CASE("values nest to a depth, and an override has a length") {
    CHECK(json_of(repeated("[", 65) + repeated("]", 65)) == repeated("[", 65) + repeated("]", 65));
    CHECK(json_of(repeated("[", 66) + repeated("]", 66)) == "nested deeper than 64");
    CHECK(json_of(repeated("{a:", 64) + "1" + repeated("}", 64)).starts_with(R"({"a":{"a":)"));
    CHECK(json_of(repeated("{a:", 65) + "1" + repeated("}", 65)) == "nested deeper than 64");
    CHECK(json_of(repeated("int(", 64) + "1" + repeated(")", 64)) == "1");
    CHECK(json_of(repeated("int(", 65) + "1" + repeated(")", 65)) == "nested deeper than 64");
    CHECK(problem_of("k=" + repeated("[", 66)).source.column == 68);

    const std::size_t longest = 64 * 1024;
    CHECK(parse_override({"k=" + std::string(longest - 2, 'x'), ""}));
    CHECK(problem_of("k=" + std::string(longest - 1, 'x')).message == "longer than 65536 bytes");
    CHECK(json_of(std::string(4300, '7')) == std::string(4300, '7'));
    CHECK(json_of(std::string(4301, '7')) == "a number with too many digits");
    CHECK(problem_of("k=[1," + std::string(4301, '7') + "]").source.column == 6);
}

TEST_CASE("an unquoted value is one text with its escapes undone, or what it looks like alone") {
    const Problem cases[] = {
        {"1 2", 0, R"("1 2")"},
        {"1 ", 0, "1"},
        {"  true  ", 0, "true"},
        {"[ 1 , null ]", 0, "[1,null]"},
        {"null x", 0, R"("null x")"},
        {"a\\,b", 0, R"("a,b")"},
        {"\\[a\\]", 0, R"("[a]")"},
        {"a\\ ", 0, R"("a ")"},
        {"\\\\", 0, R"("\\")"},
        {"\\x", 0, R"("\\x")"},
        {"a\tb", 0, R"("a\tb")"},
        {"/a/b-c.d$e%f*g@h?i|j", 0, R"("/a/b-c.d$e%f*g@h?i|j")"},
        {"${a.b}", 0, R"("${a.b}")"},
        {"x${a}:1", 0, R"("x${a}:1")"},
        {"{1:a,true:b,null:c,a b:d}", 0, R"({"1":"b","null":"c","a b":"d"})"},
        {"{a:1,b:2,a:3}", 0, R"({"a":3,"b":2})"},
        {"{a:b:c}", 0, R"({"a":"b:c"})"},
        {"''", 0, R"("")"},
        {"'\\\\\\''", 0, R"("\\'")"},
        {"\"it's\"", 0, R"("it's")"},
        {"'a\\\"b'", 0, R"("a\\\"b")"},
        {"'a\\'\\'b'", 0, R"("a''b")"},
    };
    for (const Problem& each : cases) {
        INFO(each.text);
        CHECK(json_of(each.text) == each.message);
    }
}
