// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "recipe_under_test.hpp"

using namespace recipe;
using namespace recipe::validate;

TEST_CASE("fp8 on an accelerator without it is refused with the name of that accelerator") {
    const RecipeUnderTest recipe = llama().with("instance_type=g5.48xlarge model.fp8=True");
    const Diagnostic diagnostic = recipe.only("precision.fp8");
    CHECK(diagnostic.severity == Severity::error);
    CHECK(diagnostic.key == "model.fp8");
    CHECK(diagnostic.source.name == "--recipe-set model.fp8=True");
    CHECK(diagnostic.message ==
          "model.fp8 is on, but NVIDIA A10G (g5.48xlarge, compute capability 8.6) does not compute in fp8, which needs "
          "compute capability 8.9 or later");
    CHECK(diagnostic.fix == "--recipe-set=model.fp8=False");
    recipe.require_fix_of("precision.fp8");
}

TEST_CASE("fp8 goes through where the accelerator has it, or nobody knows which it is") {
    CHECK(llama().with("instance_type=p5.48xlarge model.fp8=True").codes().empty());
    CHECK(llama().with("instance_type=g6.48xlarge model.fp8=True").codes().empty());
    CHECK(llama().with("instance_type=null model.fp8=True").codes().empty());
    CHECK(llama().with("instance_type=p4d.24xlarge model.fp8=False").codes().empty());
    CHECK(llama().with("instance_type=p4d.24xlarge model.fp8=True").says("precision.fp8"));
}

TEST_CASE("bf16 on an accelerator without it is refused") {
    const RecipeUnderTest recipe = llama().with("instance_type=p3dn.24xlarge");
    const Diagnostic diagnostic = recipe.only("precision.bf16");
    CHECK(diagnostic.severity == Severity::error);
    CHECK(diagnostic.key == "trainer.precision");
    CHECK(diagnostic.message.contains("NVIDIA V100 (p3dn.24xlarge, compute capability 7.0)"));
    CHECK(diagnostic.fix == "--recipe-set=trainer.precision=32 --recipe-set=model.precision=32");
    recipe.require_fix_of("precision.bf16");
    CHECK(llama().with("instance_type=p3dn.24xlarge trainer.precision=bf16-mixed").says("precision.bf16"));
    CHECK(llama().with("instance_type=p3dn.24xlarge trainer.precision=16").only("precision.bf16").key ==
          "model.precision");
    CHECK_FALSE(
        llama().with("instance_type=p3dn.24xlarge trainer.precision=16 model.precision=16").says("precision.bf16"));
    CHECK_FALSE(llama().with("instance_type=p4d.24xlarge").says("precision.bf16"));
}

TEST_CASE("fp4 on an accelerator without it is refused") {
    const RecipeUnderTest recipe = llama().with("instance_type=p5.48xlarge trainer.precision=nvfp4");
    const Diagnostic diagnostic = recipe.only("precision.fp4");
    CHECK(diagnostic.key == "trainer.precision");
    CHECK(diagnostic.message.starts_with("trainer.precision is nvfp4, but NVIDIA H100 (p5.48xlarge, compute"));
    CHECK(diagnostic.fix == "--recipe-set=trainer.precision=bf16");
    recipe.require_fix_of("precision.fp4");
    CHECK_FALSE(llama().with("instance_type=p6-b200.48xlarge trainer.precision=nvfp4").says("precision.fp4"));
    CHECK_FALSE(llama().with("instance_type=p5.48xlarge trainer.precision=bf16").says("precision.fp4"));
}

TEST_CASE("fp8 settings that have no effect are a hint") {
    const RecipeUnderTest recipe = llama().with("++recipes.model.fp8_amax_history_len=1024");
    const Diagnostic diagnostic = recipe.only("precision.fp8_leftover");
    CHECK(diagnostic.severity == Severity::hint);
    CHECK(diagnostic.key == "model.fp8_amax_history_len");
    CHECK_FALSE(RecipeUnderTest(recipe).with("model.fp8=True").says("precision.fp8_leftover"));
    CHECK_FALSE(llama().says("precision.fp8_leftover"));
}

TEST_CASE("fp8 is on however a recipe says so, and a name of its format is taken away") {
    const auto on = [](const char* value) {
        return llama().with(std::string("instance_type=g5.48xlarge model.fp8=") + value);
    };
    for (const char* yes : {"True", "'true'", "'True'", "'on'", "'YES'", "'y'", "'t'", "1", "1.0", "'1'"}) {
        INFO(yes);
        CHECK(on(yes).only("precision.fp8").fix == "--recipe-set=model.fp8=False");
    }
    for (const char* format : {"hybrid", "e4m3"}) {
        INFO(format);
        CHECK(on(format).only("precision.fp8").fix == "--recipe-set=model.fp8=null");
    }
    for (const char* no :
         {"False", "'false'", "'off'", "0", "2", "'2'", "null", "e5m2", "'truest'", "'tru'", "[]", "{}"}) {
        INFO(no);
        CHECK_FALSE(on(no).says("precision.fp8"));
    }
}

TEST_CASE("SageMaker's adapter computes in fp8 in its own layers only") {
    const auto adapter = [](const char* overrides) {
        return hyperpod_llama().with(std::string("instance_type=g5.48xlarge ++recipes.use_smp_model=True ") +
                                     overrides);
    };
    CHECK(adapter("++recipes.model.fp8=True").says("precision.fp8"));
    CHECK_FALSE(adapter("++recipes.model.fp8=True use_smp_model=False").says("precision.fp8"));
    CHECK(adapter("++recipes.model.fp8=True use_smp_model=False").only("precision.fp8_unused").severity ==
          Severity::hint);
    CHECK_FALSE(adapter("++recipes.model.fp8=True").says("precision.fp8_unused"));
    CHECK_FALSE(adapter("++recipes.model.fp8=False use_smp_model=False").says("precision.fp8_unused"));
}

TEST_CASE("every name of bfloat16 is known, and no other format is taken for it") {
    for (const char* name : {"bf16", "bf16-mixed", "bf16-true", "bfloat16", "torch.bfloat16"}) {
        INFO(name);
        const auto recipe =
            llama().with(std::string("instance_type=p3dn.24xlarge trainer.precision=32 model.precision=") + name);
        CHECK(recipe.only("precision.bf16").fix == "--recipe-set=model.precision=32");
        CHECK(recipe.only("precision.bf16").message.starts_with("model.precision is " + std::string(name) + ","));
    }
    for (const char* name : {"16", "16-mixed", "32", "float16", "null", "bf17"})
        CHECK_FALSE(llama()
                        .with("instance_type=p3dn.24xlarge trainer.precision=32 model.precision=" + std::string(name))
                        .says("precision.bf16"));
}

TEST_CASE("devices that have no compute capability are not told of one, and compute in what the catalogue says") {
    const RecipeUnderTest fp8 = llama().with("instance_type=mi250x-8 ++recipes.model.fp8=True");
    CHECK(fp8.only("precision.fp8")
              .message.ends_with("AMD Instinct MI250X (one of its two dies) (mi250x-8) does not compute in fp8"));
    CHECK_FALSE(llama().with("instance_type=mi300x-8 ++recipes.model.fp8=True").says("precision.fp8"));
    CHECK(llama()
              .with("instance_type=mi300x-8 trainer.precision=mxfp4")
              .only("precision.fp4")
              .message.ends_with("does not compute in fp4"));
    CHECK_FALSE(llama().with("instance_type=mi355x-8 trainer.precision=mxfp4").says("precision.fp4"));
    CHECK(llama()
              .with("instance_type=p5.48xlarge trainer.precision=mxfp4")
              .only("precision.fp4")
              .message.ends_with("does not compute in fp4, which needs compute capability 10.0 or later"));
}
