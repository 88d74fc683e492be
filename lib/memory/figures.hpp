// SPDX-License-Identifier: Apache-2.0
// What the formulas are made of: a workload's dimensions as the papers name them, and a moment under construction.
// Private to this room; formulas.cpp lists the sources.
#pragma once

#include "memory/formulas.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
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
    double K, E;  // experts per token; experts on this rank
    // Parameters: of a layer in the middle, of the largest one, of all layers' experts; of the root group, of all, and
    // of the adapters.
    double Pl, Pmax, Pe, Pr, P, A;
    // Layers of each kind: attention, attention with other heads, no attention; a dense MLP, experts.
    double attention, global, linear, dense, routed;
    bool single, uniform;                // each layer is a mixer or an MLP; all layers are alike
    double dense_f, shared_f, eh;        // dense MLPs' and shared experts' width, what experts read
    double matrices;                     // of an MLP
    double q_global, k_global, in, out;  // of the other layers
    double other;                        // parameters that no layer has
    double scores;                       // bytes of a layer's attention scores, where no kernel does without them
    double masked, masked_global;        // attention layers with a mask
    double mask;                         // elements of one, a byte each before a kernel takes it
    double keys;                         // tokens that a query attends to, on this rank
    double weights, unpacked;            // bytes of all weights as they are kept, and of one made of 4 bits
    // Bytes per element.
    double weight;    // of a parameter as it is kept
    double computed;  // of what is computed with and kept for the backward pass: 2 in bf16
    double gradient;  // of a gradient as it is kept
    double state;     // of both optimizer states of an element
    double reduced;   // of a gradient on its way through the reduce-scatter
    bool lora, eager, autocast, rounds, sinks, packed;

    [[nodiscard]] double block(double bytes) const { return rounds ? allocated_block(bytes) : bytes; }
    /// Tensors of tokens × width: in the precision of the computation, and in fp32.
    [[nodiscard]] double low(double width) const { return block(computed * T * width); }
    [[nodiscard]] double fp32(double width) const { return block(4 * T * width); }
};

/// What a layer keeps for its backward pass, without checkpointing: that of all layers' mean, and the largest. Of the
/// mean, what attention and the MLP keep alone, the MLP so many tensors of its width.
[[nodiscard]] double layer_activations(const Figures& m, const Workload& w);
[[nodiscard]] double largest_layer_activations(const Figures& m, const Workload& w);
[[nodiscard]] double core_activations(const Figures& m, const Workload& w, double mlp_tensors);
/// What the backward pass of a layer adds to what is kept, at its MLP. [T]
[[nodiscard]] double backward_temporaries(const Figures& m);
/// At its attention, where scores are kept: their gradients and a copy, those of queries, keys and values. By then what
/// attention_freed() says is gone.
[[nodiscard]] double attention_temporaries(const Figures& m);
[[nodiscard]] double attention_freed(const Figures& m, const Workload& w);
/// The mask that checkpoints of all layers share.
[[nodiscard]] double shared_mask(const Figures& m);

/// A moment under construction. A part of nothing is left out; one that comes twice is added up. A search makes
/// hundreds of these, so they take no memory of their own.
class Alive {
public:
    Alive& add(std::string_view name, double bytes) {
        if (bytes == 0) return *this;
        Part* same = std::ranges::find(parts_.begin(), parts_.begin() + count_, name, &Part::name);
        if (same == parts_.end()) --same;  // more names than there are: the total stays right
        if (same == parts_.begin() + count_) parts_[count_++] = {name, 0};
        same->bytes += bytes;
        return *this;
    }
    [[nodiscard]] Moment as(std::string_view name) const { return {name, {parts_.begin(), parts_.begin() + count_}}; }
    [[nodiscard]] double total() const {
        double sum = 0;
        for (std::size_t i = 0; i < count_; ++i) sum += parts_[i].bytes;
        return sum;
    }

private:
    std::array<Part, 24> parts_{};
    std::size_t count_ = 0;
};

}  // namespace recipe::memory
