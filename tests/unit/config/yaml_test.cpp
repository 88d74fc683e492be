#include "catch.hpp"
#include "collection_fixture.hpp"

#include <sys/stat.h>

using namespace recipe;
using namespace recipe::config;

namespace {

std::string json_of(const std::string& text) {
    const auto value = parse_yaml(text, "test.yaml");
    return value ? to_json(*value) : value.error().front().code;
}

Diagnostic problem_of(const std::string& text) {
    const auto value = parse_yaml(text, "test.yaml");
    return value ? Diagnostic{} : value.error().front();
}

}  // namespace

TEST_CASE("scalars follow OmegaConf's loader, not YAML 1.1 alone") {
    CHECK(json_of("[1e-5, 12:00:00, 01:30:00, -.5, .5, 2024-01-01, yes, y, 007, 08, 0x1F, 1_000, ~, '', +.inf]") ==
          R"([1e-05,43200,"01:30:00","-.5",0.5,"2024-01-01",true,"y",7,"08",31,1000,null,"",".inf"])");
    CHECK(json_of("[!!str 5, !!int '7', !!float 3, ! x, \"1\"]") == R"(["5",7,3.0,"x","1"])");
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
    for (const char* text : {"a: \"x\n", "a: b\tc\n", "\ta: 1\n", "a: b: c\n", "a: !x 1\n", "a: <<\n", "~: 1\n", "[a]: 1\n", "a: &x [*x]\n",
                             "a: *nope\n", "a: 1\n--- \nb: 2\n", "a: &x 1\nb: &x 2\n", "a: [1\n", "a: !!int x\n", "a: \x01\n", "<<: 5\n"}) {
        INFO(text);
        CHECK(problem_of(text).code == "compose.yaml");
    }
    CHECK(json_of("a: 'x\ty' # c\td\n") == R"({"a":"x\ty"})");
    CHECK(json_of("a: |\n  x\ty\nb: 1\n") == R"({"a":"x\ty\n","b":1})");
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
