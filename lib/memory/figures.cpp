// SPDX-License-Identifier: Apache-2.0
// Reads a workload's dimensions into the letters that the formulas use.
#include "memory/figures.hpp"

#include <algorithm>
#include <cmath>

namespace recipe::memory {
namespace {

double number(std::int64_t n) {
    return static_cast<double>(n);
}

/// DeepSeek's: queries and keys come out of low ranks, which tensor parallelism does not divide. [DS]
double latent_parameters(const Figures& m, const Shape& s) {
    const Latent& l = s.latent;
    const double queries = m.heads * number(l.key_dim + l.rope_dim);
    const double from_queries = l.q_rank > 0 ? number(l.q_rank) * (m.h + queries) : m.h * queries;
    return from_queries + m.h * number(l.kv_rank + l.rope_dim) +
           number(l.kv_rank) * m.heads * number(l.key_dim + l.value_dim) + m.heads * number(l.value_dim) * m.h;
}

/// Adapters' parameters beside the same matrices, per rank of theirs.
double latent_adapters(const Figures& m, const Latent& l) {
    const double queries = m.heads * number(l.key_dim + l.rope_dim), values = m.heads * number(l.value_dim);
    const double of_queries = l.q_rank > 0 ? m.h + 2 * number(l.q_rank) + queries : m.h + queries;
    return of_queries + m.h + 2 * number(l.kv_rank) + number(l.rope_dim) + m.heads * number(l.key_dim + l.value_dim) +
           values + m.h;
}

struct Sizes {
    double attention, global, linear, dense, routed, experts;
};

/// Linear weights have no bias; norms and the router are not divided by TP.
Sizes sizes(const Figures& m, const Shape& s) {
    const double of_q = s.gated_attention ? 3 : 2;
    const double experts = m.moe ? m.E * m.matrices * m.eh * m.f : 0;
    return {.attention = s.latent.kv_rank > 0 ? latent_parameters(m, s) : of_q * m.h * m.q + 2 * m.h * m.k,
            .global = of_q * m.h * m.q_global + 2 * m.h * m.k_global,
            .linear = m.h * (m.in + m.out),
            .dense = m.matrices * m.h * m.dense_f,
            .routed = experts + m.h * number(s.experts) + m.matrices * m.h * m.shared_f +
                      (s.expert_hidden > 0 ? 2 * m.h * m.eh : 0),
            .experts = experts};
}

}  // namespace

Figures::Figures(const Workload& w) {
    const Shape& s = w.shape;
    const Assumptions& a = w.assumptions;
    t = number(w.tensor);
    W = number(w.shard);
    sp = a.sequence_parallel ? t : 1;
    T = number(w.sequence) * number(w.micro_batch) / number(w.context);
    h = number(s.hidden);
    L = number(s.layers);
    heads = number(s.heads) / t;
    q = number(s.heads) * number(s.head_dim) / t;
    k = std::max(number(s.kv_heads), t) * number(s.head_dim) / t;  // a rank has one key-value head at least
    V = number(s.vocab);
    moe = s.experts > 0;
    K = number(s.experts_per_token);
    E = moe ? number(s.experts) / number(w.expert) : 1;
    f = number(s.ffn) / (moe && w.expert_tensor > 0 ? number(w.expert_tensor) : t);
    dense_f = moe ? number(s.dense_ffn) / t : f;
    shared_f = number(s.shared_ffn) / t;
    eh = s.expert_hidden > 0 ? number(s.expert_hidden) : h;
    matrices = s.gated_ffn ? 3 : 2;
    q_global = number(s.heads) * number(s.global.head_dim) / t;
    k_global = std::max(number(s.global.kv_heads), t) * number(s.global.head_dim) / t;
    in = number(s.linear.in) / t;
    out = number(s.linear.out) / t;
    other = number(s.other_parameters);

    single = s.mlp_layers > 0;
    const double mlps = single ? number(s.mlp_layers) : L;
    global = number(s.global.count);
    linear = number(s.linear.count);
    attention = L - global - linear - (single ? mlps : 0);
    dense = moe ? number(s.dense_layers) : mlps;
    routed = mlps - dense;
    uniform = !single && global == 0 && linear == 0 && (dense == 0 || routed == 0) && s.latent.kv_rank == 0;

    const Sizes size = sizes(*this, s);
    const double norms = (single ? 1 : 2) * h;
    Pl = (attention * size.attention + global * size.global + linear * size.linear + dense * size.dense +
          routed * size.routed) /
             L +
         norms;
    const auto largest = [](std::initializer_list<std::pair<double, double>> kinds) {
        double most = 0;
        for (const auto& [count, parameters] : kinds)
            if (count > 0) most = std::max(most, parameters);
        return most;
    };
    const double mixer = largest({{attention, size.attention}, {global, size.global}, {linear, size.linear}});
    const double mlp = largest({{dense, size.dense}, {routed, size.routed}});
    Pmax = uniform ? Pl : (single ? std::max(mixer, mlp) : mixer + mlp) + norms;
    Pe = routed * size.experts;
    Pr = (s.tied_embeddings ? 1 : 2) * V * h / t + h;
    P = L * Pl + Pr + other;

    lora = w.lora.rank > 0;
    const double r = number(w.lora.rank);
    const double at_mlp =
        (moe ? (w.lora.experts ? E * routed * matrices * (eh + f) : 0) + dense * matrices * (h + dense_f) +
                   (shared_f > 0 ? routed * matrices * (h + shared_f) : 0)
             : dense * matrices * (h + f));
    const Latent& l = s.latent;
    const double at_attention = l.kv_rank > 0 ? latent_adapters(*this, l) : 2 * (h + q) + 2 * (h + k);
    A = r * (attention * at_attention + global * (2 * (h + q_global) + 2 * (h + k_global)) +
             (w.lora.all_linear ? linear * (2 * h + in + out) + at_mlp : 0));

    const bool pure = a.precision == Precision::pure_bf16;
    computed = a.precision == Precision::fp32 ? 4 : 2;
    // PyTorch's fused attention kernels take fp32 or grouped queries, not both [M], and no sinks, which are one more
    // score of each query.
    const bool own = a.attention == Attention::sdpa;
    const bool pytorch = own && a.framework == Framework::pytorch;  // Megatron's kernels take windows
    keys = number(w.sequence) / number(w.context);
    sinks = pytorch && s.sinks;
    const bool grouped = s.heads != s.kv_heads && s.latent.kv_rank == 0;
    scores = sinks                                              ? computed * T * (keys + 1) * heads
             : own && a.precision == Precision::fp32 && grouped ? 4 * T * keys * heads
                                                                : 0;
    // A window that is longer than the sequence needs none. All sequences of a batch share a window's mask. [A]
    const bool in_window = s.window > 0 && s.window <= w.sequence;
    masked = !pytorch ? 0 : w.packed ? attention : in_window ? std::min(number(s.window_layers), attention) : 0;
    masked_global = pytorch && w.packed ? global : 0;
    mask = masked + masked_global > 0 ? number(w.sequence) * keys * (w.packed ? number(w.micro_batch) : 1) : 0;
    autocast = a.precision == Precision::autocast;
    eager = a.norm == Norm::eager;
    rounds = a.allocator == Allocator::default_segments;
    weight = lora ? w.lora.base_bytes : pure ? 2 : 4;
    gradient = lora ? (w.lora.fp32_adapters ? 4 : 2) : pure ? 2 : 4;
    state = 2 * gradient;
    // In 4 bits are the Linears of the layers (NF4), or the experts alone (MXFP4); each is made of them again when its
    // turn comes. The rest stays in 16. [Q]
    packed = lora && w.lora.base_bytes < 2;
    const double in_four_bits = !packed ? P : a.frozen == Frozen::mxfp4 ? Pe : L * Pl;
    weights = weight * in_four_bits + 2 * (P - in_four_bits);
    unpacked = packed ? computed * h * std::max({q, dense_f, moe ? f : 0}) : 0;
    reduced = lora ? 0 : pure || a.reduce_in_bf16 ? 2 : 4;
}

double allocated_block(double bytes) noexcept {
    // From 10 MiB on a request is a segment of its own, of a multiple of 2 MiB; what is left of it is split off only
    // where it exceeds 1 MiB. Smaller ones are carved from 20 MiB segments.
    constexpr double segment_of_its_own = 10 * MiB;
    constexpr double granularity = 2 * MiB;
    if (bytes < segment_of_its_own) return bytes;
    const double segment = std::ceil(bytes / granularity) * granularity;
    return segment - bytes <= MiB ? segment : bytes;
}

double checkpoint_bytes(const Workload& workload) noexcept {
    Workload whole = workload;
    whole.tensor = whole.expert = whole.context = whole.shard = whole.expert_tensor = 1;
    const Figures m(whole);
    return m.lora ? m.A * (m.gradient + m.state) : m.P * (m.weight + m.state);
}

}  // namespace recipe::memory
