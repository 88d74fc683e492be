// SPDX-License-Identifier: Apache-2.0
// What an override does to a configuration, and in which words it is refused; expected results are Hydra's.
#include "../collection_fixture.hpp"
#include "catch.hpp"

#include <fmt/format.h>

using namespace recipe;
using namespace recipe::config;

namespace {

class Composed {
public:
    Composed() {
        collection_.write("config.yaml",
                          "defaults: [_self_, {recipes: r}]\nroot: {first: 1}\nitems: [1, {a: 2}]\nboth: 1\n");
        collection_.write("recipes/r.yaml",
                          "m: {a: 1, b: {c: 2}}\nn: null\ns: text\nt: ${.m}\nq: '\?\?\?'\ni: ${.n}\nlist: [1, [2]]\n"
                          "both: 2\nbad: ${.nowhere}\n");
    }
    [[nodiscard]] Expected<Resolved> with(const std::string& override) const {
        return compose_unresolved(collection_.request("", {override}));
    }
    /// A part of the configuration, or the code of the first problem.
    [[nodiscard]] std::string json(const std::string& override, const std::string& key) const {
        const auto resolved = with(override);
        if (!resolved) return resolved.error().front().message;
        const Value* value = resolved->root.at(key);
        return value == nullptr ? "(none)" : to_json(*value);
    }
    [[nodiscard]] Diagnostic refusal(const std::string& override) const {
        const auto resolved = with(override);
        REQUIRE_FALSE(resolved);
        REQUIRE(resolved.error().size() == 1);
        CHECK(resolved.error().front().source.name == "override 1");
        return resolved.error().front();
    }

private:
    CollectionFixture collection_;
};

struct Refused {
    std::string override;
    std::string code;
    int column;
    std::string message;
    std::string fix = "";
};

void check(const std::vector<Refused>& cases) {
    const Composed composed;
    for (const auto& [override, code, column, message, fix] : cases) {
        INFO(override);
        const Diagnostic problem = composed.refusal(override);
        CHECK(problem.code == code);
        CHECK(problem.source.column == column);
        CHECK(problem.message == message);
        CHECK(problem.fix == fix);
    }
}

}  // namespace

TEST_CASE("a key that is not there is refused, and added where its section is there") {
    check({
        {"m.zzzz=1", "compose.unknown_key", 1, "`m.zzzz`: no such key", "--recipe-set=+m.zzzz=1"},
        {"recipes.m.zzzz=1", "compose.unknown_key", 1, "`recipes.m.zzzz`: no such key",
         "--recipe-set=+recipes.m.zzzz=1"},
        {"zzzz=1", "compose.unknown_key", 1, "`zzzz`: no such key"},
        {"s.zzzz=1", "compose.unknown_key", 1, "`s.zzzz`: no such key"},
        {"nowhere.zzzz=1", "compose.unknown_key", 1, "`nowhere.zzzz`: no such key"},
        {"items.2=1", "compose.unknown_key", 1, "`items.2`: no such key"},
        {"root.frist=2", "compose.unknown_key", 1, "`root.frist`: no such key; did you mean `root.first`?",
         "--recipe-set=root.first=2"},
        {"~m.zzzz", "compose.unknown_key", 2, "`m.zzzz`: no such key"},
        {"m={zzzz:1,a:5}", "compose.unknown_key", 3, "`recipes.m.zzzz`: no such key", "--recipe-set='+m={zzzz:1,a:5}'"},
        {"g@p=1", "compose.unknown_key", 1,
         "`g@p` looks like the choice of a configuration, but there is no group `g`"},
    });
}

TEST_CASE("what is set goes to the root, and where that has no such key to the recipe") {
    const Composed composed;
    CHECK(composed.json("both=9", "both") == "9");
    CHECK(composed.json("both=9", "recipes.both") == "2");
    CHECK(composed.json("recipes.both=9", "recipes.both") == "9");
    CHECK(composed.json("m.b.c=9", "recipes.m") == R"({"a":1,"b":{"c":9}})");
    CHECK(composed.json("items.1.a=9", "items") == R"([1,{"a":9}])");
    CHECK(composed.json("list.1.0=9", "recipes.list") == "[1,[9]]");
    CHECK(composed.json("n=9", "recipes.n") == "9");
    CHECK(composed.json("m=null", "recipes.m") == "null");
    CHECK(composed.json("m={b:{c:3}}", "recipes.m") == R"({"a":1,"b":{"c":3}})");
    CHECK(composed.json("m={a:{x:1}}", "recipes.m.a") == R"({"x":1})");
    CHECK(composed.json("s=[1]", "recipes.s") == "[1]");
    CHECK(composed.json("list=[]", "recipes.list") == "[]");
}

TEST_CASE("what is added fills a gap, joins a map, or makes the maps on its way") {
    const Composed composed;
    CHECK(composed.json("+n=3", "recipes.n") == "3");
    CHECK(composed.json("+q=3", "recipes.q") == "3");
    CHECK(composed.json("+i=3", "recipes.i") == "3");
    CHECK(composed.json("+new=3", "new") == "3");
    CHECK(composed.json("+new.a.b=1", "new") == R"({"a":{"b":1}})");
    CHECK(composed.json("+m.b.d.e=1", "recipes.m.b") == R"({"c":2,"d":{"e":1}})");
    CHECK(composed.json("+m={z:5}", "recipes.m") == R"({"a":1,"b":{"c":2},"z":5})");
    CHECK(composed.json("+m={}", "recipes.m") == R"({"a":1,"b":{"c":2}})");
    CHECK(composed.json("+s.a=1", "s") == R"({"a":1})");
    CHECK(composed.json("+m.a.x=1", "recipes.m.a") == R"({"x":1})");
    CHECK(composed.json("+items.1.b=3", "items") == R"([1,{"a":2,"b":3}])");
    CHECK(composed.json("++m.a=2", "recipes.m.a") == "2");
    CHECK(composed.json("++new=2", "new") == "2");
    check({
        {"+m.a=2", "compose.key_exists", 2, "`m.a` exists already; without `+` it is set", "--recipe-set=m.a=2"},
        {"+m.a=null", "compose.key_exists", 2, "`m.a` exists already; without `+` it is set", "--recipe-set=m.a=null"},
        {"+t=3", "compose.key_exists", 2, "`t` exists already; without `+` it is set", "--recipe-set=t=3"},
        {"+items.5=1", "compose.unknown_key", 2,
         "the list before `5` has 2 items; a list cannot be made longer, give it whole"},
        {"+items.5.a=1", "compose.unknown_key", 2,
         "the list before `5` has 2 items; a list cannot be made longer, give it whole"},
        {"+list.1.7=1", "compose.unknown_key", 2,
         "the list before `7` has 1 items; a list cannot be made longer, give it whole"},
    });
    CHECK(composed.refusal("+bad=1").message.starts_with("what `recipes.bad` holds now cannot be resolved: "));
}

TEST_CASE("what is taken out is there, and holds what it is said to hold") {
    const Composed composed;
    for (const char* override : {"~m.a", "~m.a=1", "~m.a=1.0", "~m.a=true", "~m.a=null"}) {
        INFO(override);
        CHECK(composed.json(override, "recipes.m") == R"({"b":{"c":2}})");
    }
    for (const char* override : {"~m", "~m={a:1,b:{c:2}}", "~m={b:{c:2.0},a:1}"}) {
        INFO(override);
        CHECK(composed.json(override, "recipes.m") == "(none)");
    }
    CHECK(composed.json("~list=[1,[2]]", "recipes.list") == "(none)");
    CHECK(composed.json("~s=text", "recipes.s") == "(none)");
    CHECK(composed.json("~t", "recipes.t") == "(none)");
    CHECK(composed.json("~recipes.t.a", "recipes.m") == R"({"b":{"c":2}})");
    CHECK(composed.json("~both", "both") == "(none)");
    CHECK(composed.json("~both", "recipes.both") == "2");
    check({
        {"~m.a=2", "compose.type", 6, "`m.a` is 1, not 2, so it stays", "--recipe-set='~m.a'"},
        {"~m.a=1.5", "compose.type", 6, "`m.a` is 1, not 1.5, so it stays", "--recipe-set='~m.a'"},
        {"~m.a=false", "compose.type", 6, "`m.a` is 1, not False, so it stays", "--recipe-set='~m.a'"},
        {"~s=other", "compose.type", 4, "`s` is text, not other, so it stays", "--recipe-set='~s'"},
        {"~m={a:1}", "compose.type", 4, "`m` is {'a': 1, 'b': {'c': 2}}, not {'a': 1}, so it stays",
         "--recipe-set='~m'"},
        {"~m.b={d:2}", "compose.type", 6, "`m.b` is {'c': 2}, not {'d': 2}, so it stays", "--recipe-set='~m.b'"},
        {"~list=[1]", "compose.type", 7, "`list` is [1, [2]], not [1], so it stays", "--recipe-set='~list'"},
        {"~list=[1,[3]]", "compose.type", 7, "`list` is [1, [2]], not [1, [3]], so it stays", "--recipe-set='~list'"},
        {"~list.0", "compose.type", 2, "`list.0` is an item of a list; give the list without it"},
        {"~n", "compose.unknown_key", 2, "`n` holds nothing, so there is nothing to take out"},
        {"~q", "compose.unknown_key", 2, "`q` holds nothing, so there is nothing to take out"},
        {"~i", "compose.unknown_key", 2, "`i` holds nothing, so there is nothing to take out"},
    });
    CHECK(composed.refusal("~bad").message.starts_with("what `recipes.bad` holds cannot be resolved: "));
}

TEST_CASE("a value that fits nowhere is refused at the value") {
    check({
        {"m=[1]", "compose.type", 3, "`recipes.m`: a list cannot be merged into a map"},
        {"list={a:1}", "compose.type", 6, "`recipes.list`: a map cannot be merged into a list"},
        {"m={b:[1]}", "compose.type", 3, "`recipes.m.b`: a list cannot be merged into a map"},
        {"+m={null:1}", "compose.type", 4, "null cannot be a key"},
        {"s=[{a:{null:1}}]", "compose.type", 3, "null cannot be a key"},
    });
    const Composed composed;
    const Diagnostic problem = composed.refusal("s='x${'");
    CHECK(problem.code == "compose.interpolation");
    CHECK(problem.source.column == 3);
    CHECK(problem.message.starts_with("`x${`: this is no valid interpolation, at character 4: "));
    CHECK(composed.with("s=['${',{a:'${}'}]").error().size() == 2);
}

TEST_CASE("a key has a bounded number of steps") {
    const Composed composed;
    std::string key = "new";
    for (int i = 1; i < 64; ++i) key += ".a";
    CHECK(composed.json("+" + key + "=5", key) == "5");
    const Diagnostic problem = composed.refusal("+" + key + ".a=5");
    CHECK(problem.code == "compose.too_large");
    CHECK(problem.message == "a key has at most 64 steps");
}

TEST_CASE("Hydra's own keys are taken without effect, and what is none of them is not") {
    const Composed composed;
    for (const char* override : {"hydra.run.dir=x", "hydra.job.env_set.X=1", "hydra.verbose=true", "+hydra.mode=RUN",
                                 "hydra.job_logging.root.level=INFO", "hydra.job.config.override_dirname.kv_sep=x",
                                 "hydra.runtime.choices.db=x", "hydra.run={dir:x}"}) {
        INFO(override);
        const auto resolved = composed.with(override);
        REQUIRE(resolved);
        REQUIRE(resolved->overrides.size() == 1);
        CHECK(resolved->overrides.front().key.starts_with("hydra."));
        CHECK(resolved->root.find("hydra") == nullptr);
    }
    check({
        {"hydra.zzzzzz=1", "compose.unknown_key", 1, "`hydra.zzzzzz`: Hydra has no such key"},
        {"hydra.run.dirr=x", "compose.unknown_key", 1,
         "`hydra.run.dirr`: Hydra has no such key; did you mean `hydra.run.dir`?"},
        {"hydra.run.dir.x=x", "compose.unknown_key", 1,
         "`hydra.run.dir.x`: Hydra has no such key; did you mean `hydra.run.dir`?"},
        {"hydra.job_loggin=x", "compose.unknown_key", 1,
         "`hydra.job_loggin`: Hydra has no such key; did you mean `hydra.job_logging`?"},
        {"hydra.verbos=x", "compose.unknown_key", 1,
         "`hydra.verbos`: Hydra has no such key; did you mean `hydra.verbose`?"},
    });
}
