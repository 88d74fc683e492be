// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "config/config.hpp"
#include "recipe_under_test.hpp"

#include <fmt/format.h>

using namespace recipe;
using namespace recipe::validate;

namespace {

config::Value yaml(std::string_view text) {
    auto value = config::parse_yaml(text, "keys.yaml");
    REQUIRE(value);
    return *value;
}

Diagnostics judged(const RecipeUnderTest& recipe, std::string_view keys) {
    const config::Value value = yaml(keys);
    Diagnostics found;
    for (Diagnostic& diagnostic : recipe.check(&value).diagnostics)
        if (diagnostic.code.group() == "program") found.push_back(std::move(diagnostic));
    return found;
}

/// A table that takes the whole recipe but for what a test says.
std::string table(const std::string& read) {
    return "read: {" + read + "}\nmoot: [run., trainer., model.]\n";
}

}  // namespace

TEST_CASE("what the entry script says that it does not do is refused with what it does") {
    const auto found = judged(llama().with("model.context_parallel_degree=2"),
                              table("model.context_parallel_degree: {one_of: [1], default: 1}"));
    REQUIRE(found.size() == 1);
    CHECK(found[0].code == "program.unsupported");
    CHECK(found[0].severity == Severity::error);
    CHECK(found[0].key == "model.context_parallel_degree");
    CHECK(found[0].message == "model.context_parallel_degree is 2, but the entry script takes 1 only");
    CHECK(found[0].fix == "--recipe-set=model.context_parallel_degree=1");
}

TEST_CASE("of several values the one that was meant is the fix, and none where that is not clear") {
    const std::string accelerators = table("trainer.accelerator: {one_of: [cpu, gpu]}");
    REQUIRE(judged(llama().with("trainer.accelerator=cuda"), accelerators).size() == 1);
    CHECK(judged(llama().with("trainer.accelerator=cuda"), accelerators)[0].fix.empty());
    const std::string strategies = table("model.sharding_strategy: {one_of: [no_shard, full_shard, hybrid_shard]}");
    const auto misspelt = judged(llama().with("model.sharding_strategy=no_shards"), strategies);
    REQUIRE(misspelt.size() == 1);
    CHECK(misspelt[0].fix == "--recipe-set=model.sharding_strategy=no_shard");
}

TEST_CASE("kinds and bounds are held as the entry script holds them") {
    const std::string keys =
        table("model.layers: {kind: int, above: 0}, model.rate: {kind: float}, model.on: {kind: bool, default: false}");
    CHECK(judged(llama().with("++recipes.model.layers=3 ++recipes.model.rate='1e-05'"), keys).empty());
    CHECK(judged(llama().with("++recipes.model.layers=3 ++recipes.model.rate=1"), keys).empty());
    CHECK(judged(llama().with("++recipes.model.layers=0 ++recipes.model.rate=1"), keys).size() == 1);
    CHECK(judged(llama().with("++recipes.model.layers=2.5 ++recipes.model.rate=1"), keys).size() == 1);
    CHECK(judged(llama().with("++recipes.model.layers=2 ++recipes.model.rate=fast"), keys).size() == 1);
    CHECK(judged(llama().with("++recipes.model.layers=2 ++recipes.model.rate=1 ++recipes.model.on=1"), keys).size() ==
          1);
}

TEST_CASE("a number that does not divide what the entry script splits by it is refused with both") {
    const std::string keys = table(
        "model.layers: {kind: int, above: 0, divides: [model.width, model.depth]}, "
        "model.width: {kind: int}, model.depth: {kind: int, default: 1}");
    CHECK(judged(llama().with("++recipes.model.layers=3 ++recipes.model.width=9"), keys).empty());
    CHECK(judged(llama().with("++recipes.model.layers=3 ++recipes.model.width=9 ++recipes.model.depth=12"), keys)
              .empty());
    const auto found =
        judged(llama().with("++recipes.model.layers=3 ++recipes.model.width=9 ++recipes.model.depth=10"), keys);
    REQUIRE(found.size() == 1);
    CHECK(found[0].code == "program.unsupported");
    CHECK(found[0].key == "model.layers");
    CHECK(found[0].message == "model.layers is 3, but the entry script takes what divides model.depth 10");
    for (const std::string_view layers : {"0", "-3"}) {
        const auto bounded =
            judged(llama().with(fmt::format("++recipes.model.layers={} ++recipes.model.width=9", layers)), keys);
        REQUIRE(bounded.size() == 1);
        CHECK(bounded[0].message.ends_with("but the entry script takes what is above 0"));
    }
}

TEST_CASE("of heads that the tensor-parallel degree does not divide the layout's rule alone speaks") {
    const std::string keys = table(
        "model.tensor_model_parallel_degree: {kind: int, default: 1, divides: [model.num_key_value_heads, "
        "model.vocab_size]}, model.num_key_value_heads: {kind: int, default: 1}, "
        "model.vocab_size: {kind: int, default: 1}");
    CHECK(judged(llama().with("model.tensor_model_parallel_degree=8 model.num_key_value_heads=4"), keys).empty());
    CHECK(judged(llama().with("model.tensor_model_parallel_degree=8 ++recipes.model.vocab_size=100"), keys).size() ==
          1);
}

TEST_CASE("a key that the entry script needs and the recipe does not set is named") {
    const auto found = judged(llama(), table("model.vocab_size: {kind: int}, model.rope: {kind: int, default: 1}"));
    REQUIRE(found.size() == 1);
    CHECK(found[0].key == "model.vocab_size");
}

TEST_CASE("a key that nobody reads is refused, unless it asks for nothing") {
    const std::string keys = "read: {model.fp8: {kind: bool, default: false}}\nmoot: [run., trainer., model.]";
    CHECK(judged(llama(), keys).empty());
    const std::string strict =
        "read: {model.fp8: {kind: bool, default: false}}\n"
        "moot: [run., trainer., model.tensor, model.expert, model.context, model.shard, model.num, model.prec, "
        "model.data.]";
    CHECK(judged(llama(), strict).empty());
    CHECK(judged(llama().with("++recipes.model.nonsense=0 ++recipes.model.empty=''"), strict).empty());
    const auto found = judged(llama().with("++recipes.model.fp9=true"), strict);
    REQUIRE(found.size() == 1);
    CHECK(found[0].code == "program.unknown_key");
    CHECK(found[0].message == "the entry script does not know model.fp9; did you mean `model.fp8`?");
}

TEST_CASE("a keys.yaml of another form says nothing") {
    for (const std::string_view keys : {"read: 3", "[1]", "moot: [model.]", "{}"})
        CHECK(judged(llama().with("model.fp8=True"), keys).empty());
    for (const std::string_view rule :
         {"model.fp8: true", "1: {kind: int}", "model.fp8: {one_of: 3}", "model.fp8: {kind: [1], default: 1}",
          "model.num_key_value_heads: {divides: 3}", "model.num_key_value_heads: {divides: [1, [x]]}"})
        CHECK(judged(llama().with("model.fp8=True"), table(std::string(rule))).empty());
}

TEST_CASE("a key of the root that stands in the recipe is not called unknown to the script") {
    const auto found = judged(llama().with("++recipes.launch.entry_script=mine.py ++recipes.env_vars.A=1"), table(""));
    REQUIRE(found.size() == 2);
    for (const Diagnostic& diagnostic : found) {
        CHECK(diagnostic.code == "program.unknown_key");
        CHECK(diagnostic.message.ends_with("its place is at the root of the configuration, beside the recipe"));
    }
    CHECK(found[0].fix == "--recipe-set=~recipes.launch.entry_script --recipe-set=++launch.entry_script=mine.py");
}
