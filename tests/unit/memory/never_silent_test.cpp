// SPDX-License-Identifier: Apache-2.0
// What once was left out of a prediction without a word: fp32, validation, accumulation, batches beyond reason.
#include "memory/parts.hpp"
#include "memory/recipes.hpp"

namespace recipe::memory {
namespace {

using namespace small_model;

TEST_CASE("in fp32 all that is computed has four bytes an element, and nothing is cast") {
    Workload w = small();
    w.shard = 2;
    w.assumptions.precision = Precision::fp32;
    const Prediction prediction = predict(w).value();
    const Moment& forward = moment(prediction, "forward");
    CHECK(part(forward, "parameters") == Approx(4 * P / 2));
    CHECK(part(forward, "optimizer_states") == Approx(8 * P / 2));
    CHECK(part(forward, "gathered_root") == Approx(4 * Pr));
    CHECK(part(forward, "gathered_layers") == Approx(4 * Pl));
    // Attention's log-sum-exp and two root mean squares are fp32 anyway; an eager norm's copy is its input itself.
    // For grouped queries in fp32 there is no kernel: keys and values are repeated, and the scores are kept.
    const double scores = 4 * T * static_cast<double>(w.sequence) * heads;
    const double fp32_layer = T * 16 * q + scores + 8 * T + 4 * 4 * T * f + 2 * (4 + 4 + 4) * T * h;
    CHECK(part(forward, "activations") == Approx(L * fp32_layer + (4 + 4 + 4) * T * h));
    CHECK(part(forward, "loss") == Approx(8 * T * V));
    CHECK(part(moment(prediction, "loss"), "loss") == Approx(12 * T * V));
    const Moment& layer_moment = moment(prediction, "layer");
    CHECK(part(layer_moment, "backward_temporaries") == Approx(std::max(2 * temporaries, 3 * scores + 3 * 4 * T * q)));
    CHECK(part(layer_moment, "head_gradient") == Approx(4 * V * h));
    Workload bf16 = w;
    bf16.assumptions.precision = Precision::mixed;
    CHECK(predict(w)->peak_bytes > predict(bf16)->peak_bytes);
    // Who repeats them himself has one: nobody is refused for scores.
    Workload repeated = w;
    repeated.assumptions.attention = Attention::flash;
    CHECK(predict(repeated)->peak_bytes < predict(w)->peak_bytes);
    CHECK(predict(w)->low_bytes == Approx(predict(repeated)->low_bytes));
    Workload single = w;
    single.shape.kv_heads = single.shape.heads;
    CHECK(predict(single)->low_bytes == Approx(predict(single)->peak_bytes));
}

TEST_CASE("a recipe's fp32 is predicted, and its own section may say otherwise") {
    const auto precision = [](const Assessment& a) {
        REQUIRE(a.prediction);
        return a.workload.assumptions.precision;
    };
    const auto in = [](const std::string& name, const std::string& section) {
        config::Value root = RecipeText().section(section).value();
        root.find_mutable("recipes")->find_mutable("trainer")->set(config::Value::string("precision"),
                                                                   config::parse_yaml(name, "x").value());
        return assess(root, shipped_catalogue(), shipped_families());
    };
    for (const char* word : {"32", "'32'", "32-true", "fp32", "float32"})
        CHECK(precision(in(word, "")) == Precision::fp32);
    for (const char* word : {"bf16", "bf16-mixed", "16"}) CHECK(precision(in(word, "")) == Precision::mixed);
    CHECK(precision(in("32", "  memory: {precision: mixed}")) == Precision::mixed);
}

TEST_CASE("a validation pass holds its own logits beside the gradients of the step before") {
    Workload w = small();
    w.shard = 2;
    w.validation_batch = 8;  // sequences of 10
    w.assumptions.zero_grad = ZeroGrad::forward;
    const Prediction prediction = predict(w).value();
    const Moment& validation = moment(prediction, "validation");
    CHECK(part(validation, "gradients") == Approx(4 * P / 2));
    CHECK(part(validation, "gathered_root") == Approx(2 * Pr));
    CHECK(part(validation, "loss") == Approx(10 * 80 * V));
    CHECK(part(validation, "activations") == Approx(2 * 80 * h));
    w.grad_accum = 2;  // then gradients stay anyway, once
    CHECK(part(moment(predict(w).value(), "validation"), "gradients") == Approx(4 * P / 2));
    w.validation_batch = 0;
    const Prediction without = predict(w).value();
    for (const Moment& other : without.moments) CHECK(other.name != "validation");
}

TEST_CASE("validation that was measured at 50.3 GiB is predicted within 1 %") {
    // Llama 3.2 1B on one H200: parameters, states and gradients of 1.24 billion, and logits of 32,768 tokens.
    Workload w = lab();
    w.micro_batch = 1;
    w.sequence = 4096;
    w.checkpointing = true;
    w.validation_batch = 8;
    w.assumptions.keeps_logits = false;
    w.assumptions.norm = Norm::fused;
    w.assumptions.zero_grad = ZeroGrad::forward;
    CHECK(peak_gib(w) == Approx(50.3).epsilon(0.01));
    w.validation_batch = 1;
    CHECK(peak_gib(w) < 25);
}

TEST_CASE("validation counts where there is some, and is what is made smaller first") {
    const auto with = [](const std::string& batches, const std::string& data) {
        config::Value root = RecipeText()
                                 .our_trainer()
                                 .model("max_context_width", "2048")
                                 .model("train_batch_size", "1")
                                 .model("val_batch_size", "64")
                                 .model("data", data)
                                 .value();
        root.find_mutable("recipes")->find_mutable("trainer")->set(config::Value::string("limit_val_batches"),
                                                                   config::parse_yaml(batches, "x").value());
        return assess(root, shipped_catalogue(), test::run_by_our_trainer(root));
    };
    const Assessment refused = with("2", "{use_synthetic_data: true}");
    REQUIRE(refused.verdict == Verdict::does_not_fit);
    CHECK(refused.prediction->peak_moment().name == "validation");
    CHECK(refused.suggestions.front().set == std::vector<std::string>{"model.val_batch_size=1"});
    CHECK(with("2", "{val_dir: /fsx/held_out}").verdict == Verdict::does_not_fit);
    CHECK(with("1.0", "{val_dir: /fsx/held_out}").verdict == Verdict::does_not_fit);
    CHECK(with("0", "{use_synthetic_data: true}").verdict == Verdict::fits);
    CHECK(with("0.0", "{use_synthetic_data: true}").verdict == Verdict::fits);
    CHECK(with("2", "{val_dir: null}").verdict == Verdict::fits);
}

TEST_CASE("gradients stay from pass to pass where a step has several") {
    const auto passes = [](const std::string& more) {
        const config::Value root = config::parse_yaml(R"(
instance_type: p5.48xlarge
recipes:
  run: {model_type: llm_finetuning_aws}
  trainer: {devices: 8, num_nodes: 1}
  training_config:
    training_args: {max_len: 4096, micro_train_batch_size: 2, )" +
                                                          more + R"(}
    model_config: {model_name_or_path: null}
  memory: {hidden: 2048, layers: 16, heads: 32, kv_heads: 8, ffn: 8192, vocabulary: 128256}
)",
                                                      "recipe")
                                       .value();
        const Assessment a = assess(root, shipped_catalogue(), shipped_families());
        REQUIRE(a.prediction);
        return a.workload.grad_accum;
    };
    CHECK(passes("train_batch_size: 16") == 1);
    CHECK(passes("train_batch_size: 64") == 4);
    CHECK(passes("train_batch_size: 64, ring_attn_size: 2") == 8);
    CHECK(passes("train_batch_size: 8") == 1);

    config::Value root = RecipeText().value();
    root.find_mutable("recipes")->find_mutable("trainer")->set(config::Value::string("accumulate_grad_batches"),
                                                               config::parse_yaml("3", "x").value());
    const Assessment a = assess(root, shipped_catalogue(), shipped_families());
    CHECK(a.workload.grad_accum == 3);
    CHECK(a.prediction->peak_bytes > RecipeText().assessed().prediction->peak_bytes);
}

TEST_CASE("a batch beyond reason is refused as any other that does not fit") {
    for (const char* tokens : {"99999999", "1000000000000"}) {
        const Assessment a = RecipeText().model("max_context_width", tokens).assessed();
        REQUIRE(a.prediction);
        CHECK(a.verdict == Verdict::does_not_fit);
    }
    // What no sum is of is said.
    const Assessment beyond = RecipeText().model("max_context_width", "99999999999999").assessed();
    REQUIRE(beyond.diagnostics.size() == 1);
    CHECK(beyond.diagnostics.front().code == "memory.unknown");
}

TEST_CASE("one hint says why nothing was held against a known device, and what to give") {
    const Assessment a = RecipeText().model("vocab_size", "null").model("hidden_size", "null").assessed();
    REQUIRE(a.diagnostics.size() == 1);
    const Diagnostic& hint = a.diagnostics.front();
    CHECK(hint.code == "memory.unknown");
    CHECK(hint.severity == Severity::hint);
    CHECK(hint.key == "instance_type");
    CHECK(hint.source.line == 1);
    CHECK(hint.message.contains("model.hidden_size, model.vocab_size"));
    CHECK(hint.fix == "--recipe-set='++recipes.memory.hidden=…' --recipe-set='++recipes.memory.vocabulary=…'");
    CHECK(RecipeText().model("shard_degree", "3").assessed().diagnostics.front().code == "memory.unknown");
    // Nothing to hold it against, and nothing unknown.
    CHECK(RecipeText().instance("null").model("vocab_size", "null").assessed().diagnostics.empty());
    CHECK(RecipeText().instance("p5.48xlarge").assessed().diagnostics.empty());
}

}  // namespace
}  // namespace recipe::memory
