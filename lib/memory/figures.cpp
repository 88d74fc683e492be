// SPDX-License-Identifier: Apache-2.0
// Reads a workload's dimensions into the letters that the formulas use.
#include "memory/figures.hpp"

#include <algorithm>
#include <cmath>

namespace recipe::memory {

Figures::Figures(const Workload& w) {
    const Shape& s = w.shape;
    const Assumptions& a = w.assumptions;
    const auto number = [](std::int64_t n) { return static_cast<double>(n); };
    t = number(w.tensor);
    W = number(w.shard);
    sp = a.sequence_parallel ? t : 1;
    T = number(w.sequence) * number(w.micro_batch) / number(w.context);
    h = number(s.hidden);
    L = number(s.layers);
    heads = number(s.heads) / t;
    q = number(s.heads) * number(s.head_dim) / t;
    k = std::max(number(s.kv_heads), t) * number(s.head_dim) / t;  // a rank has one key-value head at least
    f = number(s.ffn) / t;
    V = number(s.vocab);
    moe = s.experts > 0;
    K = number(s.experts_per_token);
    E = moe ? number(s.experts) / number(w.expert) : 1;

    // Norm weights and the router are not divided by TP; Linear weights have no bias.
    const double attention = 2 * h * q + 2 * h * k;
    Pl = attention + E * 3 * h * f + (moe ? h * number(s.experts) : 0) + 2 * h;
    Pr = (s.tied_embeddings ? 1 : 2) * V * h / t + h;
    P = L * Pl + Pr;

    lora = w.lora.rank > 0;
    const double r = number(w.lora.rank);
    A = L * r * (2 * (h + q) + 2 * (h + k) + (w.lora.all_linear ? E * 3 * (h + f) : 0));

    const bool pure = a.precision == Precision::pure_bf16;
    computed = a.precision == Precision::fp32 ? 4 : 2;
    autocast = a.precision == Precision::autocast;
    eager = a.norm == Norm::eager;
    rounds = a.allocator == Allocator::default_segments;
    weight = lora ? w.lora.base_bytes : pure ? 2 : 4;
    gradient = lora ? (w.lora.fp32_adapters ? 4 : 2) : pure ? 2 : 4;
    state = 2 * gradient;
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
    whole.tensor = whole.expert = whole.context = whole.shard = 1;
    const Figures m(whole);
    return m.lora ? m.A * (m.gradient + m.state) : m.P * (m.weight + m.state);
}

}  // namespace recipe::memory
