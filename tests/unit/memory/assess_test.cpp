// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "config/config.hpp"
#include "memory/recipes.hpp"

#include <fmt/ranges.h>
#include <algorithm>

namespace recipe::memory {
namespace {

const Diagnostic* find(const Assessment& a, std::string_view code) {
    const auto found = std::ranges::find(a.diagnostics, code, &Diagnostic::code);
    return found == a.diagnostics.end() ? nullptr : &*found;
}

TEST_CASE("the lab's recipe is refused at any shard degree and accepted as it ran") {
    for (const bool ours : {true, false}) {
        INFO((ours ? "our trainer" : "HF/SMP"));
        for (const char* shard : {"1", "2", "4", "8"}) {
            RecipeText text;
            if (ours) text.our_trainer();
            const Assessment refused = text.model("shard_degree", shard).assessed();
            REQUIRE(refused.prediction);
            CHECK(refused.verdict == Verdict::does_not_fit);
            const Diagnostic* problem = find(refused, "memory.does_not_fit");
            REQUIRE(problem != nullptr);
            CHECK(problem->severity == Severity::error);
            CHECK(problem->key == "instance_type");
            CHECK(problem->fix.starts_with("--recipe-set="));
        }
        RecipeText text;
        if (ours) text.our_trainer();
        const Assessment ran = text.nodes(4).model("tensor_model_parallel_degree", "4").assessed();
        REQUIRE(ran.prediction);
        CHECK(ran.workload.replicate == 1);
        CHECK(ran.verdict != Verdict::does_not_fit);
        CHECK_FALSE(has_errors(ran.diagnostics));
    }
}

TEST_CASE("tensor parallelism alone does not fit code that gathers its logits") {
    const auto gathered = [](const char* tensor, const char* shard) {
        return RecipeText()
            .our_trainer()
            .model("tensor_model_parallel_degree", tensor)
            .model("shard_degree", shard)
            .section("  memory: {loss: fp32, norm: eager, sequence_parallel: false, keeps_logits: true}")
            .assessed();
    };
    const Assessment four = gathered("4", "2");
    REQUIRE(four.prediction);
    CHECK(four.verdict == Verdict::does_not_fit);
    REQUIRE_FALSE(four.suggestions.empty());
    const Assessment one = gathered("1", "8");
    for (const Suggestion& suggestion : one.suggestions)
        CHECK_FALSE((suggestion.set.size() == 1 && suggestion.set.front().contains("tensor")));
}

TEST_CASE("sharding is switched on together with its degree") {
    const Assessment a = RecipeText()
                             .our_trainer()
                             .model("sharding_strategy", "no_shard")
                             .model("max_context_width", "2048")
                             .model("activation_checkpointing", "true")
                             .model("num_hidden_layers", "32")
                             .assessed();
    REQUIRE(a.prediction);
    CHECK(a.workload.shard == 1);
    CHECK(a.workload.replicate == 8);
    REQUIRE(a.verdict == Verdict::does_not_fit);
    const auto sharded = std::ranges::find_if(
        a.suggestions, [](const Suggestion& s) { return s.set.front().starts_with("model.shard_degree="); });
    REQUIRE(sharded != a.suggestions.end());
    CHECK(sharded->set.back() == "model.sharding_strategy=hybrid_shard");
}

TEST_CASE("a recipe's own section overrides its family's assumptions") {
    const Assessment chunked =
        RecipeText().our_trainer().section("  memory: {loss: chunked, loss_chunks: 16}").assessed();
    REQUIRE(chunked.prediction);
    CHECK(chunked.workload.assumptions.loss == Loss::chunked);
    CHECK(chunked.workload.assumptions.loss_chunks == 16);
}

TEST_CASE("an assumption that there is not is an error at its place") {
    const Assessment wrong = RecipeText().section("  memory: {loss: imaginary}").assessed();
    const Diagnostic* problem = find(wrong, "memory.assumption");
    REQUIRE(problem != nullptr);
    CHECK(problem->key == "memory.loss");
    CHECK(problem->source.line > 0);
    CHECK_FALSE(wrong.prediction);
}

TEST_CASE("what is not known is said, and is no reason to refuse") {
    const auto unknown = [](const Assessment& a) {
        CHECK_FALSE(has_errors(a.diagnostics));
        REQUIRE_FALSE(a.unknown.empty());
        return a.unknown.front();
    };
    CHECK(unknown(RecipeText().instance("x9.huge").assessed()).contains("x9.huge"));
    CHECK(unknown(RecipeText().instance("null").assessed()).contains("instance_type"));
    CHECK(unknown(RecipeText().model("vocab_size", "null").assessed()).contains("model.vocab_size"));
    CHECK(unknown(RecipeText().model("shard_degree", "3").assessed()).contains("world"));
    CHECK(unknown(RecipeText().model("hidden_size", "99999999999").assessed()).contains("numbers"));
    // The prediction does not need the devices.
    CHECK(RecipeText().instance("null").assessed().prediction);
}

TEST_CASE("a model's size that its own files say can be given in the recipe") {
    const Assessment given =
        RecipeText().model("vocab_size", "null").section("  memory: {vocabulary: 128256}").assessed();
    REQUIRE(given.prediction);
    CHECK(given.prediction->peak_bytes == RecipeText().assessed().prediction->peak_bytes);
}

TEST_CASE("a device that has just enough is a warning") {
    bool seen = false;
    for (int sequence = 2048; sequence <= 8192 && !seen; sequence += 64) {
        const Assessment a = RecipeText().our_trainer().model("max_context_width", std::to_string(sequence)).assessed();
        if (a.verdict != Verdict::tight) continue;
        seen = true;
        const Diagnostic* warning = find(a, "memory.tight");
        REQUIRE(warning != nullptr);
        CHECK(warning->severity == Severity::warning);
        CHECK_FALSE(has_errors(a.diagnostics));
    }
    CHECK(seen);
}

TEST_CASE("a framework that was not measured has a wider band") {
    const Assessment measured = RecipeText().our_trainer().assessed();
    const Assessment documented = RecipeText().assessed();
    CHECK(measured.prediction->low_bytes == measured.prediction->peak_bytes);
    CHECK(documented.prediction->low_bytes == Approx(0.75 * documented.prediction->peak_bytes));
}

config::Value nemo(const std::string& model) {
    return config::parse_yaml(fmt::format(R"(
instance_type: p5.48xlarge
recipes:
  trainer: {{devices: 8, num_nodes: 1, precision: bf16}}
  model: {{tensor_model_parallel_size: 1, num_layers: 32, hidden_size: 4096, ffn_hidden_size: 14336,
           num_attention_heads: 32, num_query_groups: 8, encoder_seq_length: 8192, micro_batch_size: 1,
           share_embeddings_and_output_weights: false, optim: {{name: distributed_fused_adam}}{}}}
  memory: {{vocabulary: 128256}})",
                                          model),
                              "nemo")
        .value();
}

TEST_CASE("Megatron's tensor, pipeline and context parallelism each need less of a rank") {
    const auto peak = [](const std::string& model) {
        const Assessment a = assess(nemo(model), shipped_catalogue(), shipped_families());
        INFO(fmt::format("{}", fmt::join(a.unknown, "; ")));
        REQUIRE(a.prediction);
        CHECK(a.workload.assumptions.framework == Framework::megatron);
        return a.prediction->peak_bytes;
    };
    const double alone = peak("");
    const auto less = [&](const std::string& what) { return peak(what) < alone; };
    CHECK(less(", activations_checkpoint_granularity: full"));
    CHECK(less(", context_parallel_size: 2"));
    CHECK(less(", pipeline_model_parallel_size: 4"));
}

TEST_CASE("a recipe's adapters are read by their kind, their rank and what the base is kept in") {
    const auto lora = [](const std::string& peft) {
        const Assessment a = RecipeText().model("peft", peft).assessed();
        REQUIRE(a.prediction);
        return a.workload.lora;
    };
    const Lora usual{.rank = 32, .all_linear = true, .fp32_adapters = true, .autocast = true, .base_bytes = 2};
    Lora given = usual;
    given.rank = 8;
    Lora quantized = given;
    quantized.base_bytes = 4.127 / 8;
    CHECK(lora("{peft_type: lora, rank: 8}") == given);
    CHECK(lora("{peft_type: lora}") == usual);
    CHECK(lora("{peft_type: lora, rank: 0}") == usual);
    CHECK(lora("{peft_type: qlora_4bit, rank: 8}") == quantized);
    CHECK(lora("{peft_type: qlora, rank: 8}") == quantized);
    CHECK(lora("{peft_type: lora_4bit, rank: 8}") == quantized);
    // A rank that no kind makes use of.
    CHECK(lora("{peft_type: null, rank: 8}") == Lora{});
    CHECK(lora("null") == Lora{});
}

TEST_CASE("the machines that are suggested are of the same kind, as easy to get, and have the devices asked for") {
    // More devices than the machine has: nothing but another machine helps.
    const auto suggested = [](const std::string& instance, const std::string& sequence) {
        const Assessment a = RecipeText().instance(instance).model("max_context_width", sequence).assessed();
        REQUIRE(a.verdict == Verdict::does_not_fit);
        std::vector<std::string> all;
        for (const Suggestion& suggestion : a.suggestions)
            for (const std::string& set : suggestion.set) all.push_back(set);
        return fmt::format("{}", fmt::join(all, " "));
    };
    CHECK(suggested("g5.12xlarge", "8192") == "instance_type=p5.48xlarge");
    CHECK(suggested("g5.12xlarge", "4608") == "instance_type=p4d.24xlarge");
    CHECK(suggested("g5.12xlarge", "5120") == "instance_type=g6e.48xlarge");
    CHECK(suggested("hgx-a100-4", "20480") == "instance_type=dgx-b200");
    CHECK(suggested("hgx-a100-4", "24576") == "instance_type=dgx-b300");
    // No other Neuron machine has eight devices, and GPUs are another kind.
    CHECK(suggested("trn1.2xlarge", "8192").empty());
}

}  // namespace
}  // namespace recipe::memory
