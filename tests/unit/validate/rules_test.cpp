// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "recipe_under_test.hpp"

using namespace recipe;
using namespace recipe::validate;

TEST_CASE("all problems are reported together") {
    const RecipeUnderTest recipe = llama().with(
        "instance_type=g5.12xlarge model.fp8=True model.shard_degree=5 model.data.use_synthetic_data=False "
        "run.results_dir=here");
    CHECK(recipe.codes() ==
          "devices.exceeds precision.fp8 layout.world_not_divisible data.missing paths.results_relative");
}

TEST_CASE("a configuration of any shape is checked without harm") {
    for (const char* yaml :
         {"{}", "recipes: null", "recipes: 3", "recipes: []", "recipes: {trainer: 3, model: [], run: x}",
          "recipes: {run: {model_type: [hf]}}", "training_cfg: 3", "training_cfg: {run: null}", "instance_type: {a: 1}",
          "launch: {entry_script: {}}",
          "recipes: {run: {model_type: hf, results_dir: 3}, model: {fp8: maybe, data: 3, num_attention_heads: x}}"}) {
        INFO(yaml);
        for (const Diagnostic& diagnostic : RecipeUnderTest(yaml).check().diagnostics)
            if (diagnostic.severity == Severity::error) CHECK(diagnostic.code == "launch.kind");
    }
}
