// SPDX-License-Identifier: Apache-2.0
// What attention keeps where PyTorch's kernels need a mask or cannot do without scores, and when gradients are given
// back. Each sum is written down here from what the program allocates.
#include "memory/figures.hpp"
#include "memory/parts.hpp"

namespace recipe::memory {
namespace {

using namespace small_model;

constexpr double norms_kept = 8 * T + 2 * (4 + 2 + 2) * T * h;         // eager, with two root mean squares
constexpr double mask = 10 * 10;                                       // of a sequence of 10
constexpr double masked = T * (4 * q + 4 * q + 4 * heads) + 2 * mask;  // keys and values as many as queries

Workload in_window(std::int64_t window) {
    Workload w = small();
    w.shape.window = window;
    w.shape.window_layers = 2;  // of 3
    return w;
}

TEST_CASE("a window that is shorter than the sequence, or as long, needs a mask in the layers that have it") {
    const auto kept = [](std::int64_t window) {
        const Workload w = in_window(window);
        return layer_activations(Figures(w), w);
    };
    const double with = (attention + 2 * masked) / 3 + mlp + norms_kept;
    CHECK(kept(9) == Approx(with));
    CHECK(kept(10) == Approx(with));
    CHECK(kept(11) == Approx(layer));
    CHECK(kept(0) == Approx(layer));
    Workload w = in_window(9);
    CHECK(largest_layer_activations(Figures(w), w) == Approx(masked + mlp + norms_kept));
    w.shape.window_layers = 5;  // more than there are
    CHECK(layer_activations(Figures(w), w) == Approx(masked + mlp + norms_kept));
}

TEST_CASE("one head of keys and values is not repeated for a mask") {
    Workload w = in_window(9);
    w.shape.kv_heads = 1;
    const double one = T * (4 * q + 4 * 3 + 4 * heads);
    CHECK(layer_activations(Figures(w), w) == Approx(one + 2.0 / 3 * 2 * mask + mlp + norms_kept));
}

TEST_CASE("a flash kernel takes windows without a mask, and nobody is refused for one") {
    Workload w = in_window(9);
    const Prediction own = predict(w).value();
    w.assumptions.attention = Attention::flash;
    const Prediction flash = predict(w).value();
    CHECK(layer_activations(Figures(w), w) == Approx(layer));
    CHECK(own.peak_bytes > flash.peak_bytes);
    CHECK(own.low_bytes == Approx(flash.low_bytes));
    CHECK(flash.low_bytes == Approx(flash.peak_bytes));
}

TEST_CASE("packed sequences have a mask each batch, in all layers") {
    Workload w = small();  // two sequences a batch
    w.packed = true;
    w.shape.global = {.count = 1, .kv_heads = 1, .head_dim = 6};
    const double global = T * (4 * 24 + 4 * 6 + 4 * heads) + 2 * 2 * mask;
    const double local = masked + 2 * mask;
    CHECK(layer_activations(Figures(w), w) == Approx((2 * local + global) / 3 + mlp + norms_kept));
    const Prediction own = predict(w).value();
    w.assumptions.attention = Attention::flash;
    CHECK(own.low_bytes == Approx(predict(w)->low_bytes));
    CHECK(own.low_bytes < own.peak_bytes);
    w.assumptions = {.framework = Framework::megatron};  // whose kernels need no mask
    CHECK(Figures(w).mask == 0);
    CHECK(Figures(w).masked + Figures(w).masked_global == 0);
    w.shape.sinks = true;
    CHECK(Figures(w).scores == 0);
}

TEST_CASE("with checkpoints the mask itself is kept, a byte an element") {
    Workload w = in_window(9);
    w.checkpointing = true;
    Workload without = w;
    without.shape.window = 0;
    for (const char* name : {"forward", "loss"})
        CHECK(parts_of(w, name)["activations"] == Approx(parts_of(without, name)["activations"] + mask));
    const double more = masked - attention + mask;
    CHECK(parts_of(w, "layer")["activations"] == Approx(parts_of(without, "layer")["activations"] + more));
    w.micro_batch = without.micro_batch = 1;
    w.sequence = without.sequence = 1;
    w.shape.window = 1;
    const auto at_end = [](const Workload& workload) {
        return part(moment(predict(workload).value(), "layer"), "activations");
    };
    CHECK(at_end(w) == Approx(at_end(without) + 1));  // at the end of a layer's pass, too
    w.packed = true;
    w.shape.window = 0;
    CHECK(at_end(w) == Approx(at_end(without) + 1));
}

TEST_CASE("latent attention has as many keys as queries, and a mask beside them") {
    Workload w = small();
    w.shape.latent = {.q_rank = 7, .kv_rank = 6, .key_dim = 3, .rope_dim = 2, .value_dim = 5};
    const double plain = layer_activations(Figures(w), w);
    w.packed = true;
    CHECK(layer_activations(Figures(w), w) == Approx(plain + 2 * 2 * mask));
}

/// Of gpt-oss's kind.
Workload with_sinks() {
    Workload w = small();
    w.shape.sinks = w.shape.wide_norms = w.shape.clamped_gate = true;
    w.shape.experts = 6;
    w.shape.experts_per_token = 2;
    return w;
}

constexpr double scores = 2 * T * (10 + 1) * heads;              // bf16, a sink beside the keys
constexpr double wide_norms = 8 * T + 2 * (4 + 4 + 2) * T * h;   // what they normalize is fp32
constexpr double experts = 2 * (2 * 2 * T * h + 7 * 2 * T * f);  // two a token, seven tensors of their width

TEST_CASE("attention with sinks keeps its softmax, and which score is the greatest") {
    Workload w = with_sinks();
    const double kept = 4 * 2 * T * q + scores + 8 * T * heads;
    CHECK(layer_activations(Figures(w), w) == Approx(kept + experts + wide_norms));
    CHECK(part(moment(predict(w).value(), "loss"), "activations") ==
          Approx(L * (kept + experts + wide_norms) + (4 + 4 + 2) * T * h));
    w.shape.window = 9;  // is in the mask that is added to the scores
    w.shape.window_layers = 2;
    CHECK(layer_activations(Figures(w), w) == Approx(kept + experts + wide_norms));
    w.context = 2;
    CHECK(Figures(w).scores == 2 * T / 2 * (5 + 1) * heads);
    w.context = 1;
    w.assumptions.attention = Attention::flash;
    CHECK(layer_activations(Figures(w), w) == Approx(attention + experts + wide_norms));
}

TEST_CASE("in the backward pass of attention with sinks there are four tensors of scores") {
    Workload w = with_sinks();
    w.sequence = 400;  // so that this is the largest of the layer's moments
    w.checkpointing = true;
    const double tokens = 800, many = 2 * tokens * 401 * heads;
    const Moment layer_moment = moment(predict(w).value(), "layer");
    // Of the layer queries, keys, one of the scores and its first norm are left, beside the checkpoints and a mask.
    const double left = 2 * 2 * tokens * q + many + 8 * tokens * heads + 8 * tokens + (4 + 4 + 2) * tokens * h;
    const double i = 0;
    CHECK(part(layer_moment, "activations") == Approx((i + 1) * 2 * tokens * h + left + 2 * tokens * 400));
    const double weights = 6 * 3 * h * f + h * q;  // whose gradients are there
    CHECK(part(layer_moment, "backward_temporaries") ==
          Approx(3 * many + 2 * tokens * q + 2 * tokens * h + 2 * weights));
    CHECK(part(moment(predict(w).value(), "loss"), "activations") ==
          Approx(L * 2 * tokens * h + 2 * tokens * 400 + (4 + 4 + 2) * tokens * h));
    w.shape.experts = w.shape.experts_per_token = 0;
    CHECK(attention_temporaries(Figures(w)) ==
          Approx(3 * many + 2 * tokens * q + 2 * tokens * h + 2 * (3 * h * f + h * q)));
    CHECK(predict(w)->low_bytes < predict(w)->peak_bytes);
}

TEST_CASE("adapters of attention with sinks keep a copy of its output, and no gradients of its weights") {
    Workload w = with_sinks();
    w.assumptions.wrapper = Wrapper::none;
    w.lora = {.rank = 5, .autocast = true};
    const double kept =
        3 * 2 * T * q + scores + 8 * T * heads + 2 * (2 * T * h + 6 * 2 * T * f) + 8 * T + 2 * 4 * T * h;
    CHECK(layer_activations(Figures(w), w) == Approx(kept + 3 * 2 * T * h + 2 * T * q + 4 * 5 * T * 2));
    CHECK(attention_temporaries(Figures(w)) == Approx(3 * scores + 2 * T * q + 2 * T * h));
    const double mlp_kept = 2 * (2 * T * h + 6 * 2 * T * f);
    CHECK(attention_freed(Figures(w), w) == Approx(mlp_kept + 4 * T * h + 2 * T * q));
}

TEST_CASE("experts without adapters keep their outputs alone, and those with them their inputs, too") {
    Workload w = small();
    w.assumptions.wrapper = Wrapper::none;
    w.shape.experts = 6;
    w.shape.experts_per_token = 2;
    const auto of_experts = [](const Workload& workload) {
        const Figures m(workload);
        return core_activations(m, workload, 3) - attention;
    };
    w.lora = {.rank = 5};
    CHECK(of_experts(w) == Approx(2 * (2 * T * h + 3 * 2 * T * f)));
    w.lora.all_linear = true;
    CHECK(of_experts(w) == Approx(2 * (2 * 2 * T * h + 3 * 2 * T * f)));
    w.lora.experts = false;
    CHECK(of_experts(w) == Approx(2 * (2 * T * h + 3 * 2 * T * f)));
}

TEST_CASE("adapters of latent attention are at its low ranks, and keep what these and it give") {
    Workload w = small();
    w.assumptions.wrapper = Wrapper::none;
    w.shape.latent = {.q_rank = 7, .kv_rank = 6, .key_dim = 3, .rope_dim = 2, .value_dim = 5};
    w.lora = {.rank = 2, .autocast = true};
    // Into and out of the ranks of 7 and 6 (with the rotary key of 2), and the output of 4 × 5.
    const double each = (h + 7) + (7 + 20) + (h + 6 + 2) + (6 + 4 * (3 + 5)) + (20 + h);
    CHECK(Figures(w).A == Approx(L * 2 * each));
    const double kept = 2 * T * (2 * 20 + 4 * (3 + 5) + 20) + 4 * T * (7 + 6) + 4 * T * heads;
    const double inputs = 2 * T * (2 * h + 7 + 6 + 20);
    const double frozen = 3 * 2 * T * f + 8 * T + 2 * 4 * T * h;
    CHECK(layer_activations(Figures(w), w) == Approx(kept + frozen + inputs + 5 * 2 * T * 2));
    w.assumptions.norm = Norm::fused;
    CHECK(layer_activations(Figures(w), w) ==
          Approx(kept - 2 * T * (7 + 6) + frozen - 2 * 2 * T * h + inputs + 5 * 2 * T * 2));
    w.assumptions.norm = Norm::eager;
    w.shape.latent.q_rank = 0;
    CHECK(Figures(w).A == Approx(L * 2 * (each - (h + 7) - (7 + 20) + h + 20)));
    CHECK(layer_activations(Figures(w), w) == Approx(kept - 4 * T * 7 + frozen + inputs - 2 * T * 7 + 4 * 2 * T * 2));
}

TEST_CASE("DeepSeek's router reads an fp32 copy, which it keeps where it is trained") {
    Workload w = small();
    w.shape.experts = 6;
    w.shape.experts_per_token = 2;
    w.shape.latent = {.q_rank = 7, .kv_rank = 6, .key_dim = 3, .rope_dim = 2, .value_dim = 5};
    const auto largest_mlp = [](const Workload& workload) { return attention_freed(Figures(workload), workload); };
    CHECK(largest_mlp(w) == Approx(2 * (2 * 2 * T * h + 4 * 2 * T * f) + 4 * T * h));
    w.lora = {.rank = 2};
    CHECK(largest_mlp(w) == Approx(2 * (2 * T * h + 3 * 2 * T * f)));
}

TEST_CASE("gradients live through validation, and through the next forward pass, as the program gives them back") {
    Workload w = small();
    w.validation_batch = 2;
    const auto gradients = [&](ZeroGrad when, std::string_view name) {
        w.assumptions.zero_grad = when;
        return part(moment(predict(w).value(), name), "gradients");
    };
    CHECK(gradients(ZeroGrad::step, "validation") == 0);
    CHECK(gradients(ZeroGrad::forward, "validation") == Approx(4 * P));
    CHECK(gradients(ZeroGrad::backward, "validation") == Approx(4 * P));
    CHECK(gradients(ZeroGrad::step, "forward") == 0);
    CHECK(gradients(ZeroGrad::forward, "forward") == 0);
    CHECK(gradients(ZeroGrad::backward, "forward") == Approx(4 * P));
    CHECK(gradients(ZeroGrad::backward, "loss") == 0);
    w.grad_accum = 2;  // they stay anyway, and count once
    CHECK(gradients(ZeroGrad::step, "validation") == Approx(4 * P));
    CHECK(gradients(ZeroGrad::backward, "validation") == Approx(4 * P));
    CHECK(gradients(ZeroGrad::backward, "forward") == Approx(4 * P));
}

TEST_CASE("a validation pass makes scores where attention does") {
    Workload w = with_sinks();
    w.sequence = 400;
    w.validation_batch = 2;
    const double tokens = 800;
    const Moment validation = moment(predict(w).value(), "validation");
    CHECK(part(validation, "activations") ==
          Approx(2 * 2 * tokens * h + 3 * 2 * tokens * 401 * heads + 3 * 2 * tokens * q));
}

}  // namespace
}  // namespace recipe::memory
