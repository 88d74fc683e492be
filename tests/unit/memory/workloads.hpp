// SPDX-License-Identifier: Apache-2.0
// Workloads for tests of the memory model.
#pragma once

#include "memory/memory.hpp"

namespace recipe::memory {

inline constexpr double GiB = 1024.0 * 1024.0 * 1024.0;

inline Shape llama3_2_1b() {
    return {.hidden = 2048,
            .layers = 16,
            .heads = 32,
            .kv_heads = 8,
            .head_dim = 64,
            .ffn = 8192,
            .vocab = 128256,
            .tied_embeddings = true};
}

inline Shape llama3_1_8b() {
    return {.hidden = 4096, .layers = 32, .heads = 32, .kv_heads = 8, .head_dim = 128, .ffn = 14336, .vocab = 128256};
}

/// Small enough for a reader's own arithmetic: 1 head of 8, 16 tokens.
inline Workload tiny() {
    return {.shape = {.hidden = 8, .layers = 2, .heads = 1, .kv_heads = 1, .head_dim = 8, .ffn = 32, .vocab = 100},
            .sequence = 16,
            .assumptions = {.wrapper = Wrapper::none, .precision = Precision::pure_bf16}};
}

/// The lab's: Llama 3.2 1B, sequence 8192, micro batch 2, no checkpointing.
inline Workload lab() {
    return {.shape = llama3_2_1b(), .sequence = 8192, .micro_batch = 2};
}

inline double peak_gib(const Workload& workload) {
    return predict(workload).value().peak_bytes / GiB;
}

inline const Moment& moment(const Prediction& prediction, std::string_view name) {
    for (const Moment& candidate : prediction.moments)
        if (candidate.name == name) return candidate;
    throw std::runtime_error("no such moment");
}

inline double part(const Moment& moment, std::string_view name) {
    for (const Part& candidate : moment.parts)
        if (candidate.name == name) return candidate.bytes;
    return 0;
}

}  // namespace recipe::memory
