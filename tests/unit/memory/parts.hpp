// SPDX-License-Identifier: Apache-2.0
// A model so small that each part of a step's memory can be written down, for the tests of the formulas.
#pragma once

#include "catch.hpp"
#include "memory/formulas.hpp"
#include "memory/workloads.hpp"

#include <map>
#include <string>

namespace recipe::memory::small_model {

// Every dimension is another number, so that no two of them can be taken for each other.
inline constexpr double h = 8, L = 3, heads = 4, q = 12, k = 6, f = 20, V = 100, T = 20;
inline constexpr double Pl = 2 * h * q + 2 * h * k + 3 * h * f + 2 * h;  // of a layer: attention, MLP, two norms
inline constexpr double Pr = 2 * V * h + h;                              // embedding, head, final norm
inline constexpr double Pr_tied = V * h + h;
inline constexpr double P = L * Pl + Pr;
inline constexpr double P_tied = L * Pl + Pr_tied;
inline constexpr double workspaces = 64.1 * 1024 * 1024;
inline constexpr double inputs = 32 * T + 2 * 2 * 10 * 3;  // numbers of tokens; cosines and sines of a sequence of 10
inline constexpr double fp32_inputs = 32 * T + 2 * 4 * 10 * 3;  // in fp32 under autocast

/// q, k, v and the attention's output, log-sum-exp, two root mean squares, and four tensors of the MLP.
inline constexpr double attention = T * (4 * q + 4 * k + 4 * heads);
inline constexpr double mlp = 4 * 2 * T * f;
inline constexpr double layer = attention + 8 * T + mlp + 2 * (4 + 2 + 2) * T * h;  // eager norms
inline constexpr double fused_layer = layer - 2 * 4 * T * h;
inline constexpr double final_norm = (4 + 2 + 2) * T * h;
/// At the MLP of a layer's backward pass.
inline constexpr double temporaries = 4 * f * T + 2 * h * T + 2 * h * f;

inline Workload small() {
    return {.shape = {.hidden = 8, .layers = 3, .heads = 4, .kv_heads = 2, .head_dim = 3, .ffn = 20, .vocab = 100},
            .sequence = 10,
            .micro_batch = 2};
}

using Parts = std::map<std::string, double>;

/// Without workspaces and inputs, which are the same at every moment and checked here.
inline Parts parts_of(const Workload& workload, std::string_view name) {
    const Prediction prediction = predict(workload).value();
    Parts parts;
    for (const Part& part : moment(prediction, name).parts) parts[std::string(part.name)] = part.bytes;
    CHECK(parts["workspaces"] == workspaces);
    const bool autocast = workload.assumptions.precision == Precision::autocast;
    CHECK(parts["inputs"] == (autocast ? fp32_inputs : inputs));
    parts.erase("workspaces");
    parts.erase("inputs");
    return parts;
}

inline void check(const Workload& workload, std::string_view name, const Parts& expected) {
    const Parts found = parts_of(workload, name);
    INFO(name);
    for (const auto& [part, bytes] : expected) {
        INFO(part);
        REQUIRE(found.contains(part));
        CHECK(found.at(part) == Approx(bytes).epsilon(1e-12));
    }
    for (const auto& [part, bytes] : found) {
        INFO(part << " " << bytes);
        CHECK(expected.contains(part));
    }
}

}  // namespace recipe::memory::small_model
