// SPDX-License-Identifier: Apache-2.0
// The parts of a step under other wrappers, precisions and models.
#include "memory/parts.hpp"

namespace recipe::memory {
namespace {

using namespace small_model;

TEST_CASE("without a wrapper nothing is gathered, and the embedding's gradient is made beside the head's") {
    Workload w = small();
    w.assumptions.wrapper = Wrapper::none;
    check(w, "forward",
          {{"parameters", 4 * P},
           {"optimizer_states", 8 * P},
           {"activations", L * layer + final_norm},
           {"loss", 10 * T * V}});
    check(w, "layer",
          {{"parameters", 4 * P},
           {"optimizer_states", 8 * P},
           {"head_gradient", 2 * V * h},
           {"activations", L * layer},
           {"backward_temporaries", temporaries}});
    check(w, "root", {{"parameters", 4 * P}, {"optimizer_states", 8 * P}, {"gradients", 4 * P}});
    w.shape.tied_embeddings = true;
    CHECK(parts_of(w, "root")["embedding_gradient"] == 4 * V * h);
    CHECK_FALSE(parts_of(w, "root").contains("reduce_scatter"));
    w.tensor = 2;
    CHECK(parts_of(w, "root")["embedding_gradient"] == 4 * V * h);
    w.shape.tied_embeddings = false;
    CHECK(parts_of(w, "root")["embedding_gradient"] == 4 * V * h);
}

TEST_CASE("DDP keeps buckets of all gradients, and for a moment two sets of them") {
    Workload w = small();
    w.replicate = 4;
    w.assumptions.wrapper = Wrapper::ddp;
    for (const char* name : {"forward", "loss", "layer", "root", "optimizer"})
        CHECK(parts_of(w, name)["ddp_buckets"] == 4 * P);
    for (const char* name : {"forward", "loss"}) CHECK(parts_of(w, name)["ddp_bucket_race"] == 4 * P);
    for (const char* name : {"layer", "root", "optimizer"}) CHECK_FALSE(parts_of(w, name).contains("ddp_bucket_race"));
    CHECK(race_bytes(w) == 4 * P);
    w.assumptions.precision = Precision::pure_bf16;
    CHECK(parts_of(w, "forward")["ddp_buckets"] == 2 * P);
    CHECK(race_bytes(w) == 2 * P);
    w.lora = {.rank = 5};
    const double adapters = L * 5 * (2 * (h + q) + 2 * (h + k));
    CHECK(parts_of(w, "forward")["ddp_buckets"] == 4 * adapters);
    CHECK(race_bytes(w) == 4 * adapters);
    w.assumptions.wrapper = Wrapper::fsdp2;
    CHECK(race_bytes(w) == 0);
    CHECK_FALSE(parts_of(w, "forward").contains("ddp_buckets"));
}

TEST_CASE("autocast keeps its casts of the weights, and a residual stream in fp32") {
    Workload w = small();
    w.assumptions.wrapper = Wrapper::none;
    w.assumptions.precision = Precision::autocast;
    // Each norm keeps its fp32 input and (eager) the normalized tensor; q, k, v, gate and up a bf16 cast of their own.
    const double kept = attention + 8 * T + mlp + 2 * 2 * 4 * T * h + 5 * 2 * T * h;
    check(w, "forward",
          {{"parameters", 4 * P},
           {"optimizer_states", 8 * P},
           {"weight_casts", 2 * (P - V * h)},
           {"activations", L * kept + 2 * 4 * T * h + 2 * T * h + 4 * T * h},
           {"loss", 10 * T * V}});
    check(w, "loss",
          {{"parameters", 4 * P},
           {"optimizer_states", 8 * P},
           {"weight_casts", 2 * (P - V * h)},
           {"activations", L * kept + 2 * 4 * T * h + 2 * T * h},
           {"loss", 12 * T * V}});
    CHECK(parts_of(w, "layer")["weight_casts"] == 2 * P);
    w.shape.tied_embeddings = true;
    CHECK(parts_of(w, "forward")["weight_casts"] == 2 * P_tied);
    Workload halves = small();
    halves.assumptions.wrapper = Wrapper::none;
    halves.assumptions.precision = Precision::autocast;
    halves.tensor = 2;
    const double half = L * (2 * h * q / 2 + 2 * h * k / 2 + 3 * h * f / 2 + 2 * h) + 2 * V * h / 2 + h;
    CHECK(parts_of(halves, "forward")["weight_casts"] == 2 * (half - V * h / 2));
    w.checkpointing = true;
    CHECK(parts_of(w, "forward")["weight_casts"] == 2 * P_tied);
    CHECK(parts_of(w, "loss")["weight_casts"] == 2 * V * h);
    CHECK(parts_of(w, "layer")["weight_casts"] == 2 * V * h);
    CHECK(parts_of(w, "loss")["activations"] == L * 4 * T * h + 2 * 4 * T * h + 2 * T * h);
    // A norm keeps the very tensor that the checkpoint does.
    CHECK(parts_of(w, "layer")["activations"] == kept);
    w.assumptions.norm = Norm::fused;
    CHECK(parts_of(w, "loss")["activations"] == L * 4 * T * h + 4 * T * h + 2 * T * h);
}

TEST_CASE("ZeRO's stages shard states, then gradients, then parameters") {
    Workload w = small();
    w.shard = 4;
    const auto at_rest = [&](Wrapper wrapper) {
        w.assumptions.wrapper = wrapper;
        return parts_of(w, "forward");
    };
    for (const Wrapper wrapper : {Wrapper::zero1, Wrapper::zero2, Wrapper::zero3}) {
        Parts parts = at_rest(wrapper);
        CHECK(parts["parameters"] == 2 * P / (wrapper == Wrapper::zero3 ? 4 : 1));
        CHECK(parts["optimizer_states"] == 12 * P / 4);
        CHECK(parts["gradients"] == 2 * P / (wrapper == Wrapper::zero1 ? 1 : 4));
        CHECK(parts.contains("gathered_root") == (wrapper == Wrapper::zero3));
        // They are in buckets that stay.
        CHECK(parts_of(w, "optimizer")["gradients"] == parts["gradients"]);
    }
    w.lora = {.rank = 5};
    const double adapters = L * 5 * (2 * (h + q) + 2 * (h + k));
    Parts parts = at_rest(Wrapper::zero3);
    CHECK(parts["parameters"] == 2 * P / 4 + 2 * adapters / 4);
    CHECK(parts["optimizer_states"] == 12 * adapters / 4);
    CHECK(parts["gradients"] == 2 * adapters / 4);
    parts = at_rest(Wrapper::zero2);
    CHECK(parts["parameters"] == 2 * P + 2 * adapters);
}

TEST_CASE("adapters keep inputs of their own in their own precision") {
    Workload w = small();
    w.assumptions.wrapper = Wrapper::none;
    w.lora = {.rank = 5};
    const double frozen_mlp = 3 * 2 * T * f;
    const double common = attention + 8 * T + frozen_mlp + 2 * 4 * T * h;
    // Nothing that is trained comes before the first layer's first norm.
    const double last_norm = 4 * T * h;
    const auto expect = [&](double kept) {
        CHECK(parts_of(w, "loss")["activations"] == Approx(L * kept - 4 * T * h + last_norm));
        CHECK(parts_of(w, "forward")["activations"] == Approx(L * kept - 4 * T * h + last_norm + 2 * T * h));
    };
    // q, k and v cast the norm's output each, o the attention's; four inner products.
    expect(common + 3 * 4 * T * h + 4 * T * q + 4 * 5 * T * 4);
    w.lora.autocast = true;
    expect(common + 3 * 2 * T * h + 2 * T * q + 4 * 5 * T * 2);
    CHECK(parts_of(w, "forward")["weight_casts"] == 2 * L * 5 * (2 * (h + q) + 2 * (h + k)));
    w.lora.autocast = false;
    CHECK_FALSE(parts_of(w, "forward").contains("weight_casts"));
    w.lora.fp32_adapters = false;
    // What q, k and v share as bf16 they share.
    expect(common + 2 * T * h + 4 * 5 * T * 2);
    w.lora.all_linear = true;
    expect(common + 2 * 2 * T * h + 2 * T * f + 7 * 5 * T * 2);
    w.lora.fp32_adapters = true;
    expect(common + 5 * 4 * T * h + 4 * T * q + 4 * T * f + 7 * 5 * T * 4);
    w.assumptions.norm = Norm::fused;
    CHECK(parts_of(w, "loss")["activations"] ==
          Approx(L * (common - 2 * 2 * T * h + 5 * 4 * T * h + 4 * T * q + 4 * T * f + 7 * 5 * T * 4)));
}

TEST_CASE("under LoRA only the adapters have gradients and states") {
    Workload w = small();
    w.shard = 4;
    w.lora = {.rank = 5, .all_linear = true, .base_bytes = 0.5};
    const double adapters = L * 5 * (2 * (h + q) + 2 * (h + k) + 3 * (h + f));
    const double parameters = (0.5 * L * Pl + 2 * Pr) / 4 + 4 * adapters / 4;
    check(w, "optimizer",
          {{"parameters", parameters}, {"optimizer_states", 8 * adapters / 4}, {"gradients", 4 * adapters / 4}});
    check(w, "root",
          {{"parameters", parameters}, {"optimizer_states", 8 * adapters / 4}, {"gradients", 4 * adapters / 4}});
    w.checkpointing = true;
    const Parts parts = parts_of(w, "layer");
    CHECK_FALSE(parts.contains("head_gradient"));
    CHECK_FALSE(parts.contains("reduce_scatter"));
    CHECK(parts.at("backward_temporaries") == 4 * f * T + 2 * h * T + 2 * h * f);
    CHECK(parts.at("gathered_layers") == 0.5 * Pl);  // of the first layer, with the gradients of two
    CHECK(parts.at("gradients") == Approx(2 * 4 * adapters / 4 / L));
    w.lora.fp32_adapters = false;
    CHECK(parts_of(w, "optimizer")["optimizer_states"] == 4 * adapters / 4);
    CHECK(checkpoint_bytes(w) == adapters * (2 + 4));
    CHECK(checkpoint_bytes(small()) == P * (4 + 8));
}

TEST_CASE("experts keep their inputs and outputs, and have one gradient each") {
    Workload w = small();
    w.assumptions.wrapper = Wrapper::none;
    w.shape.experts = 6;
    w.shape.experts_per_token = 2;
    const double experts_layer = 2 * h * q + 2 * h * k + 6 * 3 * h * f + h * 6 + 2 * h;
    CHECK(parts_of(w, "optimizer")["parameters"] == 4 * (L * experts_layer + Pr));
    const double kept = layer - mlp + 2 * (2 * 2 * T * h + 4 * 2 * T * f);
    CHECK(parts_of(w, "loss")["activations"] == L * kept + final_norm);
    const double down = 2 * 6 * h * f;
    const double at_down = down + T * (6 * h + 2 * 2 * h + 2 * 2 * f);
    const double at_gate = 3 * down + T * (2 * 2 * h - 4 * 2 * f);
    CHECK(parts_of(w, "layer")["backward_temporaries"] == std::max(at_down, at_gate));
    w.expert = 3;
    const double two_experts = 2 * h * q + 2 * h * k + 2 * 3 * h * f + h * 6 + 2 * h;
    CHECK(parts_of(w, "optimizer")["parameters"] == 4 * (L * two_experts + Pr));
    w.expert = 1;
    w.lora = {.rank = 5, .all_linear = true};
    CHECK(parts_of(w, "layer")["backward_temporaries"] == T * (6 * h + 2 * 2 * h + 2 * 2 * f));
    CHECK(parts_of(w, "optimizer")["optimizer_states"] == 8 * L * 5 * (2 * (h + q) + 2 * (h + k) + 6 * 3 * (h + f)));
}

TEST_CASE("few tokens leave the experts' gradients the most, which are all there at gate and up") {
    Workload w = small();
    w.sequence = 8;
    w.micro_batch = 1;
    w.assumptions.wrapper = Wrapper::none;
    w.shape.experts = 6;
    w.shape.experts_per_token = 2;
    const Prediction prediction = predict(w).value();
    CHECK(part(moment(prediction, "layer"), "backward_temporaries") == 3 * 2 * 6 * h * f + 8 * (2 * 2 * h - 4 * 2 * f));
}

TEST_CASE("at the end of a layer's backward pass its own gradients count, where it kept little") {
    Workload w = small();
    w.micro_batch = 1;
    w.sequence = 1;
    w.checkpointing = true;
    w.assumptions.wrapper = Wrapper::none;
    const Prediction prediction = predict(w).value();
    CHECK(part(moment(prediction, "layer"), "backward_temporaries") == 2 * h + 2 * Pl);
    // The first layer is the last to run backwards: the gradients of all others are there.
    CHECK(part(moment(prediction, "layer"), "gradients") == Approx(2 * 4 * Pl));
    CHECK(part(moment(prediction, "layer"), "activations") == 0);
    w.lora = {.rank = 1};
    CHECK(part(moment(*predict(w), "layer"), "backward_temporaries") == 4 * f + 2 * h);
    // Without checkpoints, and with gradients that stay: the last layer's, while the two below keep all of theirs.
    w.lora = {};
    w.checkpointing = false;
    w.grad_accum = 2;
    const Prediction kept = predict(w).value();
    CHECK(part(moment(kept, "layer"), "backward_temporaries") == 2 * h + 2 * Pl);
    CHECK(part(moment(kept, "layer"), "activations") == Approx(2 * layer / T));  // of one token, not of 20
    CHECK(part(moment(kept, "layer"), "gradients") == 4 * P);
}

TEST_CASE("weights and activations are as large as the blocks that they come in") {
    Workload w{
        .shape = {.hidden = 2048, .layers = 3, .heads = 63, .kv_heads = 1, .head_dim = 64, .ffn = 4040, .vocab = 100},
        .sequence = 8064,
        .checkpointing = true};
    constexpr double MiB = 1024 * 1024;
    // 31.5 MiB of q and o, 31.5625 of the MLP's three, in segments of 32; k and v are no segments of their own.
    const auto parameters = [&] { return part(moment(*predict(w), "optimizer"), "parameters"); };
    const double in_blocks = parameters();
    w.assumptions.allocator = Allocator::expandable_segments;
    CHECK(in_blocks - parameters() == 3 * (2 * 0.5 + 3 * 0.4375) * MiB);
    const auto activations = [&] { return part(moment(*predict(w), "loss"), "activations"); };
    // A residual stream of 31.5 MiB, thrice; the final norm's fp32 copy and two tensors in bf16.
    CHECK(activations() == (3 * 31.5 + 63 + 2 * 31.5) * MiB);
    w.assumptions.allocator = Allocator::default_segments;
    CHECK(activations() == (3 * 32 + 64 + 2 * 32) * MiB);
    w.shape.experts = w.shape.experts_per_token = 1;
    const double experts_in_blocks = parameters();
    w.assumptions.allocator = Allocator::expandable_segments;
    // Gate and up are one tensor: 63.125 MiB in 64.
    CHECK(experts_in_blocks - parameters() == 3 * (2 * 0.5 + 0.875 + 0.4375) * MiB);
    w.assumptions.allocator = Allocator::default_segments;
    w.shard = 2;
    const double halves = parameters();
    w.assumptions.allocator = Allocator::expandable_segments;
    // 15.75 of 16, 31.5625 of 32, 15.78125 of 16.
    CHECK(halves - parameters() == 3 * (2 * 0.25 + 0.4375 + 0.21875) * MiB);
    // Each matrix of the MLP of 31 MiB in a segment of 32; of experts, gate and up of 62 in one of 62.
    w.shard = 1;
    w.shape.ffn = 3968;
    const auto excess = [&] {
        w.assumptions.allocator = Allocator::default_segments;
        const double rounded = parameters();
        w.assumptions.allocator = Allocator::expandable_segments;
        return rounded - parameters();
    };
    CHECK(excess() == 3 * (2 * 0.5 + 0 + 1) * MiB);
    // Two experts' gate and up are 124 MiB, their down-projections 62.
    w.shape.experts = 2;
    CHECK(excess() == 3 * (2 * 0.5) * MiB);
    w.shape.experts = w.shape.experts_per_token = 0;
    CHECK(excess() == 3 * (2 * 0.5 + 3 * 1) * MiB);
    // Layers that are not all alike are not so large that it mattered.
    w.shape.global = {.count = 1, .kv_heads = 1, .head_dim = 64};
    CHECK(excess() == 0);
}

// --- Megatron-LM ---------------------------------------------------------------------------------------------------

Parts megatron(const Workload& workload, std::string_view name) {
    Workload w = workload;
    w.assumptions.framework = Framework::megatron;
    Parts parts;
    const Prediction prediction = predict(w).value();
    CHECK(prediction.moments.size() == 2);
    for (const Part& part : moment(prediction, name).parts) parts[std::string(part.name)] = part.bytes;
    CHECK(parts["workspaces"] == workspaces);
    parts.erase("workspaces");
    return parts;
}

/// Fused norms and SwiGLU: attention, gate, up and product, and four tensors of the norms.
constexpr double megatron_layer = attention + 3 * 2 * T * f + 4 * 2 * T * h;

TEST_CASE("Megatron keeps fp32 gradients in a buffer, and its distributed optimizer shards the rest") {
    Workload w = small();
    w.shard = 4;
    CHECK(megatron(w, "layer") == Parts{{"parameters", 2 * P},
                                        {"gradients", 4 * P},
                                        {"optimizer_states", 12 * P / 4},
                                        {"activations", L * megatron_layer},
                                        {"backward_temporaries", 4 * f * T + 2 * h * T}});
    CHECK(megatron(w, "loss") == Parts{{"parameters", 2 * P},
                                       {"gradients", 4 * P},
                                       {"optimizer_states", 12 * P / 4},
                                       {"activations", L * megatron_layer + 2 * T * h},
                                       {"loss", 10 * T * V}});
    w.assumptions.reduce_in_bf16 = true;
    CHECK(megatron(w, "layer")["gradients"] == 2 * P);
    w.checkpointing = true;
    CHECK(megatron(w, "layer")["activations"] == L * 2 * T * h + megatron_layer);
    CHECK(megatron(w, "loss")["activations"] == L * 2 * T * h + 2 * T * h);
}

TEST_CASE("a pipeline's first stage holds as many micro batches as there are stages, an interleaved one more") {
    Workload w = small();
    w.pipeline = 3;
    const double parameters = Pl + V * h;
    CHECK(megatron(w, "layer")["parameters"] == 2 * parameters);
    CHECK(megatron(w, "layer")["activations"] == 3 * megatron_layer);
    CHECK(megatron(w, "loss")["activations"] == megatron_layer + 2 * T * h);
    w.virtual_pipeline = 2;
    CHECK(megatron(w, "layer")["activations"] == Approx((3 + 2.0 / 2) * megatron_layer));
    w.pipeline = 2;
    w.virtual_pipeline = 1;
    // Three layers are two on one of the stages.
    CHECK(megatron(w, "layer")["parameters"] == 2 * (2 * Pl + V * h));
    CHECK(megatron(w, "layer")["activations"] == 2 * 2 * megatron_layer);
    CHECK(megatron(w, "loss")["activations"] == 2 * megatron_layer + 2 * T * h);
}

TEST_CASE("Megatron's tensor-parallel ranks divide the vocabulary where the loss does") {
    Workload w = small();
    w.tensor = 2;
    CHECK(megatron(w, "loss")["loss"] == 10 * T * V);
    w.assumptions.loss = Loss::bf16;
    CHECK(megatron(w, "loss")["loss"] == 6 * T * V / 2);
    w.assumptions.loss = Loss::loss_parallel;
    CHECK(megatron(w, "loss")["loss"] == 10 * T * V / 2);
    w.assumptions.sequence_parallel = true;
    const double divided = attention / 2 + 3 * 2 * T * f / 2 + 4 * 2 * T * h / 2;
    CHECK(megatron(w, "layer")["activations"] == L * divided);
    w.pipeline = 3;
    CHECK(megatron(w, "layer")["parameters"] ==
          2 * (2 * h * q / 2 + 2 * h * k / 2 + 3 * h * f / 2 + 2 * h + V * h / 2));
    w = small();
    w.shape.experts = 6;
    w.shape.experts_per_token = 2;
    CHECK(megatron(w, "layer")["activations"] ==
          L * (attention + 2 * 3 * 2 * T * f + 2 * 2 * 2 * T * h + 4 * 2 * T * h));
}

}  // namespace
}  // namespace recipe::memory
