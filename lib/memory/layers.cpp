// SPDX-License-Identifier: Apache-2.0
// What one layer keeps for its backward pass, and what that adds. formulas.cpp lists the sources.
#include "memory/figures.hpp"

#include <algorithm>

namespace recipe::memory {
namespace {

struct Kind {
    double count;  // of such layers
    double kept;
};

/// Flash attention: q, k (after the rotation) and v, its output, and the log-sum-exp in fp32. That a window of the
/// tokens is attended to changes none of these. Without such a kernel keys and values are as many as queries, and the
/// scores are kept.
double attention(const Figures& m, double q, double k) {
    if (m.scores > 0) return 4 * m.low(q) + m.scores;
    return 2 * m.low(q) + 2 * m.low(k) + 4 * m.T * m.heads;
}

/// Keys and values are as many as queries once they come out of their low rank, of which both sides are kept. [DS]
double latent_attention(const Figures& m, const Latent& l) {
    const double key = static_cast<double>(l.key_dim + l.rope_dim), value = static_cast<double>(l.value_dim);
    const double ranks = static_cast<double>(2 * (l.q_rank + l.kv_rank) + l.rope_dim);
    return 2 * m.low(m.heads * key) + 2 * m.low(m.heads * value) + m.low(ranks) + 4 * m.T * m.heads;
}

/// What the projections give, once more after the convolution; the scan's output, and what its gated norm makes of it.
/// The states of the scan are computed again in the backward pass. [DN] [MB]
double no_attention(const Figures& m) {
    return 2 * m.low(m.in) + 2 * m.low(m.out);
}

std::array<Kind, 3> mixers(const Figures& m, const Workload& w) {
    const bool latent = w.shape.latent.kv_rank > 0;
    return {{{m.attention, latent ? latent_attention(m, w.shape.latent) : attention(m, m.q, m.k)},
             {m.global, attention(m, m.q_global, m.k_global)},
             {m.linear, no_attention(m)}}};
}

/// `tensors` of the MLP's width, and each expert's input and output.
std::array<Kind, 2> mlps(const Figures& m, double tensors) {
    const double routed = m.K * (2 * m.low(m.eh) + tensors * m.low(m.f));
    const double shared = m.shared_f > 0 ? tensors * m.low(m.shared_f) : 0;
    return {{{m.dense, tensors * m.low(m.dense_f)}, {m.routed, m.moe ? routed + shared : 0}}};
}

template <std::size_t size>
double most(const std::array<Kind, size>& kinds) {
    double most = 0;
    for (const Kind& kind : kinds)
        if (kind.count > 0) most = std::max(most, kind.kept);
    return most;
}

template <std::size_t size>
double sum(const std::array<Kind, size>& kinds) {
    double sum = 0;
    for (const Kind& kind : kinds) sum += kind.count * kind.kept;
    return sum;
}

/// Gate, up, silu(gate), and the product, which only a trained down-projection keeps. Without a gate: the projection
/// and what the activation function makes of it.
double mlp_tensors(const Figures& m) {
    return m.matrices < 3 ? 2 : m.lora ? 3 : 4;
}

/// Of the norms over the heads of queries and keys, as over the residual stream: see below. A fused one keeps its
/// input.
double head_norms(const Figures& m, const Workload& w) {
    if (!w.shape.qk_norm) return 0;
    const double width = m.q + m.k;
    const double reciprocals =
        4 * m.T * (m.heads + m.k / static_cast<double>(std::max<std::int64_t>(w.shape.head_dim, 1)));
    if (!m.eager) return m.low(width) + reciprocals;
    if (m.lora) return m.fp32(width) + reciprocals;
    return m.fp32(width) + (w.shape.four_norms ? m.fp32(width) : m.low(width)) + reciprocals;
}

/// Norms, and what adapters keep.
double rest(const Figures& m, const Workload& w) {
    const double norms = w.shape.four_norms ? 4 : 2;
    // Reciprocal root mean squares.
    double kept = norms * 4 * m.T / m.sp + head_norms(m, w);
    if (m.lora) {
        // Frozen Linears keep no input. The norms keep their fp32 copy; each adapter keeps its own copy of its input in
        // its precision (what q, k and v share as bf16 they do not share after the cast), and its inner product of rank
        // r.
        const bool all = w.lora.all_linear;
        const double shared_inputs = all ? 2 : 1;
        const double own_inputs = all ? 5 : 3;
        const double adapters = all ? 7 : 4;
        const double rank = static_cast<double>(w.lora.rank);
        kept += m.eager ? norms * m.fp32(m.h) : norms * m.low(m.h);
        const bool casts = w.lora.fp32_adapters;
        const bool wide = casts && !w.lora.autocast;
        const auto input = [&](double width) { return wide ? m.fp32(width) : m.low(width); };
        const double f = m.moe && !w.lora.experts ? std::max(m.dense_f, m.shared_f) : m.f;
        if (casts)
            kept += own_inputs * input(m.h) + input(m.q) + (all ? input(f) : 0);
        else
            kept += shared_inputs * m.low(m.h) + (all ? m.low(f) : 0);
        return kept + adapters * rank * m.T * (wide ? 4 : 2);
    }
    if (m.autocast) {
        // The residual stream is fp32 and is what a norm keeps (eager: the normalized tensor as well); q, k, v, gate
        // and up each keep a bf16 cast of their own of the norm's output.
        return kept + norms * (m.eager ? 2 : 1) * m.fp32(m.h) + 5 * m.low(m.h);
    }
    // Per norm: its input (eager: an fp32 copy and the normalized bf16 one; fused: the bf16 input), and its output,
    // which the Linears keep. With sequence parallelism that last one is the gathered tensor and does not shrink.
    // Gemma's multiplies in fp32, so that its normalized tensor is fp32, too; what comes after attention and MLP feeds
    // no Linear.
    const double normalized = w.shape.four_norms ? m.fp32(m.h / m.sp) : m.low(m.h / m.sp);
    const double norm = m.eager ? m.fp32(m.h / m.sp) + normalized : m.low(m.h / m.sp);
    return kept + norms * norm + 2 * m.low(m.h);
}

}  // namespace

double core_activations(const Figures& m, const Workload& w, double mlp_tensors) {
    return (sum(mixers(m, w)) + sum(mlps(m, mlp_tensors))) / m.L;
}

double layer_activations(const Figures& m, const Workload& w) {
    return core_activations(m, w, mlp_tensors(m)) + (m.single ? rest(m, w) / 2 : rest(m, w));
}

double largest_layer_activations(const Figures& m, const Workload& w) {
    const double mixer = most(mixers(m, w)), mlp = most(mlps(m, mlp_tensors(m)));
    return m.single ? std::max(mixer, mlp) + rest(m, w) / 2 : mixer + mlp + rest(m, w);
}

double largest_mlp_activations(const Figures& m) {
    return most(mlps(m, mlp_tensors(m)));
}

double attention_temporaries(const Figures& m) {
    return m.scores > 0 ? 3 * m.scores + 3 * m.low(m.q) : 0;
}

double backward_temporaries(const Figures& m) {
    const double c = m.computed;
    const double trained = m.lora ? 0 : 1;
    const double at_dense = m.dense > 0 ? c * (2 * m.dense_f * m.T + m.h * m.T + trained * m.h * m.dense_f) : 0;
    if (!m.moe) return at_dense;
    // Experts' weights are one tensor each, so is their gradient. At the down-projection: its gradient, the gradients
    // of the product and of each expert's output, and three of the hidden states. At gate and up: all experts'
    // gradients, and the product, gate, up and silu(gate) have given way to the gradient of gate and up.
    const double down = c * m.E * m.eh * m.f * trained;
    const double at_down = down + c * m.T * (3 * m.h + m.K * m.eh + m.K * m.f);
    const double at_gate = m.matrices * down + c * m.T * (m.K * m.eh - 2 * m.K * m.f);
    return std::max({at_dense, at_down, at_gate});
}

}  // namespace recipe::memory
