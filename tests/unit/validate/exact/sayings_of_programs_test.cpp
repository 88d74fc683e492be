// SPDX-License-Identifier: Apache-2.0
// What is said of values that a program or an accelerator does not take, word for word.
#include "sayings.hpp"

namespace recipe::validate {
namespace {

using namespace sayings;

#define ACTOR "training_config.actor_rollout_ref.actor."
#define ROLLOUT "training_config.actor_rollout_ref.rollout."
#define ARGUMENTS "training_config.training_args."

const Row models[] = {
    // 4100 = 41 × 100: 25 heads would divide it, but not the four tensor-parallel ranks; 129 × 32 = 4128.
    {"model.head_size", nemo, "++recipes.model.hidden_size=4100", error, "model.num_attention_heads",
     "model.num_attention_heads 32 does not divide model.hidden_size 4100", "model.hidden_size=4128"},
    {"model.head_size", adapter, "++recipes.model.hidden_size=2048 ++recipes.model.head_dim=128", hint,
     "model.head_dim",
     "model.head_dim 128 × model.num_attention_heads 32 = 4096, and model.hidden_size is 2048: few models are built so",
     "model.head_dim=64"},
    {"model.head_size", adapter,
     "++recipes.model.hidden_size=2047 ++recipes.model.head_dim=64 model.num_key_value_heads=null", hint,
     "model.head_dim",
     "model.head_dim 64 × model.num_attention_heads 32 = 2048, and model.hidden_size is 2047: few models are built so",
     ""},
    {"model.kv_heads", adapter, "model.num_key_value_heads=6", error, "model.num_key_value_heads",
     "6 key-value heads do not divide 32 attention heads, which share them", "model.num_key_value_heads=4"},
    {"model.kv_heads", adapter, "model.num_key_value_heads=64", error, "model.num_key_value_heads",
     "64 key-value heads do not divide 32 attention heads, which share them", "model.num_key_value_heads=32"},
    {"model.peft", adapter, "++recipes.model.peft.peft_type=lora", error, "model.peft.peft_type",
     "model.peft.peft_type is lora, which the adapter does with use_smp_model off only", "use_smp_model=False"},
    {"model.peft", adapter,
     "++recipes.model.peft.peft_type=lora model.tensor_model_parallel_degree=2 model.shard_degree=4", error,
     "model.peft.peft_type", "model.peft.peft_type is lora, which the adapter does with use_smp_model off only",
     "use_smp_model=False model.tensor_model_parallel_degree=1"},
    {"model.smp", adapter,
     "trainer.num_nodes=4 model.tensor_model_parallel_degree=2 model.expert_model_parallel_degree=4 "
     "model.shard_degree=4 use_smp_model=False",
     error, "model.tensor_model_parallel_degree",
     "model.tensor_model_parallel_degree 4 needs use_smp_model, which is off", "use_smp_model=True"},
    // What SageMaker's layers would allow they refuse for the adapters.
    {"model.smp", adapter,
     "++recipes.model.peft.peft_type=lora use_smp_model=False model.tensor_model_parallel_degree=2 "
     "model.shard_degree=4",
     error, "model.tensor_model_parallel_degree",
     "model.tensor_model_parallel_degree 2 needs use_smp_model, which is off", "model.tensor_model_parallel_degree=1"},
    {"model.weights", adapter, "model.do_finetune=True", warning, "model.hf_model_name_or_path",
     "model.hf_model_name_or_path is not set, and model.do_finetune is on: the adapter then has no weights to start "
     "from",
     ""},
    {"model.weights", adapter, "model.do_finetune=True ++recipes.model.hf_model_name_or_path=''", warning,
     "model.hf_model_name_or_path",
     "model.hf_model_name_or_path is not set, and model.do_finetune is on: the adapter then has no weights to start "
     "from",
     ""},
    {"model.weights", adapter, "model.do_finetune=null", hint, "model.hf_model_name_or_path",
     "model.hf_model_name_or_path is not set, and model.do_finetune is on when it is left out: the adapter then has no "
     "weights to start from",
     ""},
    {"model.sharding_strategy", adapter, "model.sharding_strategy=full", error, "model.sharding_strategy",
     "model.sharding_strategy is full; it can be no_shard, shard_grad_op, hybrid_shard, _hybrid_shard_zero2, "
     "full_shard",
     "model.sharding_strategy=full_shard"},
    {"data.missing", adapter, "model.data.use_synthetic_data=False", error, "model.data.train_dir",
     "there is nothing to train on: model.data.train_dir is not set and model.data.use_synthetic_data is off",
     "model.data.use_synthetic_data=True"},
    {"data.not_set", neuron, "data.train_dir=null", warning, "data.train_dir",
     "there is nothing to train on: data.train_dir is not set", ""},
    {"data.not_set", llmft, "training_config.datasets.train_data.file_path=''", warning,
     "training_config.datasets.train_data.file_path",
     "there is nothing to train on: training_config.datasets.train_data.file_path is not set", ""},
    {"data.synthetic_images", adapter, "++recipes.model.multi_modal=True", warning, "model.data.use_synthetic_data",
     "model.data.use_synthetic_data is on, which the adapter does not do with model.multi_modal",
     "model.data.use_synthetic_data=False"},
};

const Row formats[] = {
    {"precision.fp8", adapter, "instance_type=p4d.24xlarge model.fp8=null", error, "model.fp8",
     "model.fp8 is on when it is left out, but NVIDIA A100 40 GB (p4d.24xlarge, compute capability 8.0) does not "
     "compute "
     "in fp8, which needs compute capability 8.9 or later",
     "model.fp8=False"},
    {"precision.fp8", nemo, "instance_type=p4d.24xlarge model.fp8=hybrid", error, "model.fp8",
     "model.fp8 is on, but NVIDIA A100 40 GB (p4d.24xlarge, compute capability 8.0) does not compute in fp8, which "
     "needs "
     "compute capability 8.9 or later",
     "model.fp8=null"},
    {"precision.fp8_unused", adapter, "model.fp8=True use_smp_model=False", hint, "model.fp8",
     "model.fp8 has no effect while use_smp_model is off", "model.fp8=False"},
    {"precision.fp8_leftover", llama, "++recipes.model.fp8_amax_history_len=16", hint, "model.fp8_amax_history_len",
     "model.fp8_amax_history_len has no effect while model.fp8 is off", ""},
    {"precision.fp4", nemo, "model.fp8=mxfp4", error, "model.fp8",
     "model.fp8 is mxfp4, but NVIDIA H100 (p5.48xlarge, compute capability 9.0) does not compute in fp4, which needs "
     "compute capability 10.0 or later",
     "model.fp8=null"},
    {"precision.fp4", llama, "instance_type=p5.48xlarge model.precision=nvfp4", error, "model.precision",
     "model.precision is nvfp4, but NVIDIA H100 (p5.48xlarge, compute capability 9.0) does not compute in fp4, which "
     "needs compute capability 10.0 or later",
     "model.precision=bf16"},
};

const Row values[] = {
    {"model.value", verl, "++recipes." ACTOR "loss_agg_mode=token-means", error, ACTOR "loss_agg_mode",
     ACTOR "loss_agg_mode is a string `token-means`; verl reinforcement learning takes token-mean, "
           "seq-mean-token-sum, seq-mean-token-mean, seq-mean-token-sum-norm",
     ACTOR "loss_agg_mode=token-mean"},
    {"model.value", verl, "++recipes." ROLLOUT "n=0", error, ROLLOUT "n",
     ROLLOUT "n is an int `0`; verl reinforcement learning takes an int, 1 or more", ""},
    {"model.value", verl, "++recipes." ROLLOUT "n=1.5", error, ROLLOUT "n",
     ROLLOUT "n is a float `1.5`; verl reinforcement learning takes an int, 1 or more", ""},
    {"model.value", verl, "++recipes." ROLLOUT "n=true", error, ROLLOUT "n",
     ROLLOUT "n is a bool `True`; verl reinforcement learning takes an int, 1 or more", ""},
    {"model.value", verl, "++recipes." ROLLOUT "gpu_memory_utilization=60", error, ROLLOUT "gpu_memory_utilization",
     ROLLOUT "gpu_memory_utilization is an int `60`; verl reinforcement learning takes a number from 0 to 1", ""},
    {"model.value", verl, "++recipes." ACTOR "use_dynamic_bsz='yes'", error, ACTOR "use_dynamic_bsz",
     ACTOR "use_dynamic_bsz is a string `yes`; verl reinforcement learning takes true or false",
     ACTOR "use_dynamic_bsz=True"},
    {"model.value", verl, "++recipes." ACTOR "use_dynamic_bsz='off'", error, ACTOR "use_dynamic_bsz",
     ACTOR "use_dynamic_bsz is a string `off`; verl reinforcement learning takes true or false",
     ACTOR "use_dynamic_bsz=False"},
    {"model.value", verl, "++recipes." ACTOR "use_dynamic_bsz='perhaps'", error, ACTOR "use_dynamic_bsz",
     ACTOR "use_dynamic_bsz is a string `perhaps`; verl reinforcement learning takes true or false", ""},
    {"model.value", llmft, "++recipes." ARGUMENTS "learning_rate=fast", error, ARGUMENTS "learning_rate",
     ARGUMENTS "learning_rate is a string `fast`; Amazon's LLM fine-tuning takes a number, 0 or more", ""},
};

}  // namespace

TEST_CASE("what models are told that their program does not take") {
    for (const Row& row : models) check(row);
}

TEST_CASE("what number formats are told that no accelerator of theirs has") {
    for (const Row& row : formats) check(row);
}

TEST_CASE("what values are told that their program does not take") {
    for (const Row& row : values) check(row);
}

TEST_CASE("heads that do not divide the width are as many as the nearest number that does, of two the fewer") {
    const auto nearest = [](int hidden, int heads) {
        const std::string fix =
            adapter()
                .with("model.num_key_value_heads=null ++recipes.model.hidden_size=" + std::to_string(hidden) +
                      " model.num_attention_heads=" + std::to_string(heads))
                .only("model.head_size")
                .fix;
        return std::stoi(fix.substr(fix.rfind('=') + 1));
    };
    // The divisors of 60: 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60.
    CHECK(nearest(60, 7) == 6);
    CHECK(nearest(60, 8) == 6);
    CHECK(nearest(60, 9) == 10);
    CHECK(nearest(60, 11) == 10);
    CHECK(nearest(60, 17) == 15);
    CHECK(nearest(60, 18) == 20);
    CHECK(nearest(60, 25) == 20);
    CHECK(nearest(60, 26) == 30);
    CHECK(nearest(60, 70) == 60);
    CHECK(nearest(61, 2) == 1);
}

TEST_CASE("a program's values at the limits are taken, and texts of numbers as numbers") {
    const auto says = [](RecipeUnderTest (*base)(), const std::string& overrides) {
        return base().with("++recipes." + overrides).says("model.value");
    };
    for (const char* good : {ROLLOUT "n=1", ROLLOUT "n='2'", ROLLOUT "n=2.0", ROLLOUT "n=null",
                             ROLLOUT "gpu_memory_utilization=0", ROLLOUT "gpu_memory_utilization=1",
                             ROLLOUT "gpu_memory_utilization='0.5'", ACTOR "loss_agg_mode=TOKEN-MEAN"}) {
        INFO(good);
        CHECK_FALSE(says(verl, good));
    }
    for (const char* bad : {ROLLOUT "n=''", ROLLOUT "n='2x'", ROLLOUT "n=[1]", ROLLOUT "gpu_memory_utilization=-0.1",
                            ROLLOUT "gpu_memory_utilization=1.1", ROLLOUT "gpu_memory_utilization=true",
                            ACTOR "loss_agg_mode=1", ACTOR "use_dynamic_bsz=1"}) {
        INFO(bad);
        CHECK(says(verl, bad));
    }
    // Over Megatron verl takes what it takes over FSDP.
    CHECK(verl().with(ACTOR "strategy=megatron ++recipes." ROLLOUT "n=0").says("model.value"));
}

}  // namespace recipe::validate
