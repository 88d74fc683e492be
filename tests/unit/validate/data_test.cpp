// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "recipe_under_test.hpp"

using namespace recipe;
using namespace recipe::validate;

TEST_CASE("a recipe needs something to train on") {
    for (const char* nothing : {"null", "''", "[]"}) {
        const RecipeUnderTest recipe =
            llama().with("model.data.use_synthetic_data=False").with(std::string("model.data.train_dir=") + nothing);
        const Diagnostic diagnostic = recipe.only("data.missing");
        CHECK(diagnostic.severity == Severity::error);
        CHECK(diagnostic.key == "model.data.train_dir");
        CHECK(diagnostic.fix == "--recipe-set=model.data.use_synthetic_data=True");
        recipe.require_fix_of("data.missing");
    }
    CHECK(llama().with("model.data.use_synthetic_data=False model.data.train_dir=/fsx/data").codes().empty());
    CHECK(llama().with("model.data.use_synthetic_data=False model.data.train_dir=[/a,/b]").codes().empty());
    CHECK(llama().with("model.data.use_synthetic_data=True").codes().empty());
}

TEST_CASE("a key that the fix needs and the recipe lacks is added") {
    const RecipeUnderTest recipe(
        "recipes: {run: {model_type: hf}, trainer: {devices: 1}, model: {data: {train_dir: null}}}");
    CHECK(recipe.only("data.missing").fix == "--recipe-set=++recipes.model.data.use_synthetic_data=True");
    recipe.require_fix_of("data.missing");
}

TEST_CASE("multi-modal data and a recipe without a data section come without a training directory") {
    CHECK(llama().with("model.data.use_synthetic_data=False ++recipes.model.multi_modal=True").codes().empty());
    CHECK(llama().with("model.data=null").codes() == "launch.kind");
}

TEST_CASE("a relative results directory is refused") {
    const RecipeUnderTest recipe = llama().with("run.results_dir=results/llama");
    const Diagnostic diagnostic = recipe.only("paths.results_relative");
    CHECK(diagnostic.severity == Severity::error);
    CHECK(diagnostic.key == "run.results_dir");
    CHECK(diagnostic.fix == "--recipe-set=run.results_dir=$PWD/results/llama");
    recipe.require_fix_of("paths.results_relative");
    CHECK(llama().with("run.results_dir=/results/llama").codes().empty());
    CHECK(llama().with("run.results_dir=null").codes().empty());
}

TEST_CASE("a path that a shell would take apart gets no fix to paste") {
    CHECK(llama().with("run.results_dir=$(reboot)").only("paths.results_relative").fix.empty());
}

TEST_CASE("a results directory below None says which key is missing") {
    const Diagnostic diagnostic =
        llama().with("base_results_dir=null run.results_dir=None/llama").only("paths.results_relative");
    CHECK(diagnostic.message == "run.results_dir is None/llama, because base_results_dir is not set");
    CHECK(diagnostic.fix == "--recipe-set=base_results_dir=$PWD/results");
}
