// SPDX-License-Identifier: Apache-2.0
// What the rules of layouts and batches say, word for word: the place, the figures, and the first fix that helps.
#include "sayings.hpp"

namespace recipe::validate {
namespace {

using namespace sayings;

// --- layouts with pipelines: 4 nodes of 8, 4 tensor × 2 pipeline parallel, 32 layers, 32 and 8 heads ----------------

const Row pipelines[] = {
    // 32 / 2 = 16, of which 2 is the next smaller divisor.
    {"layout.model_parallel", nemo,
     "model.tensor_model_parallel_size=3 model.num_attention_heads=null model.num_query_groups=null "
     "model.sequence_parallel=false",
     error, "model.tensor_model_parallel_size",
     "4 × 8 = 32 ranks cannot be divided by tensor_model_parallel_size 3 × pipeline_model_parallel_size 2 = 6",
     "model.tensor_model_parallel_size=2"},
    // A copy takes 12 ranks, so nodes of 8 come in threes.
    {"layout.model_parallel", nemo, "model.pipeline_model_parallel_size=3 model.num_layers=33", error,
     "model.tensor_model_parallel_size",
     "4 × 8 = 32 ranks cannot be divided by tensor_model_parallel_size 4 × pipeline_model_parallel_size 3 = 12",
     "trainer.num_nodes=6"},
    {"layout.model_parallel", nemo, "model.context_parallel_size=3 model.encoder_seq_length=9216", error,
     "model.tensor_model_parallel_size",
     "4 × 8 = 32 ranks cannot be divided by tensor_model_parallel_size 4 × pipeline_model_parallel_size 2 × "
     "context_parallel_size 3 = 24",
     "trainer.num_nodes=6"},
    // One factor alone is no product; 8 ranks, of which no divisor is below 16 and above 8.
    {"layout.model_parallel", nemo,
     "trainer.num_nodes=1 model.tensor_model_parallel_size=16 model.pipeline_model_parallel_size=1 "
     "model.num_query_groups=16",
     error, "model.tensor_model_parallel_size", "1 × 8 = 8 ranks cannot be divided by tensor_model_parallel_size 16",
     "model.tensor_model_parallel_size=8"},
    // 7, 6 and 5 do not divide 16.
    {"layout.model_parallel", nemo,
     "trainer.num_nodes=2 model.tensor_model_parallel_size=7 model.pipeline_model_parallel_size=1 "
     "model.num_attention_heads=null model.num_query_groups=null model.sequence_parallel=false",
     error, "model.tensor_model_parallel_size", "2 × 8 = 16 ranks cannot be divided by tensor_model_parallel_size 7",
     "model.tensor_model_parallel_size=4"},
    {"layout.layers", nemo, "model.num_layers=33", error, "model.pipeline_model_parallel_size",
     "33 layers cannot be spread evenly over 2 stages (pipeline_model_parallel_size 2)",
     "model.pipeline_model_parallel_size=1"},
    // One stage alone leaves eight ranks, of which 12 sequences are no multiple.
    {"layout.layers", nemo, "model.num_layers=33 model.global_batch_size=12", error,
     "model.pipeline_model_parallel_size",
     "33 layers cannot be spread evenly over 2 stages (pipeline_model_parallel_size 2)",
     "model.pipeline_model_parallel_size=1 model.global_batch_size=16"},
    {"layout.layers", nemo, "model.virtual_pipeline_model_parallel_size=3", error, "model.pipeline_model_parallel_size",
     "32 layers cannot be spread evenly over 6 stages (pipeline_model_parallel_size 2 × "
     "virtual_pipeline_model_parallel_size 3 = 6)",
     "model.virtual_pipeline_model_parallel_size=null"},
    {"layout.layers", nemo, "model.virtual_pipeline_model_parallel_size=2 model.num_layers=33", error,
     "model.pipeline_model_parallel_size",
     "33 layers cannot be spread evenly over 4 stages (pipeline_model_parallel_size 2 × "
     "virtual_pipeline_model_parallel_size 2 = 4)",
     "model.pipeline_model_parallel_size=1 model.virtual_pipeline_model_parallel_size=null"},
    {"layout.layers", neuron, "model.num_layers=33 distributed_strategy.pipeline_model_parallel_size=2", warning,
     "distributed_strategy.pipeline_model_parallel_size",
     "33 layers cannot be spread evenly over 2 stages (pipeline_model_parallel_size 2)",
     "distributed_strategy.pipeline_model_parallel_size=1"},
    // More stages than layers.
    {"layout.layers", neuron, "model.num_layers=3 distributed_strategy.pipeline_model_parallel_size=4", warning,
     "distributed_strategy.pipeline_model_parallel_size",
     "3 layers cannot be spread evenly over 4 stages (pipeline_model_parallel_size 4)",
     "distributed_strategy.pipeline_model_parallel_size=3"},
    {"layout.virtual_pipeline", nemo,
     "model.pipeline_model_parallel_size=1 model.virtual_pipeline_model_parallel_size=2", warning,
     "model.virtual_pipeline_model_parallel_size",
     "model.virtual_pipeline_model_parallel_size is 2, but there is no pipeline to interleave: "
     "model.pipeline_model_parallel_size is 1",
     "model.virtual_pipeline_model_parallel_size=null"},
    // Three pieces do not divide 8194, two do.
    {"layout.sequence", nemo, "model.encoder_seq_length=8194", error, "model.encoder_seq_length",
     "a sequence of 8194 tokens cannot be cut into 4 pieces (tensor_model_parallel_size 4)",
     "model.tensor_model_parallel_size=2"},
    // 4 × 2 × 2 pieces; the next multiple of 16 is 8208.
    {"layout.sequence", nemo, "model.context_parallel_size=2 model.encoder_seq_length=8196", error,
     "model.encoder_seq_length",
     "a sequence of 8196 tokens cannot be cut into 16 pieces (tensor_model_parallel_size 4 × context_parallel_size 2 "
     "= 8, two for each context-parallel rank)",
     "model.encoder_seq_length=8208"},
    // 2 pieces for each of three ranks; 8192 is no multiple of 6, and 8196 is the next.
    {"layout.sequence", neuron,
     "++recipes.distributed_strategy.context_parallel_size=3 distributed_strategy.sequence_parallel=false", error,
     "model.encoder_seq_length",
     "a sequence of 8192 tokens cannot be cut into 6 pieces (tensor_model_parallel_size 32 × context_parallel_size 3 "
     "= 96, two for each context-parallel rank)",
     "model.encoder_seq_length=8196"},
    // Ranks of Ulysses take one piece each, and what does not divide is padded.
    {"layout.sequence", llmft,
     "training_config.training_args.ulysses_sequence_parallel_size=8 training_config.training_args.max_len=4100",
     warning, "training_config.training_args.max_len",
     "a sequence of 4100 tokens cannot be cut into 8 pieces (ulysses_sequence_parallel_size 8)",
     "training_config.training_args.max_len=4104"},
    // 50257 = 1570 × 32 + 17.
    {"layout.vocabulary", neuron, "model.vocab_size=50257", warning, "model.vocab_size",
     "distributed_strategy.tensor_model_parallel_size 32 does not divide the vocabulary of 50257, which it splits",
     "model.vocab_size=50272"},
    {"layout.vocabulary", llama,
     "++recipes.model.vocab_size=1001 model.tensor_model_parallel_degree=2 model.shard_degree=4", error,
     "model.vocab_size", "model.tensor_model_parallel_degree 2 does not divide the vocabulary of 1001, which it splits",
     "model.vocab_size=1002"},
    {"layout.vocabulary", adapter,
     "++recipes.model.vocab_size=1001 model.tensor_model_parallel_degree=2 model.shard_degree=4", warning,
     "model.vocab_size", "model.tensor_model_parallel_degree 2 does not divide the vocabulary of 1001, which it splits",
     "model.vocab_size=1002"},
    // 3 divides the experts, and not the 4 data-parallel ranks.
    {"layout.experts", nemo, "model.expert_model_parallel_size=4 model.num_moe_experts=6", error,
     "model.expert_model_parallel_size", "model.expert_model_parallel_size 4 does not divide 6 experts",
     "model.expert_model_parallel_size=2"},
    {"layout.experts", adapter,
     "model.expert_model_parallel_degree=8 model.shard_degree=1 ++recipes.model.num_local_experts=6", warning,
     "model.expert_model_parallel_degree", "model.expert_model_parallel_degree 8 does not divide 6 experts",
     "model.expert_model_parallel_degree=6"},
    {"layout.expert_ranks", nemo, "model.expert_model_parallel_size=3 model.num_moe_experts=24", error,
     "model.expert_model_parallel_size",
     "model.expert_model_parallel_size 3 does not divide the 4 data-parallel ranks, among which the experts are spread",
     "model.expert_model_parallel_size=2"},
    // Two ranks and three context-parallel ones each: six, as newer Megatron counts.
    {"layout.expert_ranks", nemo,
     "trainer.num_nodes=6 model.context_parallel_size=3 model.encoder_seq_length=9216 "
     "model.expert_model_parallel_size=3 model.num_moe_experts=24",
     warning, "model.expert_model_parallel_size",
     "model.expert_model_parallel_size 3 does not divide the 2 data-parallel ranks, among which the experts are spread",
     "model.expert_model_parallel_size=2"},
    {"layout.heads", nemo, "model.num_attention_heads=30 model.num_query_groups=null", error,
     "model.tensor_model_parallel_size", "model.tensor_model_parallel_size 4 does not divide 30 attention heads",
     "model.tensor_model_parallel_size=2"},
    {"layout.heads", nemo, "model.num_query_groups=6", error, "model.tensor_model_parallel_size",
     "model.tensor_model_parallel_size 4 does not divide 6 key-value heads", "model.tensor_model_parallel_size=2"},
    {"layout.heads", nemo, "model.num_query_groups=2", warning, "model.tensor_model_parallel_size",
     "model.tensor_model_parallel_size 4 does not divide 2 key-value heads", "model.tensor_model_parallel_size=2"},
    {"layout.heads", neuron, "distributed_strategy.kv_replicator=1", error, "distributed_strategy.kv_replicator",
     "distributed_strategy.tensor_model_parallel_size 32 does not divide 8 key-value heads × kv_replicator 1",
     "distributed_strategy.kv_replicator=4"},
    {"layout.heads", neuron, "distributed_strategy.kv_replicator=null", error,
     "distributed_strategy.tensor_model_parallel_size",
     "distributed_strategy.tensor_model_parallel_size 32 does not divide 8 key-value heads × kv_replicator 1",
     "distributed_strategy.kv_replicator=4"},
    {"layout.across_nodes", nemo,
     "model.tensor_model_parallel_size=16 model.pipeline_model_parallel_size=1 model.num_query_groups=16 "
     "instance_type=null",
     warning, "model.tensor_model_parallel_size",
     "model.tensor_model_parallel_size 16 reaches across nodes of 8 devices; every layer then waits for the network "
     "between nodes",
     ""},
    {"layout.across_nodes", nemo,
     "model.tensor_model_parallel_size=16 model.pipeline_model_parallel_size=1 model.num_query_groups=16", warning,
     "model.tensor_model_parallel_size",
     "model.tensor_model_parallel_size 16 reaches across nodes of 8 devices; every layer then waits for 3200 Gbit/s "
     "between nodes instead of nvswitch inside one",
     ""},
    // A tray of a rack of 72: 32 ranks are of one domain, and so are groups of 8 of 128 ranks.
    {"layout.across_nodes", nemo,
     "instance_type=dgx-gb200 trainer.devices=4 trainer.num_nodes=8 model.tensor_model_parallel_size=16 "
     "model.pipeline_model_parallel_size=1 model.num_query_groups=16",
     hint, "model.tensor_model_parallel_size",
     "model.tensor_model_parallel_size 16 reaches across nodes of 4 devices, which NVLink joins in domains of 72; this "
     "takes IMEX on the nodes, and nodes of one domain",
     ""},
    {"layout.across_nodes", nemo,
     "instance_type=dgx-gb200 trainer.devices=4 trainer.num_nodes=32 model.tensor_model_parallel_size=8 "
     "model.pipeline_model_parallel_size=1",
     hint, "model.tensor_model_parallel_size",
     "model.tensor_model_parallel_size 8 reaches across nodes of 4 devices, which NVLink joins in domains of 72; this "
     "takes IMEX on the nodes, and nodes of one domain",
     ""},
    {"layout.across_nodes", nemo,
     "instance_type=dgx-gb200 trainer.devices=4 trainer.num_nodes=32 model.tensor_model_parallel_size=16 "
     "model.pipeline_model_parallel_size=1 model.num_query_groups=16",
     warning, "model.tensor_model_parallel_size",
     "model.tensor_model_parallel_size 16 reaches across nodes of 4 devices; every layer then waits for 1600 Gbit/s "
     "between nodes instead of nvl72 inside one",
     ""},
};

// --- SageMaker's adapter and our trainer: one node of 8, shard degree 8 --------------------------------------------

const Row degrees[] = {
    {"layout.context", llama, "model.context_parallel_degree=16", error, "model.context_parallel_degree",
     "context_parallel_degree 16 is more than shard_degree 8, whose ranks share the sequence",
     "model.context_parallel_degree=8"},
    {"layout.context", llama, "trainer.num_nodes=2 model.context_parallel_degree=16", error,
     "model.context_parallel_degree",
     "context_parallel_degree 16 is more than shard_degree 8, whose ranks share the sequence", "model.shard_degree=16"},
    {"layout.heads", llama, "trainer.num_nodes=2 model.tensor_model_parallel_degree=16 model.shard_degree=1", error,
     "model.tensor_model_parallel_degree", "model.tensor_model_parallel_degree 16 does not divide 8 key-value heads",
     "model.tensor_model_parallel_degree=8"},
    {"layout.heads", llama,
     "model.num_attention_heads=12 model.num_key_value_heads=6 model.tensor_model_parallel_degree=8 "
     "model.shard_degree=1",
     error, "model.tensor_model_parallel_degree",
     "model.tensor_model_parallel_degree 8 does not divide 12 attention heads and 6 key-value heads",
     "model.tensor_model_parallel_degree=2"},
    {"layout.heads", llama,
     "model.num_attention_heads=12 model.num_key_value_heads=null model.tensor_model_parallel_degree=8 "
     "model.shard_degree=1",
     error, "model.tensor_model_parallel_degree",
     "model.tensor_model_parallel_degree 8 does not divide 12 attention heads", "model.tensor_model_parallel_degree=4"},
    {"layout.heads", llama, "trainer.devices=many model.tensor_model_parallel_degree=16 model.shard_degree=1", error,
     "model.tensor_model_parallel_degree", "model.tensor_model_parallel_degree 16 does not divide 8 key-value heads",
     "model.tensor_model_parallel_degree=1"},
    // 24 ranks a copy and nodes of 8: nodes in threes.
    {"layout.world_not_divisible", llama,
     "trainer.num_nodes=4 model.tensor_model_parallel_degree=1 model.shard_degree=24", error, "model.shard_degree",
     "4 nodes × 8 devices = 32 ranks cannot be divided by shard_degree 24; 6 nodes could be", "model.shard_degree=32"},
};

// --- batches -------------------------------------------------------------------------------------------------------

const Row batches[] = {
    {"batch.global", nemo, "model.global_batch_size=6", error, "model.global_batch_size",
     "model.global_batch_size 6 is no multiple of model.micro_batch_size 1 × 4 data-parallel ranks = 4",
     "model.global_batch_size=8"},
    {"batch.global", nemo, "model.micro_batch_size=3 model.global_batch_size=25", error, "model.global_batch_size",
     "model.global_batch_size 25 is no multiple of model.micro_batch_size 3 × 4 data-parallel ranks = 12",
     "model.global_batch_size=36"},
    {"batch.global", llmft, "training_config.training_args.train_batch_size=2", warning,
     "training_config.training_args.train_batch_size",
     "training_config.training_args.train_batch_size 2 is no multiple of "
     "training_config.training_args.micro_train_batch_size 1 × 8 data-parallel ranks = 8",
     "training_config.training_args.train_batch_size=8"},
    {"batch.interleaved", nemo, "model.virtual_pipeline_model_parallel_size=2 model.global_batch_size=12", warning,
     "model.global_batch_size",
     "model.global_batch_size 12 makes 3 micro-batches, which the interleaved schedule takes in groups of "
     "model.pipeline_model_parallel_size 2",
     "model.global_batch_size=16"},
    {"batch.accumulation", nemo, "trainer.accumulate_grad_batches=2", warning, "trainer.accumulate_grad_batches",
     "trainer.accumulate_grad_batches is 2, but NeMo derives accumulation from model.global_batch_size and wants 1 "
     "there",
     "trainer.accumulate_grad_batches=1"},
};

}  // namespace

TEST_CASE("what layouts with pipelines are told") {
    for (const Row& row : pipelines) check(row);
}

TEST_CASE("what layouts of shards are told") {
    for (const Row& row : degrees) check(row);
}

TEST_CASE("what batches are told") {
    for (const Row& row : batches) check(row);
}

}  // namespace recipe::validate
