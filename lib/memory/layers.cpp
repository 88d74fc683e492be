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

/// Flash attention: q, k (after the rotation) and v, its output, and the log-sum-exp in fp32. Without such a kernel
/// keys and values are as many as queries, and the scores are kept; with sinks also which of them is the greatest,
/// while adapters keep a copy of the output and not itself. [A]
double attention(const Figures& m, double q, double k) {
    if (m.sinks) return (m.lora ? 3 : 4) * m.low(q) + m.scores + 8 * m.T * m.heads;
    if (m.scores > 0) return 4 * m.low(q) + m.scores;
    return 2 * m.low(q) + 2 * m.low(k) + 4 * m.T * m.heads;
}

/// With a mask: its copy in the precision of the queries. Keys and values are repeated to be as many as these, unless
/// there is one head of them, which needs no copy for it. [A]
double masked_attention(const Figures& m, double q, double k, std::int64_t kv_heads) {
    if (m.scores > 0) return attention(m, q, k);
    return attention(m, q, kv_heads == 1 ? k : q) + m.block(m.computed * m.mask);
}

/// Keys and values are as many as queries once they come out of their low rank. Values are a part of the tensor that
/// they come with. What is trained keeps the output once more, side by side, and of each rank's norm what norms keep;
/// of these an eager norm's adapters keep the fp32 copy alone. [DS]
double latent_attention(const Figures& m, const Latent& l) {
    const double key = static_cast<double>(l.key_dim + l.rope_dim), value = static_cast<double>(l.value_dim);
    const double ranks = static_cast<double>(l.q_rank + l.kv_rank);
    const double outputs = (m.lora ? 1 : 2) * m.low(m.heads * value);
    const double norms = m.lora ? (m.eager ? m.fp32(ranks) : m.low(ranks))
                                : (m.eager ? m.fp32(ranks) + 2 * m.low(ranks) : 2 * m.low(ranks));
    return 2 * m.low(m.heads * key) + m.low(m.heads * static_cast<double>(l.key_dim + l.value_dim)) + outputs + norms +
           4 * m.T * m.heads;
}

/// What the projections give, once more after the convolution; the scan's output, and what its gated norm makes of it.
/// The states of the scan are computed again in the backward pass. [DN] [MB]
double no_attention(const Figures& m) {
    return 2 * m.low(m.in) + 2 * m.low(m.out);
}

std::array<Kind, 5> mixers(const Figures& m, const Workload& w) {
    const Shape& s = w.shape;
    const bool latent = s.latent.kv_rank > 0;
    const double of_latent = latent ? latent_attention(m, s.latent) : 0;
    return {{{m.attention - m.masked, latent ? of_latent : attention(m, m.q, m.k)},
             {m.masked, latent ? of_latent + m.block(m.computed * m.mask) : masked_attention(m, m.q, m.k, s.kv_heads)},
             {m.global - m.masked_global, attention(m, m.q_global, m.k_global)},
             {m.masked_global, masked_attention(m, m.q_global, m.k_global, s.global.kv_heads)},
             {m.linear, no_attention(m)}}};
}

/// `tensors` of the MLP's width, and each expert's output and, unless it is frozen, its input. gpt-oss's keep the
/// clamped gate, up + 1 and what the gate makes of itself besides. DeepSeek's router reads an fp32 copy. [DS] [A]
std::array<Kind, 2> mlps(const Figures& m, const Workload& w, double tensors) {
    const bool frozen = m.lora && !(w.lora.all_linear && w.lora.experts);
    const double of_expert = (frozen ? 1 : 2) * m.low(m.eh) + (tensors + (w.shape.clamped_gate ? 3 : 0)) * m.low(m.f);
    const double router = w.shape.latent.kv_rank > 0 && !m.lora ? m.fp32(m.h) : 0;
    const double shared = m.shared_f > 0 ? tensors * m.low(m.shared_f) : 0;
    return {{{m.dense, tensors * m.low(m.dense_f)}, {m.routed, m.moe ? m.K * of_expert + router + shared : 0}}};
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
    return m.fp32(width) + (w.shape.wide_norms ? m.fp32(width) : m.low(width)) + reciprocals;
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
        const Latent& l = w.shape.latent;
        const double own_inputs = (l.kv_rank > 0 ? 2 : 3) + (all ? 2 : 0);
        const double at_attention = l.kv_rank == 0 ? 4 : l.q_rank > 0 ? 5 : 4;
        const double adapters = at_attention + (all ? 3 : 0);
        const double rank = static_cast<double>(w.lora.rank);
        kept += m.eager ? norms * m.fp32(m.h) : norms * m.low(m.h);
        const bool casts = w.lora.fp32_adapters;
        const bool wide = casts && !w.lora.autocast;
        const auto input = [&](double width) { return wide ? m.fp32(width) : m.low(width); };
        // Of what no other Linear reads: the attention's output, and the low ranks.
        const auto of_others = [&](const auto& bytes_of) {
            if (l.kv_rank == 0) return bytes_of(m.q);
            return bytes_of(m.heads * static_cast<double>(l.value_dim)) +
                   bytes_of(static_cast<double>(l.q_rank + l.kv_rank));
        };
        const double f = m.moe && !w.lora.experts ? std::max(m.dense_f, m.shared_f) : m.f;
        if (casts)
            kept += own_inputs * input(m.h) + of_others(input) + (all ? input(f) : 0);
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
    // Gemma's and gpt-oss's multiply in fp32, so that their normalized tensor is fp32, too; what comes after Gemma's
    // attention and MLP feeds no Linear.
    const double normalized = w.shape.wide_norms ? m.fp32(m.h / m.sp) : m.low(m.h / m.sp);
    const double norm = m.eager ? m.fp32(m.h / m.sp) + normalized : m.low(m.h / m.sp);
    return kept + norms * norm + 2 * m.low(m.h);
}

}  // namespace

double core_activations(const Figures& m, const Workload& w, double mlp_tensors) {
    return (sum(mixers(m, w)) + sum(mlps(m, w, mlp_tensors))) / m.L;
}

double layer_activations(const Figures& m, const Workload& w) {
    return core_activations(m, w, mlp_tensors(m)) + (m.single ? rest(m, w) / 2 : rest(m, w));
}

double largest_layer_activations(const Figures& m, const Workload& w) {
    const double mixer = most(mixers(m, w)), mlp = most(mlps(m, w, mlp_tensors(m)));
    return m.single ? std::max(mixer, mlp) + rest(m, w) / 2 : mixer + mlp + rest(m, w);
}

double attention_freed(const Figures& m, const Workload& w) {
    const double mlp = most(mlps(m, w, mlp_tensors(m)));
    if (!m.sinks) return mlp;
    const double norm = m.lora ? m.fp32(m.h) : (w.shape.wide_norms ? 2 : 1) * m.fp32(m.h) + m.low(m.h);
    return mlp + norm + (m.lora ? 1 : 2) * m.low(m.q);
}

double attention_temporaries(const Figures& m) {
    if (!m.sinks) return m.scores > 0 ? 3 * m.scores + 3 * m.low(m.q) : 0;
    // The gradients of the MLP's and of the last projection's weights are there, those of values, and of what the layer
    // gives.
    const double weights = m.lora ? 0 : m.matrices * (m.moe ? m.E * m.eh * m.f : m.h * m.f) + m.h * m.q;
    return 3 * m.scores + m.low(m.q) + m.low(m.h) + m.computed * weights;
}

double shared_mask(const Figures& m) {
    return m.sinks ? m.low(m.keys) : m.mask;
}

double backward_temporaries(const Figures& m) {
    const double c = m.computed;
    const double trained = m.lora ? 0 : 1;
    const double at_dense =
        m.dense > 0 ? c * (2 * m.dense_f * m.T + m.h * m.T + trained * m.h * m.dense_f) + m.unpacked : 0;
    if (!m.moe) return at_dense;
    // Experts' weights are one tensor each, so is their gradient. At the down-projection: its gradient, the gradients
    // of the product and of each expert's output, and three of the hidden states. At gate and up: all experts'
    // gradients, and the product, gate, up and silu(gate) have given way to the gradient of gate and up.
    const double down = c * m.E * m.eh * m.f * trained;
    const double at_down = down + c * m.T * (3 * m.h + m.K * m.eh + m.K * m.f);
    const double at_gate = m.matrices * down + c * m.T * (m.K * m.eh - 2 * m.K * m.f);
    return std::max({at_dense, at_down + m.unpacked, at_gate + m.unpacked});
}

}  // namespace recipe::memory
