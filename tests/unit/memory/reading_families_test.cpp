// SPDX-License-Identifier: Apache-2.0
// The workload that recipes of NeMo, verl and Amazon's fine-tuning say.
#include "memory/reading_of.hpp"

namespace recipe::memory {

using namespace reading_of;

namespace {

Reading nemo(const std::string& model = "x: 1", const std::string& more = "") {
    return read_of(fmt::format(
        "recipes: {{trainer: {{num_nodes: 4, devices: 8}}, model: {{tensor_model_parallel_size: 4, num_layers: 32, "
        "hidden_size: 4096, ffn_hidden_size: 14336, num_attention_heads: 32, num_query_groups: 8, encoder_seq_length: "
        "8192, micro_batch_size: 1, {}}}, memory: {{vocabulary: 1000}}{}}}",
        model, more));
}

Reading verl(const std::string& actor = "x: 1", const std::string& config = "x: 1", const std::string& model = "x: 1") {
    return read_of(fmt::format(
        "recipes: {{run: {{model_type: verl}}, trainer: {{num_nodes: 2, devices: 8}}, training_config: {{data: "
        "{{max_prompt_length: 1000, max_response_length: 3000, train_batch_size: 128}}, actor_rollout_ref: {{model: "
        "{{path: meta-llama/Llama-3.1-8B, {}}}, actor: {{{}}}}}, {}}}}}",
        model, actor, config));
}

Reading llmft(const std::string& arguments = "x: 1", const std::string& model = "x: 1") {
    return read_of(fmt::format(
        "recipes: {{run: {{model_type: llm_finetuning_aws}}, trainer: {{num_nodes: 2, devices: 8}}, training_config: "
        "{{training_args: {{max_len: 4096, micro_train_batch_size: 1, train_batch_size: 64, {}}}, model_config: "
        "{{model_name_or_path: meta-llama/Llama-3.1-8B, {}}}}}}}",
        arguments, model));
}

}  // namespace

TEST_CASE("degrees beyond reason are not divided by") {
    for (const char* key :
         {"tensor_model_parallel_degree", "context_parallel_degree", "expert_model_parallel_degree"}) {
        INFO(key);
        CHECK(adapter(fmt::format("{}: 16777217", key)).unknown.front() == "a parallel degree is beyond reason");
        const auto at_most = adapter(fmt::format("{}: 16777216", key)).unknown;
        CHECK((at_most.empty() || at_most.front() != "a parallel degree is beyond reason"));
    }
    for (const char* key : {"pipeline_model_parallel_size", "virtual_pipeline_model_parallel_size"}) {
        INFO(key);
        CHECK(nemo(fmt::format("{}: 16777217", key)).unknown.front() == "a parallel degree is beyond reason");
    }
}

TEST_CASE("NeMo's workload has pipelines, and passes that follow from the batch") {
    const auto w = [](const std::string& model) {
        const Reading reading = nemo(model);
        CHECK(reading.unknown.empty());
        return reading.workload;
    };
    const Workload plain = w("x: 1");
    CHECK(plain.sequence == 8192);
    CHECK(plain.micro_batch == 1);
    CHECK(plain.tensor == 4);
    CHECK(plain.pipeline == 1);
    CHECK(plain.virtual_pipeline == 1);
    CHECK(plain.shard == 1);
    CHECK(plain.replicate == 8);
    CHECK(plain.grad_accum == 1);
    CHECK_FALSE(plain.checkpointing);
    CHECK(plain.shape.vocab == 1000);
    CHECK(plain.shape.tied_embeddings);
    CHECK(plain.assumptions.framework == Framework::megatron);
    CHECK(w("pipeline_model_parallel_size: 2").pipeline == 2);
    CHECK(w("virtual_pipeline_model_parallel_size: 3").virtual_pipeline == 3);
    CHECK(w("pipeline_model_parallel_size: 2, context_parallel_size: 2").replicate == 2);
    CHECK(w("activations_checkpoint_granularity: full").checkpointing);
    CHECK_FALSE(w("activations_checkpoint_granularity: selective").checkpointing);
    // Four ranks a copy leave eight to share the optimizer's states; experts have a layout of their own.
    CHECK(w("optim: {name: distributed_fused_adam}").shard == 8);
    CHECK(nemo("optim: {name: distributed_fused_adam}").shard_follows);
    CHECK(w("optim: {name: fused_adam}").shard == 1);
    CHECK(w("optim: {name: distributed_fused_adam}, pipeline_model_parallel_size: 2").shard == 4);
    CHECK(w("optim: {name: distributed_fused_adam}, expert_model_parallel_size: 2").shard == 8);
    CHECK(w("expert_model_parallel_size: 2").expert == 2);
    // 64 sequences over eight ranks.
    CHECK(w("global_batch_size: 64").grad_accum == 8);
    CHECK(w("global_batch_size: 64, pipeline_model_parallel_size: 2").grad_accum == 16);
    CHECK(w("global_batch_size: 64, context_parallel_size: 2").grad_accum == 16);
    CHECK(w("global_batch_size: 4").grad_accum == 1);
    const Reading two = read_of(
        "recipes: {trainer: {num_nodes: 4, devices: 8}, model: {tensor_model_parallel_size: 4, num_layers: 32, "
        "hidden_size: 4096, ffn_hidden_size: 14336, num_attention_heads: 32, encoder_seq_length: 8192, "
        "micro_batch_size: 2, global_batch_size: 64}, memory: {vocabulary: 1000}}");
    CHECK(two.workload.grad_accum == 4);
    CHECK(two.workload.shape.kv_heads == 32);
    CHECK(nemo("sequence_parallel: true").divided.sequence_parallel);
    CHECK_FALSE(nemo("sequence_parallel: true").alone.sequence_parallel);
    CHECK_FALSE(nemo("sequence_parallel: false").divided.sequence_parallel);
}

TEST_CASE("verl's workload: prompts and answers, packed passes, a reference and a critic") {
    const Reading plain = verl();
    REQUIRE(plain.unknown.empty());
    CHECK(plain.workload.sequence == 4000);
    CHECK(plain.workload.micro_batch == 1);
    CHECK(plain.workload.shard == 16);
    CHECK(plain.workload.replicate == 1);
    CHECK(plain.workload.grad_accum == 8);
    CHECK(plain.shard_follows);
    CHECK(plain.shape_from == "llama-3.1-8b");
    CHECK_FALSE(plain.workload.lora.experts);
    CHECK(verl("ulysses_sequence_parallel_size: 2").workload.context == 2);
    CHECK(verl("ulysses_sequence_parallel_size: 2").workload.grad_accum == 16);
    CHECK(verl("ppo_micro_batch_size_per_gpu: 4").workload.grad_accum == 2);
    CHECK(verl("fsdp_config: {fsdp_size: 8}").workload.shard == 8);
    CHECK(verl("fsdp_config: {fsdp_size: 8}").workload.replicate == 2);
    CHECK(verl("fsdp_config: {offload_policy: true}").workload.offload_parameters);
    CHECK(verl("x: 1", "x: 1", "enable_gradient_checkpointing: true").workload.checkpointing);

    const Workload packed = verl("use_dynamic_bsz: true").workload;
    CHECK(packed.packed);
    CHECK(packed.assumptions.attention == Attention::flash);
    CHECK_FALSE(verl("use_dynamic_bsz: false").workload.packed);
    CHECK(packed.sequence == 16384);
    CHECK(packed.micro_batch == 1);
    CHECK(packed.grad_accum == 2);
    CHECK(verl("use_dynamic_bsz: true, ppo_max_token_len_per_gpu: 1000, ulysses_sequence_parallel_size: 4")
              .workload.sequence == 4000);
    CHECK(verl("use_dynamic_bsz: true, ppo_max_token_len_per_gpu: 1").workload.sequence == 1);
    CHECK(verl("use_dynamic_bsz: true, ppo_max_token_len_per_gpu: 0").workload.sequence == 4000);
    CHECK(verl("use_dynamic_bsz: false, ppo_max_token_len_per_gpu: 9").workload.sequence == 4000);

    CHECK(verl("use_kl_loss: true").workload.reference);
    CHECK_FALSE(verl("use_kl_loss: false").workload.reference);
    CHECK_FALSE(verl("use_kl_loss: true", "x: 1", "lora_rank: 8").workload.reference);
    const double parameters = static_cast<double>(models::parameters(*models::Catalogue().find("qwen3-0.6b")).total());
    const std::string critic = "critic: {model: {path: Qwen/Qwen3-0.6B}}";
    CHECK(verl("x: 1", critic + ", algorithm: {adv_estimator: gae}").workload.critic_parameters == parameters);
    CHECK(verl("x: 1", critic + ", algorithm: {adv_estimator: grpo}").workload.critic_parameters == 0);
    // Of a model that nobody knows its name says as much as it says.
    CHECK(verl("x: 1", "critic: {model: {path: ours/Secret-3B}}, algorithm: {adv_estimator: gae}")
              .workload.critic_parameters == 3e9);
    CHECK(verl("x: 1", "critic: {model: {path: ours/Secret}}, algorithm: {adv_estimator: gae}")
              .workload.critic_parameters == 0);

    CHECK(verl("x: 1", "x: 1", "lora_rank: 8").workload.lora.rank == 8);
    CHECK(verl("x: 1", "x: 1", "lora_rank: 0").workload.lora.rank == 0);
    const auto precision = [](const char* word) {
        return verl(fmt::format("fsdp_config: {{model_dtype: {}}}", word)).alone.precision;
    };
    for (const char* word : {"bf16", "bfloat16", "fp16", "float16"}) CHECK(precision(word) == Precision::pure_bf16);
    for (const char* word : {"fp32", "float32", "null", "16"}) CHECK(precision(word) == Precision::mixed);
    CHECK(verl("x: 1", "x: 1", "use_fused_kernels: true").alone.loss == Loss::chunked);
    CHECK(verl().alone.loss == Loss::bf16);
    CHECK(verl("x: 1", "x: 1", "use_liger: true").alone.norm == Norm::fused);
    CHECK(verl().alone.norm == Norm::eager);
    CHECK(verl().workload.assumptions.below_kept == 0.1);
}

TEST_CASE("fine-tuning on preferences has two sequences a pair, and a reference") {
    const Reading plain = llmft();
    REQUIRE(plain.unknown.empty());
    CHECK(plain.workload.micro_batch == 1);
    CHECK(plain.workload.grad_accum == 4);
    CHECK(plain.workload.shard == 16);
    CHECK_FALSE(plain.pairs);
    CHECK(plain.alone.loss == Loss::fp32);
    CHECK(plain.alone.below_kept == 0.5);
    CHECK(llmft("x: 1", "peft_config: {peft_type: lora, r: 8}").alone.below_kept == 0.1);
    for (const char* method : {"dpo", "sigmoid"}) {
        const Reading pairs = llmft(fmt::format("trainer_type: {}", method));
        CHECK(pairs.pairs);
        CHECK(pairs.workload.micro_batch == 2);
        CHECK(pairs.workload.grad_accum == 4);
        CHECK(pairs.workload.reference);
        CHECK(pairs.alone.loss == Loss::bf16);
    }
    CHECK_FALSE(llmft("trainer_type: dpos").pairs);
    CHECK_FALSE(llmft("trainer_type: dpo", "peft_config: {peft_type: lora, r: 8}").workload.reference);
    CHECK(llmft("strategy: {fsdp_config: {sharding_strategy: HYBRID_SHARD}}").workload.shard == 8);
    CHECK(llmft("strategy: {fsdp_config: {sharding_strategy: FULL_SHARD}}").workload.shard == 16);
    CHECK(llmft("strategy: {fsdp_config: {cpu_offload: true}}").workload.offload_parameters);
    CHECK(llmft("gradient_checkpointing: true").workload.checkpointing);
    CHECK_FALSE(llmft("gradient_checkpointing: false").workload.checkpointing);
    CHECK(llmft("ring_attn_size: 4").workload.context == 4);
}

TEST_CASE("a switch that is a number is on where it is more than one, and one of another kind is off") {
    for (const auto& [value, on] : {std::pair("true", true), std::pair("false", false), std::pair("2", true),
                                    std::pair("1", false), std::pair("0", false), std::pair("word", false)}) {
        INFO(value);
        CHECK(llmft(fmt::format("gradient_checkpointing: {}", value)).workload.checkpointing == on);
    }
}

TEST_CASE("adapters are told by their kind, by their rank where there is no kind, and by the method's name") {
    const auto rank = [](const std::string& model) { return adapter(model).workload.lora.rank; };
    CHECK(rank("peft: {peft_type: lora, rank: 8}") == 8);
    CHECK(rank("peft: {peft_type: lora}") == 32);
    CHECK(rank("peft: {peft_type: '', rank: 8}") == 0);
    const auto checkpointless = [](const std::string& name) {
        return read_of(fmt::format("recipes: {{run: {{model_type: hyperpod_checkpointless_nemo, name: llama-3.1-8b}}, "
                                   "display_name: '{}', trainer: {{devices: 8}}, data: {{seq_length: 4096}}}}",
                                   name))
            .workload.lora.rank;
    };
    CHECK(checkpointless("fine-tuning with LoRA") == 32);
    CHECK(checkpointless("fine-tuning with lORa") == 32);
    CHECK(checkpointless("full fine-tuning") == 0);
    const Lora of_adapter = adapter("peft: {peft_type: lora, rank: 8}").workload.lora;
    CHECK(of_adapter.experts);  // the recipe gives the shape itself
    CHECK(of_adapter.fp32_adapters);
    CHECK(of_adapter.autocast);
    CHECK(of_adapter.all_linear);
}

}  // namespace recipe::memory
