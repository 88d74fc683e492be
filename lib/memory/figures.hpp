// SPDX-License-Identifier: Apache-2.0
// What the formulas are made of: a workload's dimensions as the papers name them, and a moment under construction.
// Private to this room; formulas.cpp lists the sources.
#pragma once

#include "memory/formulas.hpp"

#include <algorithm>
#include <vector>

namespace recipe::memory {

inline constexpr double MiB = 1024.0 * 1024.0;

/// cuBLAS's and cuBLASLt's workspaces, which PyTorch takes from its allocator, and a few small buffers. [M]
inline constexpr double workspaces = 64.1 * MiB;

struct Figures {
    explicit Figures(const Workload& w);

    // Dimensions of the model, per rank where `t` or `sp` divide them.
    double T, h, L, q, k, f, V, heads;
    double t, W, sp;
    bool moe;
    double K, E;          // experts per token; experts on this rank
    double Pl, Pr, P, A;  // parameters: of a layer, of the root group, of all; of the adapters
    // Bytes per element.
    double weight;    // of a parameter as it is kept
    double computed;  // of what is computed with and kept for the backward pass: 2 in bf16
    double gradient;  // of a gradient as it is kept
    double state;     // of both optimizer states of an element
    double reduced;   // of a gradient on its way through the reduce-scatter
    bool lora, eager, autocast, rounds;

    [[nodiscard]] double block(double bytes) const { return rounds ? allocated_block(bytes) : bytes; }
    /// Tensors of tokens × width: in the precision of the computation, and in fp32.
    [[nodiscard]] double low(double width) const { return block(computed * T * width); }
    [[nodiscard]] double fp32(double width) const { return block(4 * T * width); }
};

/// A moment under construction. A part of nothing is left out; one that comes twice is added up.
class Alive {
public:
    Alive& add(std::string_view name, double bytes) {
        if (bytes == 0) return *this;
        const auto same = std::ranges::find(parts_, name, &Part::name);
        if (same != parts_.end())
            same->bytes += bytes;
        else
            parts_.push_back({name, bytes});
        return *this;
    }
    [[nodiscard]] Moment as(std::string_view name) const { return {name, parts_}; }
    [[nodiscard]] double total() const {
        double sum = 0;
        for (const Part& part : parts_) sum += part.bytes;
        return sum;
    }

private:
    std::vector<Part> parts_;
};

}  // namespace recipe::memory
