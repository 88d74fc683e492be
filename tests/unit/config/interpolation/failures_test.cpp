// SPDX-License-Identifier: Apache-2.0
// What is said of interpolations that lead nowhere, and the ways to ask for one value.
#include "catch.hpp"
#include "config/config.hpp"
#include "config/interpolation/resolver.hpp"
#include "config/interpolation/special_value.hpp"

using namespace recipe;
using namespace recipe::config;

namespace {

Diagnostics problems_of(std::string_view yaml) {
    const Value root = *parse_yaml(yaml, "test.yaml");
    Diagnostics notes;
    const auto resolved = Resolver(root, {.hydra = {}}).resolve_all(notes);
    REQUIRE_FALSE(resolved);
    return resolved.error();
}

/// `depth` interpolations in one another.
std::string nested(std::size_t depth) {
    std::string text = "a";
    for (std::size_t i = 0; i < depth; ++i) text = "${" + text + "}";
    return text;
}

std::string joined(const std::vector<std::string_view>& parts) {
    std::string text;
    for (const std::string_view part : parts) text += '<' + std::string(part) + '>';
    return text;
}

}  // namespace

TEST_CASE("a key is split at dots and brackets as OmegaConf splits it") {
    struct Case {
        std::string_view key;
        std::string_view parts;
    };
    const Case cases[] = {
        {"a", "<a>"},
        {"a.b", "<a><b>"},
        {"a[b]", "<a><b>"},
        {"a.b[0].c", "<a><b><0><c>"},
        {"[a]", "<a>"},
        {"[a].b", "<a><b>"},
        {"[a][b]", "<a><b>"},
        {"a[b][c].d.e", "<a><b><c><d><e>"},
        {".a", "<><a>"},
        {"a.", "<a><>"},
        {"a..b", "<a><><b>"},
        {"a.b.", "<a><b><>"},
        {"a[0]b", "<a><0>"},
        {"a[0]b.c", "<a><0><c>"},
        {"a[", "<a>"},
        {"a[b", "<a>"},
        {"a[b.c", "<a><c>"},
        {"a]b", "<a]b>"},
        {"a[b]]c", "<a><b>"},
        {"a[b[c]", "<a><b[c>"},
        {"a[]", "<a><>"},
        {"[]", "<>"},
        {"[", ""},
        {"[a", ""},
        {"[a]b[c]", "<a><c>"},
        {"a.[b]", "<a><><b>"},
        {"a[b]c[d]e.f", "<a><b><d><f>"},
        {"[0]", "<0>"},
        {"long.name[12].x", "<long><name><12><x>"},
    };
    for (const auto& [key, parts] : cases) {
        INFO(key);
        CHECK(joined(split_key(key)) == parts);
    }
}

TEST_CASE("an interpolation that leads nowhere says which step is missing, and what is there instead") {
    struct Case {
        std::string_view yaml;
        std::string_view message;
        std::string_view fix;
    };
    const Case cases[] = {
        {"{v: '${nope}', apple: 1}", "`${nope}`: no such key: `the configuration` has no `nope`", ""},
        {"{v: '${aple}', apple: 1}", "`${aple}`: no such key: `the configuration` has no `aple`; did you mean `apple`?",
         "${apple}"},
        {"{v: '${m.aple}', m: {apple: 1}}", "`${m.aple}`: no such key: `m` has no `aple`; did you mean `apple`?",
         "${m.apple}"},
        {"{v: '${m.x.aple}', m: {x: {apple: 1}}}",
         "`${m.x.aple}`: no such key: `m.x` has no `aple`; did you mean `apple`?", "${m.x.apple}"},
        {"{v: '${l.3}', l: [1, 2]}", "`${l.3}`: the list `l` has 2 items", ""},
        {"{v: '${m.l[2]}', m: {l: [1, 2]}}", "`${m.l[2]}`: the list `m.l` has 2 items", ""},
        {"{m: {v: '${.aple}', apple: 1}}", "`${.aple}`: no such key: `m` has no `aple`; did you mean `apple`?",
         "${.apple}"},
        {"{m: {v: '${..aple}'}, apple: 1}",
         "`${..aple}`: no such key: `the configuration` has no `aple`; did you mean `apple`?", "${..apple}"},
        {"{v: 'x ${r.aple} y', r: '${m}', m: {apple: 1}}",
         "`${r.aple}`: no such key: `m` has no `aple`; did you mean `apple`?", "${r.apple}"},
        {"{v: '${a.b}', recipes: {a: {b: 1}}}",
         "`${a.b}`: no such key: `the configuration` has no `a`; the recipe's own is `recipes.a.b`", "${recipes.a.b}"},
        {"{recipes: {v: 'x${oc.decode:${a.b}}', a: {b: 1}}}",
         "`${a.b}`: no such key: `the configuration` has no `a`; the recipe's own is `recipes.a.b`", "${recipes.a.b}"},
        {"{v: '${a.b}', a: 1}", "`a` is an int and holds no `b`", ""},
        {"{v: '${m.a.b.c}', m: {a: x}}", "`m.a` is a string and holds no `b`", ""},
        {"{v: '${l.x}', l: [1]}", "`x` is no index into the list `l`", ""},
        {"{v: '${...a}', a: 1}", "more dots than there are levels above", ""},
        {"{v: '${oc.env:RECIPE_NONE}'}", "the environment variable `RECIPE_NONE` is not set",
         "${oc.env:RECIPE_NONE,DEFAULT}"},
        {"{v: '${multiply:a,b}'}", "cannot multiply a string and a string", ""},
        {"{v: '${divide_floor:a,[1]}'}", "cannot divide a string and a list", ""},
        {"{v: '${multiply:1}'}", "multiply takes 2 arguments, not 1", ""},
        {"{v: '${oc.decode:a,b}'}", "oc.decode takes 1 argument, not 2", ""},
        {"{v: '${oc.env:a,b,c}'}", "oc.env takes 1 or 2 arguments, not 3", ""},
        {"{v: '${multply:1,2}'}", "there is no resolver `multply`; did you mean `multiply`?", ""},
        {"{v: '${zzzzzz:1}'}", "there is no resolver `zzzzzz`", ""},
        {"{v: '${oc.dict.keys:a}', a: 1}", "`a` is an int, not a map", ""},
        {"{v: '${oc.create:5}'}", "expects a map, a list or YAML, not an int", ""},
        {"{v: '${oc.decode:5}'}", "expects a string or null, not an int", ""},
        {"{v: '${v}'}", "a cycle: `v` -> `v`", ""},
        {"{v: '${w}', w: '${x}', x: '${v}'}", "a cycle: `v` -> `w` -> `x` -> `v`", ""},
    };
    for (const auto& [yaml, message, fix] : cases) {
        INFO(yaml);
        const Diagnostics problems = problems_of(yaml);
        REQUIRE_FALSE(problems.empty());
        CHECK(problems.front().message.contains(message));
        CHECK(problems.front().fix == fix);
    }
}

TEST_CASE("a problem stands where its interpolation begins") {
    const Diagnostics first = problems_of("a: x ${nope} y\n");
    CHECK(to_string(first.front().source) == "test.yaml:1:6");
    const Diagnostics second = problems_of("a: 1\nb: {c: 'x', d: '${a}${nope}'}\n");
    CHECK(to_string(second.front().source) == "test.yaml:2:21");
    CHECK(second.front().key == "b.d");
    const Diagnostics repeated = problems_of("${nope}: '${nope}'\n");
    CHECK(to_string(repeated.front().source) == "test.yaml:1:11");
}

TEST_CASE("a problem is told once, with some of the keys that need it") {
    const auto with = [](int count) {
        std::string yaml = "bad: ${nope}\n";
        for (int i = 1; i <= count; ++i) yaml += "k" + std::to_string(i) + ": ${bad}\n";
        const Diagnostics problems = problems_of(yaml);
        REQUIRE(problems.size() == 1);
        CHECK(problems.front().key == "bad");
        const std::size_t needed = problems.front().message.find("; needed by ");
        return needed == std::string::npos ? std::string() : problems.front().message.substr(needed);
    };
    CHECK(with(0).empty());
    CHECK(with(1) == "; needed by `k1`");
    CHECK(with(3) == "; needed by `k1`, `k2`, `k3`");
    CHECK(with(4) == "; needed by `k1`, `k2`, `k3` and 1 more");
    CHECK(with(12) == "; needed by `k1`, `k2`, `k3` and 9 more");
}

TEST_CASE("of very many problems some are told, and how many more there are") {
    const auto with = [](int count) {
        std::string yaml;
        for (int i = 0; i < count; ++i) yaml += "k" + std::to_string(i) + ": ${nope}\n";
        return problems_of(yaml);
    };
    CHECK(with(50).size() == 50);
    CHECK_FALSE(with(50).back().message.contains("problems more"));
    CHECK(with(51).size() == 50);
    CHECK(with(51).back().message.ends_with(" (and 1 problems more)"));
    CHECK(with(60).back().message.ends_with(" (and 10 problems more)"));
}

TEST_CASE("interpolations may stand in one another to a depth, and no deeper") {
    CHECK(interpolation::parse_text(nested(64)));
    CHECK_FALSE(interpolation::parse_text(nested(65)));
    std::string list = "1";
    for (int i = 0; i < 60; ++i) list = "[" + list + "]";
    CHECK(interpolation::parse_element(list));
    for (int i = 0; i < 10; ++i) list = "[" + list + "]";
    CHECK_FALSE(interpolation::parse_element(list));
}

TEST_CASE("invalid interpolations are found wherever they stand, with the character at fault") {
    const Value root = *parse_yaml("{a: '${', b: {c: ['x${}', '${ok}'], d: '\\${'}, e: [[['${a']]]}", "test.yaml");
    const auto invalid = find_invalid_interpolations(root);
    REQUIRE(invalid.size() == 3);
    CHECK(*invalid[0].value->as_string() == "${");
    CHECK(*invalid[1].value->as_string() == "x${}");
    CHECK(*invalid[2].value->as_string() == "${a");
    CHECK(describe(invalid[1].error).starts_with("this is no valid interpolation, at character 4: "));
    CHECK(find_invalid_interpolations(*parse_yaml("{a: ['${b}'], c: $}", "test.yaml")).empty());
}

TEST_CASE("one value is selected through interpolations, if it is there") {
    const Value root = *parse_yaml(
        "{a: {b: [1, {c: x}]}, r: '${a}', s: '${a.b[1]}', t: '${s.c}', m: '\?\?\?', n: null, bad: '${nope}', "
        "made: '${oc.create:{k: 1}}', sum: '${multiply:2,3}'}",
        "test.yaml");
    const auto value = [&](std::string_view path) {
        auto found = Resolver(root, {.hydra = {}}).select_value(path);
        return !found ? "failure" : !*found ? "none" : to_json(**found);
    };
    CHECK(value("a.b") == R"([1,{"c":"x"}])");
    CHECK(value("r.b[1].c") == R"("x")");
    CHECK(value("t") == R"("x")");
    CHECK(value("n") == "null");
    CHECK(value("m") == "none");
    CHECK(value("nope") == "none");
    CHECK(value("t.x") == "none");
    CHECK(value("n.x") == "none");
    CHECK(value("bad") == "failure");
    CHECK(value("bad.x") == "failure");
    CHECK(value("made.k") == "1");
    CHECK(value("sum") == "6");

    const auto container = [&](std::string_view path) {
        const auto found = Resolver(root, {.hydra = {}}).select_container(path);
        return found ? to_json(*found) : "none";
    };
    CHECK(container("r") == R"({"b":[1,{"c":"x"}]})");
    CHECK(container("s") == R"({"c":"x"})");
    CHECK(container("r.b") == R"([1,{"c":"x"}])");
    for (const char* none : {"t", "n", "m", "nope", "bad", "sum", "a.b.0"}) CHECK(container(none) == "none");

    const auto path = [&](std::string_view from) {
        return Resolver(root, {.hydra = {}}).select_path(from).value_or("none");
    };
    CHECK(path("r") == "a");
    CHECK(path("s") == "a.b[1]");
    CHECK(path("s.c") == "a.b[1].c");
    CHECK(path("a.b.0") == "a.b[0]");
    for (const char* none : {"nope", "bad", "made", "sum", "t.x"}) CHECK(path(none) == "none");
}

TEST_CASE("training stands for recipes where it is asked for, and there alone") {
    const Value root = *parse_yaml("{recipes: {a: 1}, v: '${training.a}'}", "test.yaml");
    Diagnostics notes;
    const auto resolved = Resolver(root, {.hydra = {}, .alias_training = true}).resolve_all(notes);
    REQUIRE(resolved);
    CHECK(to_json(*resolved) == R"({"recipes":{"a":1},"v":1,"training":{"a":1}})");
    CHECK_FALSE(Resolver(root, {.hydra = {}}).resolve_all(notes));
    const Value plain = *parse_yaml("{recipes: {a: 1}}", "test.yaml");
    CHECK(to_json(*Resolver(plain, {.hydra = {}}).resolve_all(notes)) == R"({"recipes":{"a":1}})");
    const Value none = *parse_yaml("{b: 1, v: '${training}'}", "test.yaml");
    CHECK_FALSE(Resolver(none, {.hydra = {}, .alias_training = true}).resolve_all(notes));
}

TEST_CASE("the use of a deprecated key is noted with its place") {
    const Value root = *parse_yaml("a: 1\nm: {old: '${oc.deprecated:a}'}\n", "test.yaml");
    Diagnostics notes;
    REQUIRE(Resolver(root, {.hydra = {}}).resolve_all(notes));
    REQUIRE(notes.size() == 1);
    CHECK(notes.front().code == "compose.deprecated");
    CHECK(notes.front().key == "m.old");
    CHECK(to_string(notes.front().source) == "test.yaml:2:10");
    CHECK(notes.front().message == "deprecated; use `a` instead");
}
