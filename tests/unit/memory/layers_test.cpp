// SPDX-License-Identifier: Apache-2.0
// The parts of models whose layers are not all alike. Each sum is written down here from what the layer computes: [DS]
// the DeepSeek-V2 paper's section 2.1, [DN] gated delta networks, [MB] Mamba-2, as formulas.cpp cites them.
#include "memory/figures.hpp"
#include "memory/parts.hpp"

namespace recipe::memory {
namespace {

using namespace small_model;

constexpr double norms = 2 * h;                                 // weights of two norms
constexpr double attention_weights = 2 * h * q + 2 * h * k;     // q and o, k and v
constexpr double norms_kept = 8 * T + 2 * (4 + 2 + 2) * T * h;  // eager, with two root mean squares

TEST_CASE("multi-head latent attention is of two low ranks, and keeps keys as wide as queries") {
    Workload w = small();
    // 4 heads; queries out of rank 7, keys and values out of rank 6; a head's key is 3 and a rotary 2 wide, its
    // value 5.
    w.shape.latent = {.q_rank = 7, .kv_rank = 6, .key_dim = 3, .rope_dim = 2, .value_dim = 5};
    const double weights = 7 * (8 + 4 * 5) + 8 * (6 + 2) + 6 * 4 * (3 + 5) + 4 * 5 * 8;
    const Figures m(w);
    CHECK(m.Pl == Approx(weights + 3 * h * f + norms));
    CHECK(m.Pmax == Approx(m.Pl));
    // Queries and keys of 4 × 5; values of 4 × 5 with keys of 4 × 3 beside them; the output of 4 × 5, twice; of the
    // ranks' norms the fp32 copy, the normalized tensor and the output.
    const double kept = 2 * T * (2 * 20 + 4 * (3 + 5) + 2 * 20) + (4 + 2 + 2) * T * (7 + 6) + 4 * T * heads;
    CHECK(layer_activations(m, w) == Approx(kept + mlp + norms_kept));
    w.assumptions.norm = Norm::fused;
    CHECK(layer_activations(Figures(w), w) == Approx(kept - 4 * T * (7 + 6) + mlp + norms_kept - 2 * 4 * T * h));
    w.assumptions.norm = Norm::eager;
    w.shape.latent.q_rank = 0;  // V2 Lite: queries are not compressed
    CHECK(Figures(w).Pl == Approx(8 * 20 + 8 * 8 + 6 * 4 * 8 + 4 * 5 * 8 + 3 * h * f + norms));
}

TEST_CASE("layers without attention count by what their projections give and take") {
    Workload w = small();
    w.shape.linear = {.count = 2, .in = 34, .out = 12};  // of 3 layers
    const Figures m(w);
    const double linear = h * (34 + 12);
    CHECK(m.L * m.Pl == Approx(attention_weights + 2 * linear + 3 * (3 * h * f + norms)));
    CHECK(m.Pmax == Approx(std::max(attention_weights, linear) + 3 * h * f + norms));
    const double kept = 2 * T * (2 * 34 + 2 * 12);
    CHECK(layer_activations(m, w) == Approx((attention + 2 * kept) / 3 + mlp + norms_kept));
    CHECK(largest_layer_activations(m, w) == Approx(std::max(attention, kept) + mlp + norms_kept));
}

TEST_CASE("where MLPs are layers of their own, a layer is one or the other") {
    Workload w = small();
    w.shape.layers = 5;
    w.shape.mlp_layers = 2;
    w.shape.linear = {.count = 2, .in = 34, .out = 12};  // and one of attention
    const Figures m(w);
    CHECK(m.attention == 1);
    CHECK(m.L * m.Pl == Approx(attention_weights + 2 * h * 46 + 2 * 3 * h * f + 5 * h));
    CHECK(m.Pmax == Approx(3 * h * f + h));
    CHECK(layer_activations(m, w) == Approx((attention + 2 * 2 * T * 92 + 2 * mlp) / 5 + norms_kept / 2));
}

TEST_CASE("attention with heads of its own in some layers has its own width") {
    Workload w = small();
    w.shape.global = {.count = 1, .kv_heads = 1, .head_dim = 6};
    const Figures m(w);
    const double global = 2 * h * 24 + 2 * h * 6;
    CHECK(m.L * m.Pl == Approx(2 * attention_weights + global + 3 * (3 * h * f + norms)));
    const double kept = T * (4 * 24 + 4 * 6 + 4 * heads);
    CHECK(layer_activations(m, w) == Approx((2 * attention + kept) / 3 + mlp + norms_kept));
}

TEST_CASE("the first layers may be dense, and shared experts meet every token") {
    Workload w = small();
    w.shape.experts = 6;
    w.shape.experts_per_token = 2;
    w.shape.ffn = 5;
    w.shape.dense_layers = 1;
    w.shape.dense_ffn = 20;
    w.shape.shared_ffn = 10;
    const Figures m(w);
    const double routed = 6 * 3 * h * 5 + h * 6 + 3 * h * 10;
    CHECK(m.L * m.Pl == Approx(3 * (attention_weights + norms) + 3 * h * 20 + 2 * routed));
    CHECK(m.Pe == Approx(2 * 6 * 3 * h * 5));
    CHECK(m.Pmax == Approx(attention_weights + norms + std::max(routed, 3 * h * 20)));
    // Gate, up, silu(gate) and the product; each expert's input and output.
    const double at_experts = 2 * (2 * 2 * T * h + 4 * 2 * T * 5) + 4 * 2 * T * 10;
    CHECK(layer_activations(m, w) == Approx(attention + (mlp + 2 * at_experts) / 3 + norms_kept));
    w.shape.expert_hidden = 4;  // experts in a narrower space, with a projection each way
    const double narrow = 6 * 3 * 4 * 5 + h * 6 + 3 * h * 10 + 2 * h * 4;
    CHECK(Figures(w).L * Figures(w).Pl == Approx(3 * (attention_weights + norms) + 3 * h * 20 + 2 * narrow));
}

TEST_CASE("experts are divided over expert-parallel ranks, and by a degree of their own") {
    Workload w = small();
    w.shape.experts = 6;
    w.shape.experts_per_token = 2;
    w.expert = 3;
    w.tensor = 2;
    CHECK(Figures(w).Pe == Approx(3 * 2 * 3 * h * (20 / 2)));
    w.expert_tensor = 1;
    CHECK(Figures(w).Pe == Approx(3 * 2 * 3 * h * 20));
}

TEST_CASE("an MLP without a gate has two matrices and keeps two tensors, a gated attention a third of queries") {
    Workload w = small();
    w.shape.gated_ffn = false;
    CHECK(Figures(w).Pl == Approx(attention_weights + 2 * h * f + norms));
    CHECK(layer_activations(Figures(w), w) == Approx(attention + mlp / 2 + norms_kept));
    w.shape.gated_attention = true;
    CHECK(Figures(w).Pl == Approx(attention_weights + h * q + 2 * h * f + norms));
}

TEST_CASE("what no layer has is kept and trained, and computed with elsewhere") {
    Workload w = small();
    w.shape.other_parameters = 1000;
    const Prediction more = predict(w).value(), less = predict(small()).value();
    CHECK(part(moment(more, "loss"), "parameters") == Approx(part(moment(less, "loss"), "parameters") + 4 * 1000));
    CHECK(part(moment(more, "loss"), "gathered_root") == part(moment(less, "loss"), "gathered_root"));
}

TEST_CASE("frozen weights are as small as they are kept: NF4 and MXFP4 beside bf16") {
    // Per number 4 bits and 0.127 of constants [arXiv:2305.14314], 4 bits and a byte for 32 numbers [OCP], 16 bits.
    Workload w = small();
    w.lora = {.rank = 2};
    const auto parameters = [&](double bytes) {
        w.lora.base_bytes = bytes;
        return part(moment(predict(w).value(), "loss"), "parameters");
    };
    const double adapters = 4 * L * 2 * (2 * (h + q) + 2 * (h + k));
    CHECK(parameters(2) == Approx(2 * P + adapters));
    CHECK(parameters(4) == Approx(4 * P + adapters));
    // Embedding, head and last norm stay in 16 bits; in MXFP4 all but the experts do.
    CHECK(parameters(4.127 / 8) == Approx(4.127 / 8 * L * Pl + 2 * Pr + adapters));
    CHECK(part(moment(predict(w).value(), "layer"), "backward_temporaries") ==
          Approx(4 * f * T + 2 * h * T + 2 * h * f));  // with a weight made of its 4 bits
    w.shape.experts = 6;
    w.shape.experts_per_token = 2;
    w.assumptions.frozen = Frozen::mxfp4;
    const double experts = L * 6 * 3 * h * f;
    const double rest = L * (attention_weights + norms + h * 6) + Pr;
    CHECK(parameters(4.25 / 8) == Approx(4.25 / 8 * experts + 2 * rest + adapters));
    const double at_down = T * (6 * h + 2 * 2 * h + 2 * 2 * f);
    CHECK(part(moment(predict(w).value(), "layer"), "backward_temporaries") == Approx(at_down + 2 * h * f));
}

TEST_CASE("a reference model is bf16 and divided, may be elsewhere, and a critic has weights, gradients and states") {
    Workload w = small();
    w.shard = 2;
    const Prediction alone = predict(w).value();
    w.reference = true;
    const Prediction both = predict(w).value();
    CHECK(part(moment(both, "loss"), "reference") == Approx(2 * P / 2));
    CHECK(both.peak_bytes == Approx(alone.peak_bytes + 2 * P / 2));
    CHECK(both.low_bytes == Approx(alone.low_bytes));
    w.critic_parameters = 500;
    CHECK(part(moment(predict(w).value(), "loss"), "critic") == Approx(16 * 500 / 2));
}

TEST_CASE("what is offloaded is on no device") {
    Workload w = small();
    w.offload_optimizer = true;
    CHECK(part(moment(predict(w).value(), "loss"), "optimizer_states") == 0);
    CHECK(part(moment(predict(w).value(), "loss"), "parameters") == Approx(4 * P));
    w.offload_parameters = true;
    const Prediction offloaded = predict(w).value();
    for (const char* name : {"parameters", "optimizer_states", "gradients"})
        CHECK(part(moment(offloaded, "optimizer"), name) == 0);
    CHECK(part(moment(offloaded, "loss"), "gathered_root") == Approx(2 * Pr));
}

TEST_CASE("Megatron trains adapters alone, and spreads experts' states over the ranks with the same experts") {
    Workload w = small();
    w.assumptions.framework = Framework::megatron;
    w.shard = 12;
    w.lora = {.rank = 2};
    const double adapters = L * 2 * (2 * (h + q) + 2 * (h + k));
    const Prediction lora = predict(w).value();
    CHECK(part(moment(lora, "layer"), "parameters") == Approx(2 * P + 2 * adapters));
    CHECK(part(moment(lora, "layer"), "gradients") == Approx(4 * adapters));
    CHECK(part(moment(lora, "layer"), "optimizer_states") == Approx(adapters));

    w.lora = {};
    w.shape.experts = 6;
    w.shape.experts_per_token = 2;
    w.expert = 3;
    const Figures m(w);
    CHECK(part(moment(predict(w).value(), "layer"), "optimizer_states") ==
          Approx(12 * (m.P - m.Pe) / 12 + 12 * m.Pe / 4));
}

TEST_CASE("what lives from step to step may be known better than the rest") {
    Workload w = small();
    w.assumptions.below = 0.4;
    const Prediction plain = predict(w).value();
    CHECK(plain.low_bytes == Approx(0.6 * plain.peak_bytes));
    w.assumptions.below_kept = 0.1;
    double low = 0;
    const Prediction better = predict(w).value();
    for (const Moment& moment : better.moments) {
        double kept = 0;
        for (const char* name : {"parameters", "optimizer_states", "gradients"}) kept += part(moment, name);
        low = std::max(low, 0.9 * kept + 0.6 * (moment.total() - kept));
    }
    CHECK(better.low_bytes == Approx(low));
    CHECK(better.peak_bytes == plain.peak_bytes);
}

}  // namespace
}  // namespace recipe::memory
