// SPDX-License-Identifier: Apache-2.0
// Where a shape is from, and what families that name a public model are predicted by.
#include "memory/shapes.hpp"
#include "catch.hpp"
#include "memory/recipes.hpp"
#include "memory/workloads.hpp"

#include <fmt/format.h>

namespace recipe::memory {
namespace {

/// Amazon's fine-tuning, of which its recipes give no shape.
config::Value llmft(const std::string& model, const std::string& more = "",
                    const std::string& instance = "p4d.24xlarge") {
    return config::parse_yaml(fmt::format(R"(
instance_type: {}
recipes:
  run: {{model_type: llm_finetuning_aws, name: mine}}
  trainer: {{devices: 8, num_nodes: 1}}
  training_config:
    training_args: {{max_len: 4096, micro_train_batch_size: 1, train_batch_size: 8, gradient_checkpointing: true,
                     trainer_type: sft, strategy: {{fsdp_config: {{sharding_strategy: FULL_SHARD}}}}}}
    model_config: {{model_name_or_path: {}, peft_config: null}}
{})",
                                          instance, model, more),
                              "recipe")
        .value();
}

Assessment assessed(const config::Value& root, const Sources& sources = {}) {
    Assessment a = assess(root, shipped_catalogue(), shipped_families(), sources);
    a.family = nullptr;
    return a;
}

storage::Host host_with(const std::string& path, const std::string& text) {
    return {
        .status_of = storage::path_status,
        .content = storage::content_of,
        .exported = {},
        .text = [path, text](const std::string& asked) { return asked == path ? std::optional(text) : std::nullopt; }};
}

constexpr const char* small_config = R"({"model_type": "llama", "hidden_size": 2048, "num_hidden_layers": 16,
  "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64, "intermediate_size": 8192, "vocab_size": 128256,
  "tie_word_embeddings": true, "max_position_embeddings": 131072})";

TEST_CASE("a public model's shape is found by its name, and the recipe changes what it says of it") {
    const Assessment found = assessed(llmft("meta-llama/Llama-3.1-8B-Instruct"));
    REQUIRE(found.prediction);
    CHECK(found.workload.shape == llama3_1_8b());
    CHECK(found.shape_from == "llama-3.1-8b");
    const Assessment changed =
        assessed(llmft("/fsx/models/Llama-3.1-8B-Instruct", "  memory: {layers: 16, vocabulary: 1000}\n"));
    REQUIRE(changed.prediction);
    CHECK(changed.workload.shape.layers == 16);
    CHECK(changed.workload.shape.vocab == 1000);
    CHECK(changed.workload.shape.hidden == 4096);
    // A recipe that says all of it needs no name.
    CHECK(RecipeText().model("hf_model_name_or_path", "meta-llama/Llama-3.1-8B").assessed().workload.shape ==
          llama3_2_1b());
}

TEST_CASE("a public model's norms and soft-capped logits are known") {
    const auto shape = [](const char* name) { return assessed(llmft(name)).workload.shape; };
    CHECK(shape("Qwen/Qwen3-8B").qk_norm);
    CHECK_FALSE(shape("Qwen/Qwen3-8B").four_norms);
    CHECK(shape("google/gemma-2-9b").four_norms);
    CHECK(shape("google/gemma-2-9b").soft_capped);
    CHECK_FALSE(shape("google/gemma-2-9b").qk_norm);
    CHECK(shape("google/gemma-3-12b-it").qk_norm);
    CHECK(shape("google/gemma-3-12b-it").four_norms);
    CHECK_FALSE(shape("google/gemma-3-12b-it").soft_capped);
    CHECK_FALSE(shape("Qwen/Qwen2.5-7B").qk_norm);
}

TEST_CASE("a directory's config.json wins over the name, and what it says wrongly is said") {
    const storage::Host host = host_with("/fsx/models/Llama-3.1-8B/config.json", small_config);
    const Assessment own = assessed(llmft("/fsx/models/Llama-3.1-8B"), {.host = &host});
    REQUIRE(own.prediction);
    CHECK(own.workload.shape == llama3_2_1b());
    CHECK(own.shape_from == "/fsx/models/Llama-3.1-8B/config.json");
    // Nobody looks without a host, nor for what is no directory.
    CHECK(assessed(llmft("/fsx/models/Llama-3.1-8B")).workload.shape == llama3_1_8b());
    CHECK(assessed(llmft("meta-llama/Llama-3.1-8B"), {.host = &host}).workload.shape == llama3_1_8b());

    const storage::Host broken = host_with("/fsx/models/Llama-3.1-8B/config.json", "{");
    const Assessment refused = assessed(llmft("/fsx/models/Llama-3.1-8B"), {.host = &broken});
    CHECK_FALSE(refused.prediction);
    REQUIRE(refused.diagnostics.size() == 1);
    CHECK(refused.diagnostics.front().code == "memory.unknown");
    CHECK(refused.diagnostics.front().message.contains("/fsx/models/Llama-3.1-8B/config.json"));
}

TEST_CASE("where the recipe names no model at all, the run's name may be one") {
    config::Value root = llmft("''");
    root.find_mutable("recipes")->find_mutable("run")->set(config::Value::string("name"),
                                                           config::Value::string("openai-gpt-oss-20b"));
    const Assessment found = assessed(root);
    REQUIRE(found.prediction);
    CHECK(found.workload.shape.experts == 32);
    CHECK(found.shape_from == "gpt-oss-20b");
    CHECK_FALSE(assessed(llmft("''")).prediction);
}

TEST_CASE("of a model of which only the size is known, the hopeless is refused with the nodes that it would take") {
    const Assessment hopeless = assessed(llmft("ours/Secret-70B"));
    CHECK_FALSE(hopeless.prediction);
    REQUIRE(hopeless.diagnostics.size() == 1);
    const Diagnostic& refusal = hopeless.diagnostics.front();
    CHECK(refusal.code == "memory.does_not_fit");
    CHECK(refusal.severity == Severity::error);
    // 8 × 70e9 bytes over 8 ranks, of which each has some 38 GiB.
    CHECK(refusal.message.contains("65.2 GiB"));
    CHECK(refusal.fix == "--recipe-set=trainer.num_nodes=2");
    // What may do is not known to do.
    const Assessment perhaps = assessed(llmft("ours/Secret-8B"));
    REQUIRE(perhaps.diagnostics.size() == 1);
    CHECK(perhaps.diagnostics.front().code == "memory.unknown");
    CHECK(perhaps.diagnostics.front().message.contains("ours/Secret-8B is no model that is known"));
    config::Value adapters = llmft("ours/Secret-70B");
    adapters.find_mutable("recipes")
        ->find_mutable("training_config")
        ->find_mutable("model_config")
        ->set(config::Value::string("peft_config"), config::parse_yaml("{peft_type: lora, r: 16}", "x").value());
    CHECK(assessed(adapters).diagnostics.front().code == "memory.unknown");
}

TEST_CASE("a 70B full fine-tune on one p4d.24xlarge is refused, and told the fewest nodes that would do") {
    const Assessment a = assessed(llmft("meta-llama/Llama-3.3-70B-Instruct"));
    REQUIRE(a.verdict == Verdict::does_not_fit);
    CHECK(a.least_nodes >= 3);
    REQUIRE(a.diagnostics.size() == 1);
    CHECK(a.diagnostics.front().message.contains(fmt::format("{} nodes are the fewest that would do", a.least_nodes)));
    CHECK(a.diagnostics.front().fix.starts_with("--recipe-set="));
    // That many do, and one fewer does not.
    const auto on = [](std::int64_t nodes) {
        config::Value root = llmft("meta-llama/Llama-3.3-70B-Instruct");
        root.find_mutable("recipes")->find_mutable("trainer")->set(
            config::Value::string("num_nodes"), config::parse_yaml(std::to_string(nodes), "x").value());
        return assessed(root).verdict;
    };
    CHECK(on(a.least_nodes) != Verdict::does_not_fit);
    CHECK(on(a.least_nodes - 1) > on(a.least_nodes));
}

TEST_CASE("405 billion parameters are told how many nodes they take, far beyond a few more") {
    const Assessment a = RecipeText()
                             .instance("p5.48xlarge")
                             .model("num_hidden_layers", "126")
                             .model("hidden_size", "16384")
                             .model("num_attention_heads", "128")
                             .model("intermediate_size", "53248")
                             .model("tie_word_embeddings", "false")
                             .model("train_batch_size", "1")
                             .model("activation_checkpointing", "true")
                             .assessed();
    REQUIRE(a.verdict == Verdict::does_not_fit);
    CHECK(a.least_nodes > 8);
    REQUIRE_FALSE(a.suggestions.empty());
}

TEST_CASE("what every kind of public model is has its shape") {
    const models::Catalogue catalogue;
    for (const models::Model* model : catalogue.all()) {
        INFO(model->name);
        const Workload w{.shape = shape_of(*model), .sequence = 4096, .checkpointing = true, .shard = 8};
        const auto prediction = predict(w);
        REQUIRE(prediction);
        // The parameters are those that were published, to a few percent (biases, odd norms, padded vocabularies).
        const double parameters =
            part(moment(*prediction, "optimizer"), "optimizer_states");  // 8 bytes each, over 8 ranks
        if (model->parameters > 0) CHECK(parameters == Approx(static_cast<double>(model->parameters)).epsilon(0.03));
    }
}

TEST_CASE("a sliding window and what is odd about norms, sinks and gates are of the shape") {
    models::Model model = *models::Catalogue().find("meta-llama/Llama-3.1-8B");
    const Shape without = shape_of(model);
    model.sliding_window = 4096;
    model.sliding_layers = 16;
    Shape with = without;
    with.window = 4096;
    with.window_layers = 16;
    CHECK(shape_of(model) == with);
    model.wide_norms = model.sinks = model.clamped_gate = true;
    with.wide_norms = with.sinks = with.clamped_gate = true;
    CHECK(shape_of(model) == with);
    model = *models::Catalogue().find("google/gemma-3-1b-it");
    CHECK_FALSE(model.wide_norms);
    CHECK(shape_of(model).wide_norms);  // four of Gemma's kind
    CHECK(shape_of(*models::Catalogue().find("openai/gpt-oss-20b")).sinks);
    CHECK(shape_of(*models::Catalogue().find("unsloth/gpt-oss-20b-BF16")).clamped_gate);
    CHECK(shape_of(*models::Catalogue().find("openai/gpt-oss-120b")).wide_norms);
}

config::Value verl(const std::string& actor, const std::string& more = "") {
    return config::parse_yaml(fmt::format(R"(
instance_type: p5.48xlarge
recipes:
  run: {{model_type: verl}}
  trainer: {{devices: 8, num_nodes: 1}}
  training_config:
    actor_rollout_ref:
      model: {{path: meta-llama/Llama-3.1-8B-Instruct, enable_gradient_checkpointing: true, lora_rank: 0}}
      actor: {{strategy: fsdp2, {}}}
      rollout: {{gpu_memory_utilization: 0.6}}
    data: {{max_prompt_length: 1000, max_response_length: 3000, train_batch_size: 128}}
    trainer: {{nnodes: 1, n_gpus_per_node: 8}}
{})",
                                          actor, more),
                              "recipe")
        .value();
}

TEST_CASE("verl's actor is predicted, and the rollout engine's share is said to come on top") {
    const Assessment a = assessed(verl("ppo_micro_batch_size_per_gpu: 2, fsdp_config: {model_dtype: bfloat16}"));
    REQUIRE(a.prediction);
    CHECK(a.workload.sequence == 4000);
    CHECK(a.workload.micro_batch == 2);
    CHECK(a.workload.shard == 8);
    CHECK(a.workload.grad_accum == 8);
    CHECK(a.workload.assumptions.precision == Precision::pure_bf16);
    CHECK(a.workload.assumptions.loss == Loss::bf16);
    CHECK(a.beside.contains("0.6"));
    CHECK(a.beside.contains("gpu_memory_utilization"));

    const Assessment packed =
        assessed(verl("use_dynamic_bsz: true, ppo_max_token_len_per_gpu: 12288, ulysses_sequence_parallel_size: 2"));
    REQUIRE(packed.prediction);
    CHECK(packed.workload.sequence == 2 * 12288);  // of which each of two ranks has its part
    CHECK(packed.workload.micro_batch == 1);
    CHECK(packed.workload.grad_accum == 2);
    CHECK(packed.workload.assumptions.precision == Precision::mixed);  // verl's own default
}

TEST_CASE("verl's adapters are told by their rank, its reference by its loss, its critic by the estimator") {
    const auto read = [](const std::string& rank, const std::string& actor, const std::string& estimator) {
        config::Value root = verl(actor);
        config::Value& config = *root.find_mutable("recipes")->find_mutable("training_config");
        config.find_mutable("actor_rollout_ref")
            ->find_mutable("model")
            ->set(config::Value::string("lora_rank"), config::parse_yaml(rank, "x").value());
        config.set(config::Value::string("algorithm"),
                   config::parse_yaml("{adv_estimator: " + estimator + "}", "x").value());
        config.set(config::Value::string("critic"),
                   config::parse_yaml("{model: {path: meta-llama/Llama-3.2-1B}}", "x").value());
        const Assessment a = assessed(root);
        REQUIRE(a.prediction);
        return a.workload;
    };
    CHECK(read("32", "use_kl_loss: true", "grpo").lora.rank == 32);
    CHECK_FALSE(read("32", "use_kl_loss: true", "grpo").reference);
    CHECK(read("0", "use_kl_loss: true", "grpo").lora.rank == 0);
    CHECK(read("0", "use_kl_loss: true", "grpo").reference);
    CHECK_FALSE(read("0", "use_kl_loss: false", "grpo").reference);
    CHECK(read("0", "use_kl_loss: false", "grpo").critic_parameters == 0);
    CHECK(read("0", "use_kl_loss: false", "gae").critic_parameters == Approx(1.236e9).epsilon(0.01));
}

TEST_CASE("verl over Megatron has Megatron's degrees") {
    config::Value root =
        verl("ppo_micro_batch_size_per_gpu: 1, megatron: {tensor_model_parallel_size: 4, sequence_parallel: true}");
    root.find_mutable("recipes")
        ->find_mutable("training_config")
        ->find_mutable("actor_rollout_ref")
        ->find_mutable("actor")
        ->set(config::Value::string("strategy"), config::Value::string("megatron"));
    const Assessment a = assessed(root);
    REQUIRE(a.prediction);
    CHECK(a.workload.assumptions.framework == Framework::megatron);
    CHECK(a.workload.assumptions.sequence_parallel);
    CHECK(a.workload.tensor == 4);
    CHECK(a.workload.shard == 2);
    CHECK(a.beside.contains("0.6"));
}

TEST_CASE("pairs of a preference are two sequences, whose log-probabilities are of 16-bit logits beside a reference") {
    config::Value root = llmft("meta-llama/Llama-3.1-8B-Instruct");
    root.find_mutable("recipes")
        ->find_mutable("training_config")
        ->find_mutable("training_args")
        ->set(config::Value::string("trainer_type"), config::Value::string("dpo"));
    const Assessment a = assessed(root);
    REQUIRE(a.prediction);
    CHECK(a.workload.micro_batch == 2);
    CHECK(a.workload.reference);
    CHECK(a.workload.assumptions.loss == Loss::bf16);
}

TEST_CASE("frozen weights in 4 bits are an assumption that a recipe can make") {
    const auto bytes = [](const std::string& frozen) {
        const Assessment a = RecipeText()
                                 .model("peft", "{peft_type: lora, rank: 8}")
                                 .section("  memory: {frozen: " + frozen + "}")
                                 .assessed();
        REQUIRE(a.prediction);
        return a.workload.lora.base_bytes;
    };
    CHECK(bytes("bf16") == 2);
    CHECK(bytes("nf4") == Approx(4.127 / 8));
    CHECK(bytes("mxfp4") == Approx(4.25 / 8));
}

}  // namespace
}  // namespace recipe::memory
