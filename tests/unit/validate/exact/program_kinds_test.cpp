// SPDX-License-Identifier: Apache-2.0
// The kinds and values of an entry script's own table, against every kind of value that a recipe may have.
#include "catch.hpp"
#include "config/yaml/yaml.hpp"
#include "validate/recipe_under_test.hpp"

#include <fmt/format.h>

namespace recipe::validate {
namespace {

/// What is said of `model.key` under a rule of the table: "code message | fix" of each.
std::vector<std::string> said(const std::string& rule, const std::string& value, const std::string& more = "",
                              const std::string& table = "moot: [run., trainer., model.]") {
    const std::string text = fmt::format("read: {{model.key: {}}}\n{}", rule, table);
    const config::Value keys = config::parse_yaml(text, "keys.yaml").value();
    const RecipeUnderTest recipe = llama().with(fmt::format("++recipes.model.key={} {}", value, more));
    std::vector<std::string> all;
    for (const Diagnostic& d : recipe.check(&keys).diagnostics)
        if (d.code.group() == "program")
            all.push_back(fmt::format("{}: {}{}{}", d.key, d.message, d.fix.empty() ? "" : " | ", d.fix));
    return all;
}

using Said = std::vector<std::string>;

struct Kind {
    const char* name;
    std::vector<std::string> taken;
};

const std::vector<std::string> samples{"true", "3", "2.5", "word", "'3'", "'2.5e1'", "'3x'", "''", "[1]", "{a:1}"};

}  // namespace

TEST_CASE("each kind of the script's table takes its own values, and floats take ints and texts of numbers") {
    for (const Kind& kind : {Kind{"bool", {"true"}},
                             {"int", {"3"}},
                             {"float", {"3", "2.5", "'3'", "'2.5e1'"}},
                             {"str", {"word", "'3'", "'2.5e1'", "'3x'", "''"}},
                             {"list", {"[1]"}},
                             {"unheard", {}}}) {
        for (const std::string& sample : samples) {
            INFO(kind.name << " of " << sample);
            const bool taken = std::ranges::find(kind.taken, sample) != kind.taken.end();
            // A section is looked into, and what it holds is another key.
            CHECK(said(fmt::format("{{kind: {}}}", kind.name), sample).empty() == taken);
        }
    }
    CHECK(said("{kind: int}", "word") ==
          Said{"model.key: model.key is a string `word`, but the entry script takes int only"});
    CHECK(said("{kind: int}", "null") == Said{"model.key: model.key is not set, and the entry script needs it"});
    CHECK(said("{kind: int, default: 1}", "null").empty());
    CHECK(said("{kind: int, default: null}", "null").empty());
}

TEST_CASE("a value is one of the script's as Python compares them, and null where the table says so") {
    for (const char* same : {"1", "1.0", "true"}) {
        INFO(same);
        CHECK(said("{one_of: [1]}", same).empty());
        CHECK(said("{one_of: [true]}", same).empty());
        CHECK(said("{one_of: [1.0]}", same).empty());
    }
    CHECK(said("{one_of: [0]}", "false").empty());
    CHECK(said("{one_of: [a]}", "a").empty());
    CHECK(said("{one_of: ['1']}", "1").size() == 1);
    CHECK(said("{one_of: [1]}", "'1'").size() == 1);
    CHECK(said("{one_of: [false]}", "true") ==
          Said{"model.key: model.key is True, but the entry script takes False only | --recipe-set=model.key=False"});
    CHECK(said("{one_of: [null], default: null}", "2") ==
          Said{"model.key: model.key is 2, but the entry script takes null only | --recipe-set=model.key=null"});
    CHECK(said("{one_of: [null, 1]}", "2") ==
          Said{"model.key: model.key is 2, but the entry script takes null, 1 only | --recipe-set=model.key=1"});
    CHECK(said("{one_of: [a, a]}", "b") ==
          Said{"model.key: model.key is b, but the entry script takes a only | --recipe-set=model.key=a"});
    CHECK(said("{one_of: [], default: null}", "b") ==
          Said{"model.key: model.key is b, but the entry script takes  only | --recipe-set=model.key=null"});
}

TEST_CASE("of the script's values the one is meant that begins alike, or is nearest") {
    const auto meant = [](const std::string& values, const std::string& given) {
        const Said all = said(fmt::format("{{one_of: [{}]}}", values), given);
        REQUIRE(all.size() == 1);
        const std::size_t at = all.front().find(" | --recipe-set=model.key=");
        return at == std::string::npos ? std::string() : all.front().substr(at + 26);
    };
    CHECK(meant("full_shard, no_shard", "full") == "full_shard");
    CHECK(meant("full_shard, no_shard", "FULL") == "full_shard");
    CHECK(meant("full, none", "full_shard") == "full");
    CHECK(meant("full_a, full_b", "full") == "");  // either
    CHECK(meant("fused, foreach", "fusde") == "fused");
    CHECK(meant("fused, foreach", "xyz") == "");
}

TEST_CASE("a bound of the script's is for numbers, and is itself not taken") {
    CHECK(said("{above: 0}", "1").empty());
    CHECK(said("{above: 0}", "0.001").empty());
    CHECK(said("{above: 0}", "word").empty());
    CHECK(said("{above: word}", "-1").empty());
    CHECK(said("{above: 0}", "0") == Said{"model.key: model.key is 0, but the entry script takes what is above 0"});
    CHECK(said("{above: 0}", "-0.5") ==
          Said{"model.key: model.key is -0.5, but the entry script takes what is above 0"});
}

TEST_CASE("what the script splits is a multiple of each number that it splits by") {
    const auto says = [](const std::string& value, const std::string& whole) {
        return !said("{divides: [model.whole]}", value, "++recipes.model.whole=" + whole,
                     "moot: [run., trainer., model.]")
                    .empty();
    };
    CHECK(says("3", "8"));
    CHECK_FALSE(says("4", "8"));
    CHECK_FALSE(says("1", "8"));
    CHECK_FALSE(says("0", "8"));
    CHECK_FALSE(says("-3", "8"));
    CHECK_FALSE(says("x", "8"));
    CHECK_FALSE(says("3", "x"));
    CHECK_FALSE(says("3", "null"));
}

TEST_CASE("what asks for nothing is not called unknown") {
    const auto unknown = [](const std::string& value) {
        return said("{default: 1}", "1", "++recipes.model.odd=" + value,
                    "moot: [run., trainer., model.t, model.e, model.c, model.s, model.f, model.n, model.p, model.d]");
    };
    for (const char* nothing : {"null", "false", "0", "0.0", "''", "[]", "{}"}) {
        INFO(nothing);
        CHECK(unknown(nothing).empty());
    }
    for (const char* something : {"true", "1", "-1", "0.5", "'0'", "[0]"}) {
        INFO(something);
        CHECK(unknown(something).size() == 1);
    }
    const Said none =
        said("{default: 1}", "1", "++recipes.model.other_words.deep=1",
             "moot: [run., trainer., model.t, model.e, model.c, model.s, model.f, model.n, model.p, model.d]");
    CHECK(none == Said{"model.other_words.deep: the entry script does not know model.other_words.deep; remove it"});
    CHECK(unknown("1") == Said{"model.odd: the entry script does not know model.odd; did you mean `model.key`?"});
}

TEST_CASE("a key of the root is told from the recipe's own, with a fix for what is one word") {
    const auto misplaced = [](const std::string& addition) {
        const Said all = said("{default: 1}", "1", "++recipes." + addition);
        return all.empty() ? std::string() : all.front();
    };
    const std::string why =
        " stands in the recipe, where nobody reads it: its place is at the root of the configuration, beside the "
        "recipe";
    for (const char* section :
         {"base_results_dir", "cluster", "container", "env_vars", "git", "instance_type", "launch"}) {
        INFO(section);
        const std::string key = section;
        CHECK(misplaced(key + ".a=x").contains("recipes." + key + ".a --recipe-set=++" + key + ".a=x"));
        CHECK(misplaced(key + ".a=x").contains(key + ".a" + why));
    }
    CHECK(misplaced("cluster.a=[1]").ends_with(why));
    CHECK(misplaced("clusters.a=1").contains("does not know clusters.a"));
}

}  // namespace recipe::validate
