#include "catch.hpp"
#include "recipe_under_test.hpp"

using namespace recipe;
using namespace recipe::validate;

namespace {

config::Value yaml(std::string_view text) {
    auto value = config::parse_yaml(text, "limits.yaml");
    REQUIRE(value);
    return *value;
}

Diagnostics judged(const RecipeUnderTest& recipe, std::string_view limits) {
    const config::Value value = yaml(limits);
    Diagnostics found;
    for (Diagnostic& diagnostic : recipe.check(&value).diagnostics)
        if (diagnostic.code == "program.unsupported") found.push_back(std::move(diagnostic));
    return found;
}

}  // namespace

TEST_CASE("what the entry script says that it does not do is refused with what it does") {
    const auto found = judged(llama().with("model.context_parallel_degree=2"), "allowed: {model.context_parallel_degree: [1, null]}");
    REQUIRE(found.size() == 1);
    CHECK(found[0].severity == Severity::error);
    CHECK(found[0].key == "model.context_parallel_degree");
    CHECK(found[0].message == "model.context_parallel_degree is 2, but the entry script takes 1, null only");
    CHECK(found[0].fix == "--recipe-set=model.context_parallel_degree=1");
}

TEST_CASE("what is allowed, unset or spelt otherwise is left to the entry script") {
    CHECK(judged(llama(), "allowed: {model.fp8: [false], model.not_there: [1], trainer.precision: [bf16]}").empty());
    CHECK(judged(llama().with("trainer.precision=32"), "allowed: {trainer.precision: ['32']}").empty());
    CHECK(judged(llama().with("model.precision=null"), "allowed: {model.precision: [bf16]}").empty());
}

TEST_CASE("a limits.yaml of another form says nothing") {
    for (const std::string_view limits : {"allowed: 3", "allowed: {model.fp8: true}", "allowed: {1: [2]}", "[1]", "allowed: {model.fp8: []}"})
        CHECK(judged(llama().with("model.fp8=True"), limits).empty());
}
