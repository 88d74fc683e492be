// SPDX-License-Identifier: Apache-2.0
// A training step under Megatron-LM's parallelisms. formulas.cpp lists the sources.
#include "memory/figures.hpp"

#include <cmath>

namespace recipe::memory {

std::vector<Moment> megatron_moments(const Workload& w) {
    const Figures m(w);
    const double stages = static_cast<double>(w.pipeline);
    const double layers = std::ceil(m.L / stages);
    // The first and last stage hold an embedding or a head each; a pipeline of one holds both. [N]
    const double root = stages > 1 ? m.V * m.h / m.t : m.Pr;
    const double parameters = layers * m.Pl + root;

    Alive base;
    base.add("parameters", 2 * parameters);
    // Gradients accumulate in a buffer of their own, in fp32 unless they are reduced in bf16. The distributed optimizer
    // shards fp32 parameters and both states over the data-parallel ranks, which `shard` counts. [N]
    base.add("gradients", (w.assumptions.reduce_in_bf16 ? 2 : 4) * parameters);
    base.add("optimizer_states", 12 * parameters / m.W);
    base.add("workspaces", workspaces);

    // Transformer Engine's fused norms and SwiGLU. [K], with grouped queries and a gated MLP.
    double layer = 2 * m.low(m.q) + 2 * m.low(m.k) + 4 * m.T * m.heads;
    layer += 3 * m.low(m.f) * (m.moe ? m.K : 1) + (m.moe ? 2 * m.K * m.low(m.h) : 0);
    layer += 2 * m.low(m.h / m.sp) + 2 * m.low(m.h / (m.sp > 1 ? m.sp : 1));
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
    first.add("backward_temporaries", 4 * m.f * m.T + 2 * m.h * m.T);
    // The last stage holds one micro batch and the vocabulary-parallel loss: bf16 logits, fp32 logits, their softmax.
    // [N]
    Alive last = base;
    last.add("activations", (stages > 1 ? 1 : in_flight) * layers * held + m.low(m.h));
    last.add("loss",
             (w.assumptions.loss == Loss::bf16 ? 6 : 10) * m.T * m.V / (w.assumptions.loss == Loss::fp32 ? 1 : m.t));
    return {first.as("layer"), last.as("loss")};
}

}  // namespace recipe::memory
