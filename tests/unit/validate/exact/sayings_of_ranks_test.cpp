// SPDX-License-Identifier: Apache-2.0
// What is said of ranks that share sequences, answers and engines, word for word.
#include "sayings.hpp"

namespace recipe::validate {
namespace {

using namespace sayings;

/// The verl recipe over Megatron: four tensor- and two pipeline-parallel ranks.
RecipeUnderTest verl_megatron() {
    return verl().with("training_config.actor_rollout_ref.actor.strategy=megatron");
}

// --- ranks: llmft on 8, verl on 2 × 8 ------------------------------------------------------------------------------

#define ARGUMENTS "training_config.training_args."
#define ACTOR "training_config.actor_rollout_ref.actor."
#define ROLLOUT "training_config.actor_rollout_ref.rollout."

const Row ranks[] = {
    {"layout.ray", verl, "training_config.trainer.nnodes=4", error, "training_config.trainer.nnodes",
     "training_config.trainer.nnodes is 4, and trainer.num_nodes is 2: verl would wait for nodes that the job does not "
     "have",
     "training_config.trainer.nnodes=2"},
    {"layout.ray", verl, "training_config.trainer.n_gpus_per_node=16", error, "training_config.trainer.n_gpus_per_node",
     "training_config.trainer.n_gpus_per_node is 16, and trainer.devices is 8: verl would wait for GPUs of each node "
     "that the job does not have",
     "training_config.trainer.n_gpus_per_node=8"},
    {"layout.ray", verl, "trainer.num_nodes=4", warning, "training_config.trainer.nnodes",
     "training_config.trainer.nnodes is 2, and trainer.num_nodes is 4: verl leaves the other nodes idle",
     "training_config.trainer.nnodes=4"},
    {"layout.sharing", llmft, ARGUMENTS "ring_attn_size=3", error, ARGUMENTS "ring_attn_size",
     "8 ranks cannot be divided into groups of 3 that share a sequence (" ARGUMENTS "ring_attn_size 3)",
     ARGUMENTS "ring_attn_size=2"},
    {"layout.sharing", llmft, ARGUMENTS "ring_attn_size=8 " ARGUMENTS "ulysses_sequence_parallel_size=2", error,
     ARGUMENTS "ring_attn_size",
     "8 ranks cannot be divided into groups of 16 that share a sequence (" ARGUMENTS "ring_attn_size 8 × " ARGUMENTS
     "ulysses_sequence_parallel_size 2)",
     ARGUMENTS "ring_attn_size=4"},
    {"layout.sharing", llmft, ARGUMENTS "ulysses_sequence_parallel_size=16", error,
     ARGUMENTS "ulysses_sequence_parallel_size",
     "8 ranks cannot be divided into groups of 16 that share a sequence (" ARGUMENTS
     "ulysses_sequence_parallel_size 16)",
     ARGUMENTS "ulysses_sequence_parallel_size=8"},
    // 8 is no multiple of 3, whatever the other is.
    {"layout.sharing", llmft, ARGUMENTS "ring_attn_size=4 " ARGUMENTS "ulysses_sequence_parallel_size=3", error,
     ARGUMENTS "ring_attn_size",
     "8 ranks cannot be divided into groups of 12 that share a sequence (" ARGUMENTS "ring_attn_size 4 × " ARGUMENTS
     "ulysses_sequence_parallel_size 3)",
     ARGUMENTS "ulysses_sequence_parallel_size=1 " ARGUMENTS "ring_attn_size=1"},
    {"layout.mesh", verl, ACTOR "fsdp_config.fsdp_size=6", warning, ACTOR "fsdp_config.fsdp_size",
     ACTOR "fsdp_config.fsdp_size 6 does not divide 16 ranks: 2 groups of it leave 4 out",
     ACTOR "fsdp_config.fsdp_size=4"},
    {"layout.mesh", verl, ACTOR "fsdp_config.fsdp_size=15", warning, ACTOR "fsdp_config.fsdp_size",
     ACTOR "fsdp_config.fsdp_size 15 does not divide 16 ranks: 1 groups of it leave 1 out",
     ACTOR "fsdp_config.fsdp_size=8"},
    {"layout.rollout", verl, ROLLOUT "tensor_model_parallel_size=3", error, ROLLOUT "tensor_model_parallel_size",
     "16 ranks cannot be divided into rollout engines of 3 (3 tensor × 1 data × 1 pipeline parallel)",
     ROLLOUT "tensor_model_parallel_size=2"},
    {"layout.rollout", verl, ROLLOUT "tensor_model_parallel_size=16 " ROLLOUT "data_parallel_size=2", error,
     ROLLOUT "tensor_model_parallel_size",
     "16 ranks cannot be divided into rollout engines of 32 (16 tensor × 2 data × 1 pipeline parallel)",
     ROLLOUT "tensor_model_parallel_size=8"},
    {"layout.rollout", verl, ROLLOUT "data_parallel_size=3", error, ROLLOUT "tensor_model_parallel_size",
     "16 ranks cannot be divided into rollout engines of 12 (4 tensor × 3 data × 1 pipeline parallel)",
     ROLLOUT "tensor_model_parallel_size=1 " ROLLOUT "data_parallel_size=1"},
    {"layout.rollout", verl, ROLLOUT "pipeline_model_parallel_size=3 " ROLLOUT "tensor_model_parallel_size=1", error,
     ROLLOUT "tensor_model_parallel_size",
     "16 ranks cannot be divided into rollout engines of 3 (1 tensor × 1 data × 3 pipeline parallel)",
     ROLLOUT "pipeline_model_parallel_size=1"},
    {"layout.actor", verl_megatron, ACTOR "megatron.tensor_model_parallel_size=3", error,
     ACTOR "megatron.tensor_model_parallel_size",
     "16 ranks cannot be divided by 3 tensor × 2 pipeline × 1 context parallel = 6",
     ACTOR "megatron.tensor_model_parallel_size=2"},
    {"layout.actor", verl_megatron, ACTOR "megatron.context_parallel_size=3", error,
     ACTOR "megatron.tensor_model_parallel_size",
     "16 ranks cannot be divided by 4 tensor × 2 pipeline × 3 context parallel = 24",
     ACTOR "megatron.tensor_model_parallel_size=1 " ACTOR "megatron.pipeline_model_parallel_size=1 " ACTOR
           "megatron.context_parallel_size=1"},
    {"layout.padding", verl,
     ACTOR "ulysses_sequence_parallel_size=2 training_config.actor_rollout_ref.model.use_remove_padding=false", error,
     "training_config.actor_rollout_ref.model.use_remove_padding",
     ACTOR
     "ulysses_sequence_parallel_size 2 needs training_config.actor_rollout_ref.model.use_remove_padding, which is "
     "off",
     "training_config.actor_rollout_ref.model.use_remove_padding=True"},
    {"layout.padding", verl,
     ACTOR "ulysses_sequence_parallel_size=2 training_config.actor_rollout_ref.model.use_remove_padding=null", error,
     ACTOR "ulysses_sequence_parallel_size",
     ACTOR
     "ulysses_sequence_parallel_size 2 needs training_config.actor_rollout_ref.model.use_remove_padding, which is "
     "off",
     "training_config.actor_rollout_ref.model.use_remove_padding=True"},
    // 16 and 8 answers: an even number of prompts.
    {"batch.answers", verl, "training_config.data.train_batch_size=127", error, "training_config.data.train_batch_size",
     "training_config.data.train_batch_size 127 × 8 answers to each prompt = 1016, which the number of GPUs, 16, does "
     "not divide",
     "training_config.data.train_batch_size=128"},
    // Two ranks of eight learn, 16 at a time: 32 and 8 answers, so prompts in fours.
    {"batch.answers", verl_megatron,
     "training_config.data.train_batch_size=125 " ACTOR "ppo_micro_batch_size_per_gpu=16", error,
     "training_config.data.train_batch_size",
     "training_config.data.train_batch_size 125 × 8 answers to each prompt = 1000, which 2 data-parallel ranks × "
     "micro-batch = 32 does not divide",
     "training_config.data.train_batch_size=128"},
    // Without a micro-batch one sequence counts.
    {"batch.answers", verl_megatron,
     "training_config.data.train_batch_size=127 " ACTOR "ppo_micro_batch_size_per_gpu=null " ROLLOUT "n=1", error,
     "training_config.data.train_batch_size",
     "training_config.data.train_batch_size 127 × 1 answers to each prompt = 127, which 2 data-parallel ranks × "
     "micro-batch = 2 does not divide",
     "training_config.data.train_batch_size=128"},
    {"batch.steps", verl, ACTOR "ppo_mini_batch_size=256", error, ACTOR "ppo_mini_batch_size",
     ACTOR "ppo_mini_batch_size 256 is more than training_config.data.train_batch_size 128, of which it is a part",
     ACTOR "ppo_mini_batch_size=128"},
    {"batch.steps", verl, ACTOR "ppo_mini_batch_size=1", error, ACTOR "ppo_mini_batch_size",
     ACTOR "ppo_mini_batch_size 1 gives 16 ranks less than one answer each", ACTOR "ppo_mini_batch_size=16"},
    // 32 prompts × 8 answers / 16 ranks = 16.
    {"batch.steps", verl, ACTOR "ppo_micro_batch_size_per_gpu=3", error, ACTOR "ppo_micro_batch_size_per_gpu",
     ACTOR "ppo_micro_batch_size_per_gpu 3 does not divide the 16 answers that each of 16 ranks learns from in a step "
           "(" ACTOR "ppo_mini_batch_size 32)",
     ACTOR "ppo_micro_batch_size_per_gpu=2"},
    {"batch.steps", verl, ACTOR "ppo_micro_batch_size=8", error, ACTOR "ppo_micro_batch_size",
     ACTOR "ppo_micro_batch_size 8 × " ACTOR "ulysses_sequence_parallel_size 1 is less than the 16 GPUs that share it",
     ACTOR "ppo_micro_batch_size=16"},
    {"batch.steps", verl, ACTOR "ppo_micro_batch_size=4 " ACTOR "ulysses_sequence_parallel_size=2", error,
     ACTOR "ppo_micro_batch_size",
     ACTOR "ppo_micro_batch_size 4 × " ACTOR "ulysses_sequence_parallel_size 2 is less than the 16 GPUs that share it",
     ACTOR "ppo_micro_batch_size=8"},
    {"batch.steps", verl, ACTOR "ppo_micro_batch_size=5", error, ACTOR "ppo_micro_batch_size",
     ACTOR "ppo_micro_batch_size 5 does not divide " ACTOR "ppo_mini_batch_size 32", ""},
};

}  // namespace

TEST_CASE("what ranks that share sequences, answers and engines are told") {
    for (const Row& row : ranks) check(row);
}

TEST_CASE("layouts and batches at the limits of their rules have nothing said") {
    const auto silent = [](const RecipeUnderTest& recipe, std::string_view code) {
        INFO(recipe.codes());
        CHECK_FALSE(recipe.says(code));
    };
    silent(verl().with(ACTOR "fsdp_config.fsdp_size=16"), "layout.mesh");
    silent(verl().with(ACTOR "fsdp_config.fsdp_size=17"), "layout.mesh");
    silent(verl().with(ACTOR "fsdp_config.fsdp_size=0"), "layout.mesh");
    silent(verl().with(ACTOR "fsdp_config.fsdp_size=null"), "layout.mesh");
    silent(verl().with(ACTOR "ppo_micro_batch_size=8 " ACTOR "ulysses_sequence_parallel_size=2"), "batch.steps");
    silent(verl().with(ACTOR "ppo_micro_batch_size=16"), "batch.steps");
    silent(verl().with(ACTOR "ppo_micro_batch_size=5 " ACTOR "use_dynamic_bsz=true"), "batch.steps");
    silent(verl_megatron().with(ACTOR "ppo_micro_batch_size=5"), "batch.steps");
    silent(verl().with(ACTOR "ppo_mini_batch_size=128"), "batch.steps");
    silent(verl().with(ACTOR "ppo_mini_batch_size=4"), "batch.steps");
    silent(verl_megatron().with(ACTOR "ulysses_sequence_parallel_size=2 "
                                      "training_config.actor_rollout_ref.model.use_remove_padding=false"),
           "layout.padding");
    silent(nemo().with("model.encoder_seq_length=8194 model.sequence_parallel=false"), "layout.sequence");
    silent(nemo().with("model.expert_model_parallel_size=3 model.num_moe_experts=24 "
                       "++recipes.model.expert_tensor_parallel_size=1"),
           "layout.expert_ranks");
    silent(nemo().with("model.num_layers=33 ++recipes.model.num_layers_in_last_pipeline_stage=16"), "layout.layers");
    silent(nemo().with("model.num_layers=33 ++recipes.model.account_for_embedding_in_pipeline_split=true"),
           "layout.layers");
    silent(nemo().with("trainer.accumulate_grad_batches=null"), "batch.accumulation");
    silent(nemo().with("trainer.accumulate_grad_batches=2 model.global_batch_size=null"), "batch.accumulation");
    silent(neuron().with("++recipes.trainer.accumulate_grad_batches=2"), "batch.accumulation");
    silent(llama().with("trainer.num_nodes=2 model.tensor_model_parallel_degree=8 model.shard_degree=2"),
           "layout.across_nodes");
    silent(llama().with("model.context_parallel_degree=8"), "layout.context");
}

}  // namespace recipe::validate
