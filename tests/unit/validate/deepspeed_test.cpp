// SPDX-License-Identifier: Apache-2.0
// Recipes with a configuration of DeepSpeed: what its engine asserts, and the memory of its stages.
#include "catch.hpp"
#include "recipe_under_test.hpp"

#include "memory/memory.hpp"

using namespace recipe;
using namespace recipe::validate;

namespace {

constexpr const char* body = R"(
instance_type: p4d.24xlarge
recipes:
  run: {name: qwen, results_dir: /fsx/results}
  trainer: {devices: 8, num_nodes: 2}
  model: {name_or_path: Qwen/Qwen2.5-7B, attn_implementation: sdpa}
  data: {train_file: /fsx/data, max_length: 4096}
  training_args: {gradient_checkpointing: true}
  deepspeed:
    train_micro_batch_size_per_gpu: 1
    gradient_accumulation_steps: 4
    train_batch_size: 64
    bf16: {enabled: true}
    fp16: {enabled: false}
    zero_optimization: {stage: 3, offload_param: {device: none}, offload_optimizer: {device: none}}
)";

RecipeUnderTest deepspeed(const char* overrides = "") {
    RecipeUnderTest recipe(body);
    return recipe.with(overrides);
}

const std::string zero = "deepspeed.zero_optimization.";

}  // namespace

TEST_CASE("a recipe with a configuration of DeepSpeed is of its family, and a good one is held against nothing") {
    CHECK(deepspeed().codes().empty());
    CHECK(deepspeed().check().memory == Result::Memory::known);
    config::Value nested =
        config::parse_yaml("recipes: {training_args: {deepspeed: {train_batch_size: 8}}}", "x").value();
    CHECK(shipped_families().of(nested).name == "deepspeed");
    CHECK(shipped_families().of(config::parse_yaml("recipes: {deepspeed: ds.json}", "x").value()).name != "deepspeed");
}

TEST_CASE("DeepSpeed's batch is micro batch, accumulation and ranks multiplied") {
    RecipeUnderTest wrong = deepspeed("deepspeed.train_batch_size=128");
    const Diagnostic found = wrong.only("batch.identity");
    CHECK(found.severity == Severity::error);
    CHECK(found.message ==
          "deepspeed.train_batch_size is 128, but deepspeed.train_micro_batch_size_per_gpu 1 × "
          "deepspeed.gradient_accumulation_steps 4 × 16 ranks = 64");
    CHECK(found.fix == "--recipe-set=deepspeed.train_batch_size=64");
    wrong.require_fix_of("batch.identity");
    CHECK(deepspeed("deepspeed.gradient_accumulation_steps=2").says("batch.identity"));
    CHECK(deepspeed("deepspeed.train_micro_batch_size_per_gpu=2").says("batch.identity"));
    CHECK(deepspeed("trainer.num_nodes=1").says("batch.identity"));
    CHECK_FALSE(deepspeed("trainer.num_nodes=1 deepspeed.gradient_accumulation_steps=8").says("batch.identity"));
    CHECK_FALSE(
        deepspeed("deepspeed.gradient_accumulation_steps=null deepspeed.train_batch_size=16").says("batch.identity"));
    // The Trainer's arguments come first, and what it is to fill in is nobody's.
    CHECK(deepspeed("++recipes.training_args.per_device_train_batch_size=2").says("batch.identity"));
    for (const char* key : {"train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps"}) {
        INFO(key);
        const RecipeUnderTest automatic = deepspeed(("deepspeed." + std::string(key) + "=auto").c_str());
        CHECK_FALSE(automatic.says("batch.identity"));
        CHECK_FALSE(automatic.says("batch.type"));
    }
    // Only where that is meant.
    CHECK(hyperpod_llama().with("++recipes.model.train_batch_size=auto").says("batch.type"));
    CHECK_FALSE(deepspeed("deepspeed.train_batch_size=65").says("batch.global"));
}

TEST_CASE("ZeRO's stages are 0 to 3, and weights are offloaded by the last alone") {
    for (const char* good : {"0", "1", "2", "3", "null"})
        CHECK_FALSE(deepspeed((zero + "stage=" + good).c_str()).says("layout.zero_stage"));
    for (const char* bad : {"4", "-1", "two", "1.5"}) {
        INFO(bad);
        RecipeUnderTest wrong = deepspeed((zero + "stage=" + bad).c_str());
        CHECK(wrong.only("layout.zero_stage").severity == Severity::error);
        wrong.require_fix_of("layout.zero_stage");
    }
    CHECK_FALSE(deepspeed((zero + "offload_param.device=cpu").c_str()).says("layout.offload"));
    for (const char* stage : {"0", "2"}) {
        RecipeUnderTest wrong = deepspeed((zero + "offload_param.device=cpu " + zero + "stage=" + stage).c_str());
        const Diagnostic found = wrong.only("layout.offload");
        CHECK(found.severity == Severity::warning);
        CHECK(found.fix == "--recipe-set=deepspeed.zero_optimization.stage=3");
        CHECK(found.message.ends_with("deepspeed.zero_optimization.stage is " + std::string(stage)));
    }
    CHECK(deepspeed((zero + "offload_param.device=nvme " + zero + "stage=1").c_str()).says("layout.offload"));
    CHECK_FALSE(deepspeed((zero + "offload_param.device=none " + zero + "stage=1").c_str()).says("layout.offload"));
    CHECK_FALSE(deepspeed((zero + "offload_param.device=cpu " + zero + "stage=9").c_str()).says("layout.offload"));
}

TEST_CASE("DeepSpeed computes in one format, which the device has") {
    RecipeUnderTest both = deepspeed("deepspeed.fp16.enabled=True");
    CHECK(both.only("precision.exclusive").severity == Severity::error);
    CHECK(both.only("precision.exclusive").message == "deepspeed.bf16.enabled and deepspeed.fp16.enabled are both on");
    both.require_fix_of("precision.exclusive");
    CHECK_FALSE(deepspeed("deepspeed.fp16.enabled=True deepspeed.bf16.enabled=False").says("precision.exclusive"));
    CHECK_FALSE(deepspeed().says("precision.exclusive"));
    const RecipeUnderTest old = deepspeed("instance_type=p3dn.24xlarge");
    CHECK(old.only("precision.bf16").message.starts_with("deepspeed.bf16.enabled is on, but NVIDIA V100"));
    CHECK(old.only("precision.bf16").fix == "--recipe-set=deepspeed.bf16.enabled=False");
    CHECK_FALSE(deepspeed("instance_type=p3dn.24xlarge deepspeed.bf16.enabled=False deepspeed.fp16.enabled=True")
                    .says("precision.bf16"));
    CHECK(deepspeed("instance_type=null").check().needs.bf16);
    CHECK_FALSE(deepspeed("instance_type=null deepspeed.bf16.enabled=False").check().needs.bf16);
    CHECK(deepspeed("instance_type=g4dn.metal model.attn_implementation=flash_attention_2").says("devices.kernels"));
}

TEST_CASE("each stage of ZeRO takes less of a device, and offloading less again") {
    const auto peak = [](const std::string& overrides) {
        const Result result = deepspeed(("instance_type=null " + overrides).c_str()).check();
        REQUIRE(result.needs.memory);
        return static_cast<double>(result.needs.memory->peak);
    };
    const auto stage = [&](int number, const std::string& more = "") {
        return peak(zero + "stage=" + std::to_string(number) + more);
    };
    constexpr double mib = 1024 * 1024;
    constexpr double P = 7.6e9;
    CHECK(stage(0) > 16 * P / mib);
    CHECK(stage(0) > stage(1));
    CHECK(stage(1) > stage(2));
    CHECK(stage(2) > stage(3));
    // arXiv:1910.02054: 4 bytes and 12 sixteenths, 2 and 14 sixteenths, 16 sixteenths; then what computing takes.
    CHECK(stage(1) > (4 + 12.0 / 16) * P / mib);
    CHECK(stage(2) > (2 + 14.0 / 16) * P / mib);
    CHECK(stage(3) > 16.0 / 16 * P / mib);
    CHECK(stage(3) < (2 + 14.0 / 16) * P / mib);
    CHECK(stage(2, " " + zero + "offload_optimizer.device=cpu") < stage(2));
    CHECK(stage(3, " " + zero + "offload_param.device=cpu") < stage(3));
    // Which stage 2 does not do.
    CHECK(stage(2, " " + zero + "offload_param.device=cpu") == stage(2));
    CHECK(stage(2, " " + zero + "offload_optimizer.device=none") == stage(2));
    CHECK(peak("deepspeed.bf16.enabled=False deepspeed.fp16.enabled=True") == stage(3));
    // Without either nobody has said how it is held.
    CHECK(deepspeed("deepspeed.bf16.enabled=False").check().memory == Result::Memory::unknown);
    // 7.6e9 parameters of 16 bytes are on no A100 with 40 GiB.
    CHECK(deepspeed((zero + "stage=0").c_str()).says("memory.does_not_fit"));
    CHECK_FALSE(deepspeed((zero + "stage=3").c_str()).says("memory.does_not_fit"));
}
