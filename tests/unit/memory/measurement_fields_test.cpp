// SPDX-License-Identifier: Apache-2.0
// Each key of a measurement alone: what it sets, what counts without it, and what it may not be.
#include "catch.hpp"
#include "memory/workloads.hpp"

#include <fmt/format.h>

#include <functional>

namespace recipe::memory {
namespace {

/// A line with the least that a measurement has, and more.
std::string line(const std::string& config = "", const std::string& shape = "", const std::string& top = "") {
    return fmt::format(
        R"({{"config": {{"shape": {{"hidden": 64, "layers": 2, "heads": 4, "ffn": 96, "vocab": 100{}}}, "seq_len": 128{}}}{}}})",
        shape.empty() ? "" : ", " + shape, config.empty() ? "" : ", " + config, top.empty() ? "" : ", " + top);
}

Workload least() {
    return {.shape = {.hidden = 64, .layers = 2, .heads = 4, .kv_heads = 4, .head_dim = 16, .ffn = 96, .vocab = 100},
            .sequence = 128};
}

Measurement read(const std::string& text) {
    INFO(text);
    const auto measurement = read_measurement(text);
    if (!measurement) FAIL(measurement.error().front().message);
    return *measurement;
}

std::string refused(const std::string& text) {
    INFO(text);
    const auto measurement = read_measurement(text);
    REQUIRE_FALSE(measurement);
    return measurement.error().front().message;
}

using Change = std::function<void(Workload&)>;

void check(const std::string& config, const std::string& shape, const Change& change) {
    Workload expected = least();
    change(expected);
    INFO(config << shape);
    CHECK(read(line(config, shape)).workload == expected);
}

}  // namespace

TEST_CASE("a measurement says the least, and the rest is as the runs usually were") {
    const Measurement m = read(line());
    CHECK(m.workload == least());
    CHECK(m.id.empty());
    CHECK_FALSE(m.allocator_cap_bytes);
    CHECK_FALSE(m.peak_allocated_bytes);
    CHECK_FALSE(m.trained);
}

TEST_CASE("each key of a measurement's configuration sets one number of the workload") {
    const auto config = [](const std::string& text, const Change& change) { check(text, "", change); };
    const auto shape = [](const std::string& text, const Change& change) { check("", text, change); };
    config(R"("micro_batch": 3)", [](Workload& w) { w.micro_batch = 3; });
    config(R"("grad_accum": 5)", [](Workload& w) { w.grad_accum = 5; });
    config(R"("dp_replicate": 2)", [](Workload& w) { w.replicate = 2; });
    config(R"("dp_shard": 4)", [](Workload& w) { w.shard = 4; });
    config(R"("tp": 4)", [](Workload& w) { w.tensor = 4; });
    config(R"("activation_checkpointing": "full")", [](Workload& w) { w.checkpointing = true; });
    config(R"("activation_checkpointing": "selective")", [](Workload&) {});
    config(R"("lora_rank": 8)", [](Workload& w) { w.lora.rank = 8; });
    config(R"("lora_rank": 8, "lora_targets": "all-linear")", [](Workload& w) {
        w.lora.rank = 8;
        w.lora.all_linear = true;
    });
    config(R"("lora_targets": "attention")", [](Workload&) {});
    config(R"("lora_param_dtype": "bf16")", [](Workload& w) { w.lora.fp32_adapters = false; });
    config(R"("lora_param_dtype": "fp32")", [](Workload&) {});
    config(R"("lora_autocast": true)", [](Workload& w) { w.lora.autocast = true; });
    config(R"("loss": "chunked", "loss_chunks": 4)", [](Workload& w) {
        w.assumptions.loss = Loss::chunked;
        w.assumptions.loss_chunks = 4;
    });
    config(R"("wrapper": "ddp")", [](Workload& w) { w.assumptions.wrapper = Wrapper::ddp; });
    config(R"("precision": "autocast")", [](Workload& w) { w.assumptions.precision = Precision::autocast; });
    config(R"("optimizer_impl": "foreach")", [](Workload& w) { w.assumptions.optimizer = OptimizerKind::foreach; });
    config(R"("allocator": "expandable_segments")",
           [](Workload& w) { w.assumptions.allocator = Allocator::expandable_segments; });
    config(R"("attention_kernel": "flash")", [](Workload& w) { w.assumptions.attention = Attention::flash; });
    config(R"("frozen": "nf4")", [](Workload& w) {
        w.assumptions.frozen = Frozen::nf4;
        w.lora.base_bytes = 4.127 / 8;
    });
    config(R"("frozen": "bf16")", [](Workload&) {});
    config(R"("zero_grad": "backward")", [](Workload& w) { w.assumptions.zero_grad = ZeroGrad::backward; });
    config(R"("val_batch_size": 3)", [](Workload& w) { w.validation_batch = 3; });
    config(R"("packed": 2)", [](Workload& w) { w.packed = true; });
    config(R"("packed": 1)", [](Workload&) {});
    config(R"("implementation": "plain, eager RMSNorm")", [](Workload& w) { w.assumptions.keeps_logits = false; });
    config(R"("implementation": "plain, fused F.rms_norm")", [](Workload& w) {
        w.assumptions.keeps_logits = false;
        w.assumptions.norm = Norm::fused;
    });
    config(R"("implementation": "transformers, fused")", [](Workload& w) { w.assumptions.norm = Norm::fused; });
    config(R"("sequence_parallel": true)", [](Workload& w) { w.assumptions.sequence_parallel = true; });
    config(R"("reshard_after_forward": false)", [](Workload& w) { w.assumptions.reshard_after_forward = false; });
    config(R"("reduce_dtype": "bf16")", [](Workload& w) { w.assumptions.reduce_in_bf16 = true; });
    config(R"("reduce_dtype": "fp32")", [](Workload&) {});
    shape(R"("kv_heads": 2)", [](Workload& w) { w.shape.kv_heads = 2; });
    shape(R"("head_dim": 8)", [](Workload& w) { w.shape.head_dim = 8; });
    shape(R"("tied_embeddings": true)", [](Workload& w) { w.shape.tied_embeddings = true; });
    shape(R"("experts": 4, "experts_per_token": 2)", [](Workload& w) {
        w.shape.experts = 4;
        w.shape.experts_per_token = 2;
    });
    // Null counts as absent.
    config(R"("micro_batch": null, "precision": null, "sequence_parallel": null)", [](Workload&) {});
}

TEST_CASE("a key of a measurement that is of another kind is told, the first of several") {
    for (const char* key : {"micro_batch", "grad_accum", "dp_replicate", "dp_shard", "tp", "lora_rank", "loss_chunks",
                            "val_batch_size", "packed"})
        for (const char* wrong : {"-1", "16777217", "1.5", "\"1\"", "true"}) {
            INFO(key << " " << wrong);
            CHECK(refused(line(fmt::format(R"("{}": {})", key, wrong)))
                      .ends_with(fmt::format("`config.{}` must be an int of a model's size", key)));
        }
    for (const char* key : {"kv_heads", "head_dim", "experts", "experts_per_token"})
        CHECK(refused(line("", fmt::format(R"("{}": "1")", key)))
                  .ends_with(fmt::format("`config.shape.{}` must be an int of a model's size", key)));
    for (const char* key : {"sequence_parallel", "reshard_after_forward", "lora_autocast"})
        CHECK(refused(line(fmt::format(R"("{}": 1)", key))).ends_with(fmt::format("`config.{}` must be a bool", key)));
    CHECK(refused(line("", R"("tied_embeddings": "yes")")).ends_with("`config.shape.tied_embeddings` must be a bool"));
    for (const char* key : {"activation_checkpointing", "lora_targets", "lora_param_dtype", "implementation",
                            "reduce_dtype", "loss", "wrapper", "precision", "optimizer_impl", "allocator"})
        CHECK(
            refused(line(fmt::format(R"("{}": 1)", key))).ends_with(fmt::format("`config.{}` must be a string", key)));
    for (const auto& [key, name] :
         {std::pair("loss", "loss"), std::pair("wrapper", "wrapper"), std::pair("precision", "precision"),
          std::pair("optimizer_impl", "optimizer"), std::pair("allocator", "allocator"), std::pair("frozen", "frozen"),
          std::pair("attention_kernel", "attention"), std::pair("zero_grad", "zero_grad")})
        CHECK(refused(line(fmt::format(R"("{}": "imaginary")", key)))
                  .ends_with(fmt::format("`config.{}` must be a known {}", key, name)));
    CHECK(refused(line("", "", R"("id": 3)")).ends_with("`id` must be a string"));
    CHECK(refused(line(R"("tp": "x", "micro_batch": "x")")).contains("config.micro_batch"));
    CHECK(refused(line(R"("micro_batch": 0)")).ends_with("`config` must be a model and degrees that can be"));
    std::string headless = line();
    headless.replace(headless.find("\"heads\": 4"), 10, "\"heads\": 0");
    CHECK(refused(headless).ends_with("`config` must be a model and degrees that can be"));
    // What the least has not.
    for (const char* key : {"hidden", "layers", "heads", "ffn", "vocab"}) {
        std::string text = line();
        const std::string quoted = fmt::format("\"{}\"", key);
        text.replace(text.find(quoted), quoted.size(), "\"other\"");
        CHECK(refused(text).ends_with(fmt::format("`config.shape.{}` must be an int of a model's size", key)));
    }
    std::string text = line();
    text.replace(text.find("seq_len"), 7, "other");
    CHECK(refused(text).ends_with("`config.seq_len` must be an int of a model's size"));
}

TEST_CASE("what a run measured is read beside its configuration") {
    const Measurement m = read(line("", "", R"("id": "run-7", "peak_allocated_bytes": 5.5e9, "status": "ok")"));
    CHECK(m.id == "run-7");
    CHECK(m.peak_allocated_bytes == 5.5e9);
    CHECK(m.trained == true);
    CHECK(read(line("", "", R"("status": "oom")")).trained == false);
    CHECK(refused(line("", "", R"("status": 1)")).ends_with("`status` must be a string"));
    CHECK(read(line("", "", R"("peak_allocated_bytes": 0)")).peak_allocated_bytes == 0.0);
    for (const char* wrong : {"-1", "\"x\"", "true", "[]"})
        CHECK(refused(line("", "", fmt::format(R"("peak_allocated_bytes": {})", wrong)))
                  .ends_with("`peak_allocated_bytes` must be a number of bytes"));
    CHECK(read(line("", "", R"("kind": "capped", "allocator_cap_bytes": 0)")).allocator_cap_bytes == 0.0);
    CHECK_FALSE(read(line("", "", R"("kind": "free", "allocator_cap_bytes": 5)")).allocator_cap_bytes);
    CHECK(
        refused(line("", "", R"("kind": "capped")")).ends_with("`allocator_cap_bytes` must be given for a capped run"));
}

TEST_CASE("a line of a mebibyte is read, and none that is longer") {
    std::string text = line();
    text += std::string((std::size_t{1} << 20) - text.size(), ' ');
    CHECK(read_measurement(text));
    CHECK_FALSE(read_measurement(text + ' '));
}

}  // namespace recipe::memory
