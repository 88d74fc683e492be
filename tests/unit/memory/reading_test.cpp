// SPDX-License-Identifier: Apache-2.0
// The workload that a recipe of the adapter says: each number of it, and what counts where it is silent.
#include "memory/reading_of.hpp"

namespace recipe::memory {

using namespace reading_of;

TEST_CASE("the adapter's workload: what it takes where its recipe says nothing") {
    const Reading reading = adapter();
    REQUIRE(reading.unknown.empty());
    const Workload& w = reading.workload;
    CHECK(w.sequence == 2048);
    CHECK(w.micro_batch == 2);
    CHECK(w.grad_accum == 1);
    CHECK(w.validation_batch == 0);
    CHECK_FALSE(w.packed);
    CHECK(w.checkpointing);
    CHECK_FALSE(w.offload_checkpoints);
    CHECK(w.replicate == 2);
    CHECK(w.shard == 8);
    for (const std::int64_t one : {w.tensor, w.context, w.expert, w.pipeline, w.virtual_pipeline}) CHECK(one == 1);
    CHECK(w.expert_tensor == 0);
    CHECK_FALSE(w.offload_parameters);
    CHECK_FALSE(w.offload_optimizer);
    CHECK_FALSE(w.reference);
    CHECK(w.critic_parameters == 0);
    CHECK(w.lora.rank == 0);
    CHECK(w.lora.base_bytes == 2);
    CHECK(
        w.shape ==
        Shape{.hidden = 2048, .layers = 16, .heads = 32, .kv_heads = 8, .head_dim = 64, .ffn = 8192, .vocab = 128256});
    CHECK(reading.nodes == 2);
    CHECK(reading.devices == 8);
    CHECK(reading.world() == 16);
    CHECK_FALSE(reading.pairs);
    CHECK_FALSE(reading.shard_follows);
    CHECK_FALSE(reading.on_cpu);
    CHECK(reading.shape_from.empty());
    CHECK(reading.beside.empty());
    CHECK(reading.problems.empty());
    CHECK(w.assumptions == reading.alone);
    CHECK(reading.alone.norm == Norm::fused);
    CHECK(reading.alone.loss == Loss::fp32);
    CHECK_FALSE(reading.alone.sequence_parallel);
    CHECK(reading.divided.loss == Loss::loss_parallel);
    CHECK(reading.divided.sequence_parallel);
    CHECK(reading.alone.below == 0.25);
    CHECK(reading.alone.above == 0.25);
}

TEST_CASE("the attention that a recipe names counts, and the adapter's is a flash kernel under Lightning") {
    const auto attention = [](const std::string& model, const std::string& more = "") {
        return adapter(model, more).workload.assumptions.attention;
    };
    CHECK(attention("x: 1") == Attention::flash);
    CHECK(attention("use_flash_attention: true") == Attention::flash);
    CHECK(attention("use_flash_attention: false") == Attention::sdpa);
    CHECK(attention("use_flash_attention: flash_attention_2") == Attention::flash);
    CHECK(attention("use_flash_attention: sdpa") == Attention::sdpa);
    CHECK(attention("x: 1", ", memory: {attention: sdpa}") == Attention::sdpa);
    CHECK(adapter().workload.assumptions.zero_grad == ZeroGrad::backward);
}

TEST_CASE("the adapter's workload: what its recipe says") {
    const auto w = [](const std::string& model, const std::string& more = "") { return adapter(model, more).workload; };
    CHECK(w("max_context_width: 512").sequence == 512);
    CHECK(w("train_batch_size: 5").micro_batch == 5);
    CHECK(w("train_batch_size: 0").micro_batch == 1);
    CHECK(w("train_batch_size: -4").micro_batch == 1);
    CHECK(w("activation_checkpointing: false").checkpointing == false);
    CHECK(w("offload_activations: true").offload_checkpoints);
    CHECK_FALSE(w("offload_activations: true, activation_checkpointing: false").offload_checkpoints);
    CHECK(w("tensor_model_parallel_degree: 4").tensor == 4);
    CHECK(w("tensor_model_parallel_degree: 4").assumptions == adapter().divided);
    CHECK(w("context_parallel_degree: 4").context == 4);
    CHECK(w("expert_model_parallel_degree: 2").expert == 2);
    CHECK(w("tie_word_embeddings: true").shape.tied_embeddings);
    CHECK(w("head_dim: 128").shape.head_dim == 128);
    // Of experts: their number where there is no switch, and two of them a token.
    CHECK(w("moe: true, num_local_experts: 8").shape.experts == 8);
    CHECK(w("moe: true, num_local_experts: 8").shape.experts_per_token == 2);
    CHECK(w("moe: true, num_local_experts: 8, num_experts_per_tok: 3").shape.experts_per_token == 3);
    CHECK(w("moe: false, num_local_experts: 8").shape.experts == 0);
    CHECK(adapter("moe: true").unknown.front().contains("model.num_local_experts"));

    // Shards fill a node, or what tensor- and expert-parallel ranks leave of it.
    CHECK(w("tensor_model_parallel_degree: 2").shard == 4);
    CHECK(w("tensor_model_parallel_degree: 2").replicate == 2);
    CHECK(w("tensor_model_parallel_degree: 2, expert_model_parallel_degree: 2").shard == 2);
    CHECK(w("tensor_model_parallel_degree: 16").shard == 1);
    CHECK(w("shard_degree: 4").shard == 4);
    CHECK(w("shard_degree: 4").replicate == 4);
    CHECK(w("shard_degree: 1").shard == 1);
    CHECK(w("shard_degree: 0").shard == 8);
    CHECK(w("shard_degree: 4, sharding_strategy: no_shard").shard == 1);
    CHECK(w("sharding_strategy: NO_SHARD").shard == 1);
    CHECK(w("sharding_strategy: full_shard").shard == 16);
    CHECK(w("sharding_strategy: full_shard, tensor_model_parallel_degree: 2").shard == 8);
    CHECK(w("sharding_strategy: full_shard, expert_model_parallel_degree: 4").shard == 4);
    CHECK(adapter("sharding_strategy: full_shard").shard_follows);
    CHECK_FALSE(adapter("sharding_strategy: hybrid_shard").shard_follows);
    CHECK(adapter("shard_degree: 3").unknown ==
          std::vector<std::string>{"its degrees do not divide the world of 16 ranks"});
}

TEST_CASE("the adapter's validation counts where there is data and some of it is looked at") {
    const auto batch = [](const std::string& model, const std::string& limit) {
        return read_of(fmt::format("recipes: {{run: {{model_type: hf}}, trainer: {{devices: 8{}}}, model: {{{}, {}}}}}",
                                   limit, shape, model))
            .workload.validation_batch;
    };
    CHECK(batch("val_batch_size: 3, data: {val_dir: /d}", ", limit_val_batches: 2") == 3);
    CHECK(batch("val_batch_size: 3, data: {val_dir: /d}", ", limit_val_batches: 0.5") == 3);
    CHECK(batch("val_batch_size: 3, data: {val_dir: /d}", "") == 0);
    CHECK(batch("val_batch_size: 3, data: {val_dir: /d}", ", limit_val_batches: 0") == 0);
    CHECK(batch("val_batch_size: 3, data: {val_dir: /d}", ", limit_val_batches: 0.0") == 0);
    CHECK(batch("val_batch_size: 3, data: {val_dir: null}", ", limit_val_batches: 2") == 0);
    CHECK(batch("val_batch_size: 3, data: {use_synthetic_data: true}", ", limit_val_batches: 2") == 3);
    CHECK(batch("data: {val_dir: /d}", ", limit_val_batches: 2") == 1);
    CHECK(batch("val_batch_size: -3, data: {val_dir: /d}", ", limit_val_batches: 2") == 0);
}

TEST_CASE("ranks are counted within reason, and from the launcher's keys first") {
    const auto ranks = [](const std::string& nodes, const std::string& devices) {
        const Reading reading = adapter("sharding_strategy: no_shard", "", nodes, devices);
        return reading.unknown.empty() ? reading.world() : 0;
    };
    CHECK(ranks("1", "1") == 1);
    CHECK(ranks("100000", "1024") == 102'400'000);
    CHECK(ranks("100001", "8") == 0);
    CHECK(ranks("0", "8") == 0);
    CHECK(ranks("8", "1025") == 0);
    CHECK(ranks("8", "0") == 0);
    CHECK(ranks("null", "8") == 8);
    CHECK(ranks("x", "8") == 8);
    CHECK(ranks("2", "null") == 16);  // those of the machine
    CHECK(adapter("x: 1", "", "0").unknown == std::vector<std::string>{"how many ranks there are"});
    const Reading launched = read_of(
        fmt::format("recipes: {{run: {{model_type: hf, nodes: 3, ntasks_per_node: 4}}, trainer: {{num_nodes: 2, "
                    "devices: 8}}, model: {{{}, sharding_strategy: no_shard}}}}",
                    shape));
    CHECK(launched.nodes == 3);
    const Reading unset = read_of(
        fmt::format("recipes: {{run: {{model_type: hf, nodes: null, ntasks_per_node: null}}, trainer: {{num_nodes: 2, "
                    "devices: 4}}, model: {{{}, sharding_strategy: no_shard}}}}",
                    shape));
    CHECK(unset.nodes == 2);
    CHECK(unset.devices == 4);
    CHECK(launched.devices == 4);
    CHECK(read_of(fmt::format("recipes: {{run: {{model_type: hf}}, model: {{{}}}}}", shape), "none").devices == 1);
    const Reading cpu = read_of(
        fmt::format("recipes: {{run: {{model_type: hf}}, trainer: {{accelerator: cpu}}, model: {{{}}}}}", shape));
    CHECK(cpu.on_cpu);
    CHECK(cpu.unknown == std::vector<std::string>{"what it needs of a host's memory: it trains on CPUs"});
    CHECK(read_of("recipes: {run: {model_type: mtrl}}").unknown ==
          std::vector<std::string>{"how Amazon's multi-turn reinforcement learning uses memory"});
}

TEST_CASE("a precision in 32 bits is fp32 by each of its names") {
    const auto precision = [](const char* word) {
        const Reading reading = read_of(
            fmt::format("recipes: {{run: {{model_type: hf}}, trainer: {{devices: 8, precision: {}}}, model: {{{}}}}}",
                        word, shape));
        return reading.alone.precision;
    };
    for (const char* word : {"32", "32-true", "fp32", "float32", "fp32-true"}) {
        INFO(word);
        CHECK(precision(word) == Precision::fp32);
    }
    for (const char* word : {"bf16", "16", "33", "null"}) CHECK(precision(word) == Precision::mixed);
}

TEST_CASE("what is not said of a workload is named, with the key that would say it") {
    const Reading no_sequence = read_of(
        "recipes: {run: {model_type: llm_finetuning_aws}, trainer: {devices: 8}, training_config: {training_args: "
        "{micro_train_batch_size: 1}, model_config: {model_name_or_path: meta-llama/Llama-3.1-8B}}}");
    CHECK(no_sequence.unknown == std::vector<std::string>{"the length of a sequence: the recipe does not say "
                                                          "training_config.training_args.max_len"});
    CHECK(no_sequence.to_say == std::vector<std::string>{"++recipes.training_config.training_args.max_len="});
    const Reading no_shape = read_of(
        "recipes: {run: {model_type: hf}, trainer: {devices: 8}, model: {num_hidden_layers: 16, hidden_size: 2048}}");
    REQUIRE(no_shape.unknown.size() == 1);
    CHECK(no_shape.unknown.front() ==
          "the model's size: the recipe does not say model.num_attention_heads, model.intermediate_size, "
          "model.vocab_size (its section `memory` may: ++recipes.memory.heads= ++recipes.memory.ffn= "
          "++recipes.memory.vocabulary=)");
    CHECK(no_shape.to_say ==
          std::vector<std::string>{"++recipes.memory.heads=", "++recipes.memory.ffn=", "++recipes.memory.vocabulary="});
}

TEST_CASE("shards and replicas follow from the world") {
    Workload w;
    w.tensor = 2;
    w.pipeline = 3;
    w.expert = 2;
    w.context = 4;
    w.shard = 5;
    CHECK(following_shard(w, 24) == 2);
    CHECK(following_shard(w, 11) == 1);
    CHECK(replicas(w, 60) == 1);
    CHECK(replicas(w, 120) == 2);
    CHECK(replicas(w, 61) == std::nullopt);
    CHECK(replicas(w, 0) == std::nullopt);
    w.assumptions.framework = Framework::megatron;
    CHECK(following_shard(w, 24) == 4);
    CHECK(replicas(w, 24) == 1);
    CHECK(replicas(w, 48) == 2);
    CHECK(replicas(w, 30) == std::nullopt);
}

}  // namespace recipe::memory
