// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "config/override/override_ast.hpp"

using namespace recipe;
using namespace recipe::config;

namespace {

std::string value_of(const std::string& text) {
    const auto parsed = parse_override({"k=" + text, "override 1"});
    if (!parsed) return "refused";
    return parsed->value->kind == Element::Kind::sweep ? "sweep" : to_json(to_value(*parsed->value));
}

}  // namespace

TEST_CASE("scalars follow Hydra's grammar") {
    CHECK(value_of("007") == R"("007")");
    CHECK(value_of("yes") == R"("yes")");
    CHECK(value_of("1e-5") == "1e-05");
    CHECK(value_of("1_000") == "1000");
    CHECK(value_of("NULL") == "null");
    CHECK(value_of("-inf") == R"("-.inf")");
    CHECK(value_of("a b") == R"("a b")");
    CHECK(value_of(" a ") == R"("a")");
    CHECK(value_of("") == R"("")");
    CHECK(value_of("a:b") == R"("a:b")");
    CHECK(value_of("\\ a\\,b") == R"(" a,b")");
}

TEST_CASE("quotes keep what they hold and only backslashes before quotes escape") {
    CHECK(value_of("'it\\'s'") == R"("it's")");
    CHECK(value_of("'a\\nb'") == R"("a\\nb")");
    CHECK(value_of("'a\\\\'") == R"("a\\")");
    CHECK(value_of("\"a,b\"") == R"("a,b")");
}

TEST_CASE("lists and maps nest") {
    CHECK(value_of("[1, two words, 'three, quoted', [a], {b: c}]") ==
          R"([1,"two words","three, quoted",["a"],{"b":"c"}])");
    CHECK(value_of("{a:1,a:2,1:x}") == R"({"a":2,"1":"x"})");
    CHECK(value_of("[a") == "refused");
    CHECK(value_of("{'a':1}") == "refused");
    CHECK(value_of(std::string(100, '[') + std::string(100, ']')) == "refused");
}

TEST_CASE("casts are evaluated and sweeps are recognised") {
    CHECK(value_of("int('8')") == "8");
    CHECK(value_of("int(3.9)") == "3");
    CHECK(value_of("float([1,'2'])") == "[1.0,2.0]");
    CHECK(value_of("str({a:1.0})") == R"({"a":"1.0"})");
    CHECK(value_of("bool(TRUE)") == "true");
    CHECK(value_of("sort([3,1,2],reverse=true)") == "[3,2,1]");
    CHECK(value_of("bool(abc)") == "refused");
    CHECK(value_of("nope(1)") == "refused");
    CHECK(value_of("sort([a,1])") == "refused");
    for (const char* sweep :
         {"1,2", "choice(a,b)", "range(1,5)", "interval(0,1)", "glob(*)", "shuffle(a,b)", "tag(x,choice(1,2))"}) {
        INFO(sweep);
        CHECK(value_of(sweep) == "sweep");
    }
}

TEST_CASE("a prefix says what is done with the key") {
    CHECK(parse_override({"+a.b=1", ""})->type == ParsedOverride::Type::add);
    CHECK(parse_override({"++a.b=1", ""})->type == ParsedOverride::Type::force_add);
    CHECK_FALSE(parse_override({"~a.b", ""})->value);
    CHECK(parse_override({"db/sub@pkg.x=y", ""})->package == "pkg.x");
    CHECK_FALSE(parse_override({"a", ""}));
    CHECK_FALSE(parse_override({"", ""}));
    CHECK_FALSE(parse_override({"a.=1", ""}));
    CHECK_FALSE(parse_override({"a[0]=1", ""}));
}

TEST_CASE("a syntax error points at its character and says how to quote") {
    const auto parsed = parse_override({"run.name=a#b", "--recipe-set 2"});
    REQUIRE_FALSE(parsed);
    const Diagnostic& problem = parsed.error().front();
    CHECK(problem.code == "compose.override_syntax");
    CHECK(problem.source == Source{"--recipe-set 2", 0, 11, "run.name=a#b"});
    CHECK(problem.fix == "run.name='a#b'");
}

TEST_CASE("a key whose value follows a colon or a blank is shown with its equal sign") {
    const auto fix = [](const std::string& text) {
        const auto parsed = parse_override({text, ""});
        REQUIRE_FALSE(parsed);
        return parsed.error().front().fix;
    };
    CHECK(fix("trainer.num_nodes:4") == "trainer.num_nodes=4");
    CHECK(fix("trainer.num_nodes: 4") == "trainer.num_nodes=4");
    CHECK(fix("+trainer.num_nodes 4") == "+trainer.num_nodes=4");
    CHECK(fix("++a.b: [1, 2]") == "++a.b=[1, 2]");
    CHECK(fix("a:[") == "");
    CHECK(fix("a. 4") == "");
    CHECK(fix("4:4") == "");
    const Diagnostic problem = parse_override({"trainer.num_nodes:4", "override 1"}).error().front();
    CHECK(problem.message == "a key and its value are joined by `=`");
    CHECK(problem.source == Source{"override 1", 0, 18, "trainer.num_nodes:4"});
}

TEST_CASE("an argument of a function is given once, by its place or by its name") {
    CHECK(value_of("range(1,stop=2)") == "sweep");
    CHECK(value_of("range(1,2,start=3)") == "refused");
    CHECK(value_of("range(start=1,2)") == "refused");
    CHECK(value_of("range(1,2,3,4)") == "refused");
    CHECK(value_of("range(1,nowhere=2)") == "refused");
    CHECK(value_of("sort([2,1],reverse=true)") == "[2,1]");
}

TEST_CASE("casts take truth for a number, and numbers for truth") {
    CHECK(value_of("float(true)") == "1.0");
    CHECK(value_of("float(false)") == "0.0");
    CHECK(value_of("int(true)") == "1");
    CHECK(value_of("int(false)") == "0");
    CHECK(value_of("bool(0)") == "false");
    CHECK(value_of("bool(2)") == "true");
    CHECK(value_of("str(false)") == R"("false")");
}

TEST_CASE("an override is UTF-8, and the first byte that is not is pointed at") {
    const Diagnostic problem = parse_override({"a=\xc3\xa9\xff", "override 1"}).error().front();
    CHECK(problem.code == "compose.override_syntax");
    CHECK(problem.source.column == 4);
    CHECK(value_of("'\xc3\xa9'") == "\"\xc3\xa9\"");
}
