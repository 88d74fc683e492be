// SPDX-License-Identifier: Apache-2.0
// What a recipe needs of whatever device it will get.
#include "catch.hpp"
#include "recipe_under_test.hpp"
#include "recipes_of_families.hpp"

using namespace recipe;
using namespace recipe::validate;

TEST_CASE("what a rank needs of its device is known without an instance type") {
    const auto needs = [](const char* overrides) { return sized().with(overrides).check().needs; };
    const DeviceNeeds plain = needs("instance_type=null trainer.devices=8");
    CHECK(plain.bf16);
    CHECK_FALSE(plain.fp8);
    CHECK_FALSE(plain.fp4);
    REQUIRE(plain.memory);
    CHECK(plain.memory->low <= plain.memory->peak);
    CHECK(plain.memory->peak <= plain.memory->high);
    CHECK(plain.memory->outside > 0);
    CHECK(needs("instance_type=p5.48xlarge trainer.devices=8") == plain);
    CHECK(needs("instance_type=null ++recipes.model.fp8=True").fp8);
    CHECK(needs("instance_type=null trainer.precision=nvfp4").fp4);
    CHECK_FALSE(needs("instance_type=null trainer.precision=32").bf16);
    CHECK_FALSE(needs("instance_type=null trainer.accelerator=cpu").any());
    // Of a layout that cannot be, nobody knows the memory.
    CHECK_FALSE(needs("instance_type=null trainer.devices=0").memory);
}

TEST_CASE("the kernels that a recipe asks for are needed of whatever device it gets") {
    using Ranges = std::vector<CapabilityRange>;
    const auto needs = [](RecipeUnderTest recipe, const char* overrides) {
        return recipe.with(overrides).check().needs.capabilities;
    };
    const Ranges second{{80, 0}};
    const Ranges third{{80, 86}, {90, 100}};
    const char* const key = "++recipes.training_config.model_config.attn_implementation=";
    const auto named = [&](const char* name) { return needs(llmft(), (std::string(key) + name).c_str()); };
    for (const char* name : {"flash_attention_2", "kernels-community/flash-attn2", "flash_attn_2", "flash"}) {
        INFO(name);
        CHECK(named(name) == second);
    }
    for (const char* name : {"flash_attention_3", "kernels-community/vllm-flash-attn3", "flash_attn_3"}) {
        INFO(name);
        CHECK(named(name) == third);
    }
    for (const char* name : {"sdpa", "eager", "null", "1", "flash_attention"}) CHECK(named(name).empty());
    // verl's own default; and Megatron's, which chooses by itself.
    CHECK(needs(verl(), "instance_type=null") == second);
    CHECK(needs(verl(), "training_config.actor_rollout_ref.actor.strategy=megatron").empty());
    CHECK(needs(verl(), "++recipes.trainer.accelerator=cpu").empty());
    // SageMaker's layers choose, and so does our trainer.
    const char* on = "++recipes.use_smp_model=False ++recipes.model.use_flash_attention=True";
    CHECK(needs(hyperpod_llama(), on) == second);
    CHECK(needs(hyperpod_llama(), "++recipes.use_smp_model=True ++recipes.model.use_flash_attention=True").empty());
    CHECK(needs(hyperpod_llama(), "++recipes.use_smp_model=False") == second);  // as the adapter when it is left out
    CHECK(needs(hyperpod_llama(), "++recipes.use_smp_model=False ++recipes.model.use_flash_attention=False").empty());
    CHECK(needs(llama(), on).empty());
}

TEST_CASE("kernels run on the compute capabilities that they are built for, and what has none is not asked") {
    const DeviceNeeds second{.memory = {}, .capabilities = {{80, 0}}};
    const DeviceNeeds third{.memory = {}, .capabilities = {{80, 86}, {90, 100}}};
    for (const int good : {80, 86, 89, 90, 120}) CHECK(runs_kernels(second, good));
    for (const int bad : {70, 75, 79}) CHECK_FALSE(runs_kernels(second, bad));
    for (const int good : {80, 85, 90, 99}) CHECK(runs_kernels(third, good));
    for (const int bad : {75, 86, 89, 100, 120}) CHECK_FALSE(runs_kernels(third, bad));
    CHECK(runs_kernels(second, std::nullopt));
    CHECK(runs_kernels({}, 30));
    CHECK(second.any());
    CHECK_FALSE(DeviceNeeds{}.any());
    CHECK(describe(second.capabilities) == "8.0 or later");
    CHECK(describe(third.capabilities) == "8.0 to 8.5 or 9.x");
    CHECK(describe({{75, 76}, {90, 101}}) == "7.5 or 9.0 to 10.0");
}

TEST_CASE("kernels that an accelerator does not run are said with what they run on") {
    RecipeUnderTest recipe = llmft();
    recipe.with(
        "instance_type=g5.48xlarge ++recipes.training_config.model_config.attn_implementation=flash_attention_3");
    CHECK(recipe.only("devices.kernels").message ==
          "training_config.model_config.attn_implementation is flash_attention_3, and FlashAttention-3 runs on compute "
          "capability 8.0 to 8.5 or 9.x, not on NVIDIA A10G (g5.48xlarge, compute capability 8.6)");
    CHECK(verl()
              .with("instance_type=p3dn.24xlarge")
              .only("devices.kernels")
              .message.contains("attn_implementation is flash_attention_2 when it is left out, and FlashAttention-2"));
    // Other makers' devices have kernels of their own.
    CHECK_FALSE(verl().with("instance_type=mi300x-8").says("devices.kernels"));
    // What runs on them is predicted all the same.
    CHECK(recipe.check().memory != Result::Memory::not_asked);
}
