// SPDX-License-Identifier: Apache-2.0
// A training step under Megatron-LM's parallelisms. formulas.cpp lists the sources.
#include "memory/figures.hpp"

#include <cmath>

namespace recipe::memory {
namespace {

/// What lives from step to step. Weights are in bf16 and whole; gradients accumulate in a buffer of their own, in fp32
/// unless they are reduced in bf16. The distributed optimizer shards fp32 parameters and both states over the
/// data-parallel ranks, which `shard` counts; those of experts over the ranks with the same experts. [N]
Alive kept(const Figures& m, const Workload& w, double parameters, double experts) {
    const double gradient = w.assumptions.reduce_in_bf16 ? 2 : 4;
    Alive base;
    if (m.lora) {
        const double adapters = m.A / static_cast<double>(w.pipeline);
        base.add("parameters", m.weight * parameters + 2 * adapters);
        base.add("gradients", gradient * adapters);
        base.add("optimizer_states", w.offload_optimizer ? 0 : 12 * adapters / m.W);
        base.add("workspaces", workspaces);
        return base;
    }
    const double tensor = static_cast<double>(w.expert_tensor > 0 ? w.expert_tensor : w.tensor);
    const double copies = std::max(1.0, m.W * m.t / (tensor * static_cast<double>(w.expert)));
    const double states = 12 * (parameters - experts) / m.W + 12 * experts / (m.W > 1 ? copies : 1);
    base.add("parameters", 2 * parameters);
    base.add("gradients", gradient * parameters);
    base.add("optimizer_states", w.offload_optimizer ? 0 : states);
    base.add("workspaces", workspaces);
    return base;
}

}  // namespace

std::vector<Moment> megatron_moments(const Workload& w) {
    const Figures m(w);
    const double stages = static_cast<double>(w.pipeline);
    const double layers = std::ceil(m.L / stages);
    // The first and last stage hold an embedding or a head each; a pipeline of one holds both. [N]
    const double root = stages > 1 ? m.V * m.h / m.t : m.Pr;
    const Alive base = kept(m, w, layers * m.Pl + root + m.other / stages, m.Pe / stages);

    // Transformer Engine's fused norms and SwiGLU. [K], with grouped queries and a gated MLP.
    const double layer = core_activations(m, w, 3) + 2 * m.low(m.h / m.sp) + 2 * m.low(m.h / (m.sp > 1 ? m.sp : 1));
    const double held = w.checkpointing ? m.low(m.h / m.sp) : layer;
    // The first stage holds as many micro batches as there are stages; an interleaved schedule some more. [K],
    // equation 7.
    const double in_flight =
        stages > 1
            ? stages *
                  (1 + (w.virtual_pipeline > 1 ? (stages - 1) / (stages * static_cast<double>(w.virtual_pipeline)) : 0))
            : 1;

    Alive first = base;
    first.add("activations", in_flight * layers * held + (w.checkpointing ? layer : 0));
    first.add("backward_temporaries", 4 * std::max(m.dense_f, m.f) * m.T + 2 * m.h * m.T);
    // The last stage holds one micro batch and the vocabulary-parallel loss: bf16 logits, fp32 logits, their softmax.
    // [N]
    Alive last = base;
    last.add("activations", layers * held + m.low(m.h));
    last.add("loss",
             (w.assumptions.loss == Loss::bf16 ? 6 : 10) * m.T * m.V / (w.assumptions.loss == Loss::fp32 ? 1 : m.t));
    return {first.as("layer"), last.as("loss")};
}

}  // namespace recipe::memory
