// SPDX-License-Identifier: Apache-2.0
// The formulas. Units: bytes per rank, tokens, elements. "2 Th" is a bf16 tensor of T × h elements; `computed` stands
// for the 2 where all is computed in fp32.
//
// Sources:
//   [M]   own measurements: 482 runs on H100 and H200, PyTorch 2.11, transformers 5.17; peaks and
//         phase peaks as the caching allocator counts them (docs/memory.md)
//   [T]   traces of that allocator in such runs
//   [HF]  transformers, models/llama/modeling_llama.py, models/mixtral/modeling_mixtral.py, loss/loss_utils.py
//   [PEFT] peft, tuners/lora/layer.py
//   [F]   torch/distributed/fsdp/_fully_shard/_fsdp_param_group.py and _fsdp_collectives.py
//   [C]   c10/cuda/CUDACachingAllocator.cpp: kMinLargeAlloc, kRoundLarge, kSmallSize, should_split
//   [D]   torch/csrc/distributed/c10d/reducer.cpp
//   [Z]   arXiv:1910.02054 (ZeRO), section 5
//   [K]   arXiv:2205.05198 (Korthikanti et al.), sections 4 and 5
//   [DS]  arXiv:2405.04434 (DeepSeek-V2), section 2.1, and transformers, models/deepseek_v3/modeling_deepseek_v3.py
//   [A]   transformers, integrations/sdpa_attention.py, integrations/moe.py, masking_utils.py, and
//         models/gpt_oss/modeling_gpt_oss.py, in traces of the allocator
//   [DN]  arXiv:2412.06464 (gated delta networks), and transformers, models/qwen3_next/modeling_qwen3_next.py
//   [MB]  arXiv:2405.21060 (Mamba-2), and its mamba_ssm, modules/mamba2.py
//   [Q]   bitsandbytes, functional.py, and transformers, integrations/bitsandbytes.py and integrations/mxfp4.py
//   [N]   Megatron-LM, training/theoretical_memory_usage.py and docs of the distributed optimizer
#include "memory/figures.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace recipe::memory {
namespace {

Moment largest(std::string_view name, std::initializer_list<Alive> candidates) {
    return std::ranges::max_element(candidates, {}, &Alive::total)->as(name);
}

// --- activations ----------------------------------------------------------------------------------------------------

/// What a checkpoint keeps of a layer: the residual stream at its start.
double checkpoint(const Figures& m) {
    return m.autocast ? m.fp32(m.h) : m.low(m.h / m.sp);
}

/// All layers' at the end of the forward pass.
double all_activations(const Figures& m, const Workload& w) {
    if (w.checkpointing) return (w.offload_checkpoints ? std::min(2.0, m.L) : m.L) * checkpoint(m) + shared_mask(m);
    // Nothing that is trained comes before layer 0's first norm under LoRA, so it keeps nothing.
    return m.L * layer_activations(m, w) - (m.lora ? m.eager ? m.fp32(m.h) : m.low(m.h) : 0);
}

struct FinalNorm {
    double forward;
    double backward;
};

/// What the final norm and the head keep, in either pass.
FinalNorm final_norm(const Figures& m, bool wide) {
    if (m.lora) {
        const double norm = m.eager ? m.fp32(m.h) : m.low(m.h);
        return {norm + m.low(m.h), norm};  // the frozen head keeps no input
    }
    if (m.autocast) {
        const double kept = (m.eager ? 2 : 1) * m.fp32(m.h) + m.low(m.h);
        return {kept + m.fp32(m.h), kept};  // the norm's fp32 output lives as long as the forward pass
    }
    const double normalized = wide ? m.fp32(m.h / m.sp) : m.low(m.h / m.sp);
    const double norm = m.eager ? m.fp32(m.h / m.sp) + normalized : m.low(m.h / m.sp);
    return {norm + m.low(m.h), norm + m.low(m.h)};
}

// --- loss -----------------------------------------------------------------------------------------------------------

struct LossBytes {
    double forward;
    double backward;
};

/// Logits, log-softmax and their gradients. [HF] [T]
LossBytes loss(const Figures& m, const Workload& w) {
    const double n = m.T * m.V;
    // Soft-capped logits are a tanh, which keeps what it gives.
    const double capped = w.shape.soft_capped ? m.computed : 0;
    switch (w.assumptions.loss) {
        case Loss::fp32:
            // Forward: bf16 logits (while the output object keeps them), fp32 copy, log-softmax. Backward: log-softmax,
            // its gradient, the gradient of the negative log-likelihood, all fp32.
            // In fp32 throughout the copy is the logits themselves.
            return {((w.assumptions.keeps_logits && m.computed < 4 ? 10 : 8) + capped) * n, (12 + capped) * n};
        case Loss::bf16:
            return {(2 * m.computed + capped) * n, (3 * m.computed + capped) * n};
        case Loss::chunked: {
            // One chunk at a time, recomputed in the backward pass; beside it the head's gradient and the hidden
            // states'.
            const double chunk = n / std::max(1, w.assumptions.loss_chunks);
            return {(8 + capped) * chunk, (12 + capped) * chunk + m.computed * (m.V * m.h / m.t + m.T * m.h)};
        }
        case Loss::loss_parallel:
            return {(12 + capped) * n / m.t, (16 + capped) * n / m.t};
    }
    return {};
}

// --- what lives from step to step ----------------------------------------------------------------------------------

/// By how much the blocks of a layer's weights exceed them. They are the first allocations, each in a fresh segment.
/// [C]
double weight_rounding(const Figures& m) {
    if (!m.rounds) return 0;
    const auto excess = [&](double elements) {
        const double bytes = elements * m.weight / m.W;
        return allocated_block(bytes) - bytes;
    };
    if (!m.uniform) return 0;
    const double mlp = m.moe ? excess(2 * m.E * m.f * m.h) + excess(m.E * m.f * m.h) : 3 * excess(m.h * m.f);
    return m.L * (2 * excess(m.h * m.q) + 2 * excess(m.h * m.k) + mlp);
}

struct Kept {
    Alive alive;
    double gradients;     // of a whole step, as kept
    bool gradients_stay;  // from micro batch to micro batch, so that they are among `alive`
};

/// Parameters, states, buffers: S of docs/memory.md. [Z] [D]
Kept kept(const Figures& m, const Workload& w) {
    const Wrapper wrapper = w.assumptions.wrapper;
    const bool zero = wrapper == Wrapper::zero1 || wrapper == Wrapper::zero2 || wrapper == Wrapper::zero3;
    const double trained = m.lora ? m.A : m.P;
    Kept result{};
    Alive& alive = result.alive;
    const double states = w.offload_parameters || w.offload_optimizer ? 0 : 1;
    if (w.offload_parameters) {
        result.gradients_stay = false;  // each goes to the host as soon as it is reduced
    } else if (zero) {
        // DeepSpeed keeps a bf16 copy to compute with (whole below stage 3), and fp32 parameters and states sharded.
        const double own = wrapper == Wrapper::zero3 ? m.W : 1;
        alive.add("parameters", (m.lora ? m.weights : 2 * m.P) / own + (m.lora ? 2 * m.A / own : 0));
        alive.add("optimizer_states", states * 12 * trained / m.W);
        result.gradients = 2 * trained / (wrapper == Wrapper::zero1 ? 1 : m.W);
        result.gradients_stay = true;  // in buckets of its own that are not given back
    } else {
        alive.add("parameters", m.weights / m.W + (m.lora ? m.gradient * m.A / m.W : 0) + weight_rounding(m));
        alive.add("optimizer_states", states * m.state * trained / m.W);
        result.gradients = m.gradient * trained / m.W;
        result.gradients_stay = w.grad_accum > 1;
    }
    if (result.gradients_stay) alive.add("gradients", result.gradients);
    alive.add("reference", reference_bytes(w)).add("critic", states * 16 * w.critic_parameters / m.W);
    if (wrapper == Wrapper::ddp) alive.add("ddp_buckets", m.gradient * trained);
    alive.add("workspaces", workspaces);
    // Token and label numbers (int64, labels shifted once more), positions; cosines and sines of one sequence.
    alive.add("inputs", 32 * m.T + 2 * (m.autocast ? 4 : m.computed) * m.T / static_cast<double>(w.micro_batch) *
                                       static_cast<double>(w.shape.head_dim));
    return result;
}

/// Of one layer, as kept.
double layer_gradients(const Figures& m, const Kept& base) {
    return base.gradients * (m.lora ? 1 / m.L : m.Pl / m.P);
}

// --- the moments ---------------------------------------------------------------------------------------------------

struct Sharding {
    bool gathers;         // parameters are gathered, layer by layer
    bool keeps_gathered;  // from forward to backward (reshard_after_forward off)
    double layer;         // a gathered layer
    double root;          // the gathered root group
};

/// FSDP2 gathers also on a mesh of one, into copies of the compute precision. [F]
Sharding sharding(const Figures& m, const Workload& w) {
    const Wrapper wrapper = w.assumptions.wrapper;
    const bool gathers = wrapper == Wrapper::fsdp2 || wrapper == Wrapper::zero3;
    if (!gathers) return {};
    return {.gathers = true,
            .keeps_gathered = !w.assumptions.reshard_after_forward,
            .layer = (m.packed ? m.weight : m.computed) * m.Pmax,
            .root = m.computed * m.Pr};
}

/// Layer i's backward pass, with the layers above it done. `layer`: layer_activations().
Alive at_layer(const Figures& m, const Workload& w, const Kept& base, const Sharding& s, double layer, double i) {
    const bool several = m.L > 1;
    const double casts = m.autocast ? 2 * (w.checkpointing ? m.V * m.h / m.t : m.P) : 0;
    const bool above = several && i + 1 < m.L;
    const bool below = several && i > 0;

    Alive alive = base.alive;
    alive.add("gathered_root", s.root);
    alive.add("head_gradient", m.lora ? 0 : m.computed * m.V * m.h / m.t);
    if (!base.gradients_stay) alive.add("gradients", (m.L - 1 - i) * layer_gradients(m, base));
    alive.add("weight_casts", casts);
    if (s.keeps_gathered)
        alive.add("gathered_layers", (i + 1) * s.layer);
    else if (s.gathers)
        alive.add("gathered_layers", s.layer + (below && m.W > 1 ? s.layer : 0));
    if (s.gathers && above) alive.add("reduce_scatter", m.reduced * m.Pmax);

    Alive at_mlp = alive;
    if (w.checkpointing) {
        const double left = w.offload_checkpoints ? std::min(2.0, i + 1) : i + 1;
        alive.add("activations", shared_mask(m));
        at_mlp.add("activations", shared_mask(m));
        // A fused norm keeps the very tensor that the checkpoint keeps, and so does an eager one under autocast.
        const bool same = !m.lora && (!m.eager || m.autocast);
        at_mlp.add("activations", left * checkpoint(m) + largest_layer_activations(m, w) - (same ? checkpoint(m) : 0));
    } else {
        at_mlp.add("activations", (i + 1) * layer);
    }
    Alive at_attention = at_mlp;
    at_mlp.add("backward_temporaries", backward_temporaries(m));
    if (m.scores > 0) {
        at_attention.add("activations", -attention_freed(m, w)).add("backward_temporaries", attention_temporaries(m));
        if (at_attention.total() > at_mlp.total()) at_mlp = at_attention;
    }

    // At its end all of its gradients are there, before they are reduced, and its activations are gone.
    Alive at_end = alive;
    at_end.add("activations", i * (w.checkpointing ? checkpoint(m) : layer));
    at_end.add("backward_temporaries", m.computed * (m.T * m.h + (m.lora ? 0 : m.Pmax)));
    return at_mlp.total() >= at_end.total() ? at_mlp : at_end;
}

/// The end of the backward pass: the embedding's gradient meets the head's, and both are reduced.
Moment at_root(const Figures& m, const Workload& w, const Kept& base, const Sharding& s) {
    Alive alive = base.alive;
    const double Vh = m.V * m.h;
    const double c = m.computed;
    const bool tied = w.shape.tied_embeddings;
    const bool tp = m.t > 1;
    // The root's own are being made, unless nothing gathers and they were made in place.
    if (!base.gradients_stay)
        alive.add("gradients", m.lora || !s.gathers ? base.gradients : m.L * layer_gradients(m, base));
    if (m.lora) return alive.as("root");
    if (!s.gathers) {
        // The embedding's gradient is made before it is added to the head's.
        alive.add("embedding_gradient", tp ? m.gradient * Vh : tied ? m.gradient * Vh / m.t : 0);
        return alive.as("root");
    }
    const double last_layer = m.reduced * m.Pmax;  // its reduce-scatter's input

    // Of the computation: gathered parameters, the head's gradient, the embedding's, and their sum where they are tied.
    // A chunked loss owns the head's gradient and adds in place. DTensor's vocabulary-parallel embedding makes its
    // gradient for the whole vocabulary. [T]
    Alive meeting = alive;
    meeting.add("gathered_root", s.root).add("reduce_scatter", last_layer);
    if (tp)
        meeting.add("head_gradient", 2 * c * Vh / m.t).add("embedding_gradient", c * Vh);
    else if (tied && w.assumptions.loss == Loss::chunked)
        meeting.add("head_gradient", c * m.Pr).add("embedding_gradient", c * m.Pr);
    else if (tied)
        meeting.add("head_gradient", 2 * c * m.Pr).add("embedding_gradient", c * m.Pr);
    else
        meeting.add("head_gradient", c / 2 * m.Pr).add("embedding_gradient", c / 2 * m.Pr);

    // The copy into the reduce-scatter's input beside both gradients, then its output beside one of them; on a mesh of
    // one input and output are whole. [F]
    Alive copying = alive;
    copying.add("head_gradient", c / 2 * m.Pr)
        .add("embedding_gradient", c / 2 * m.Pr)
        .add("reduce_scatter", m.reduced * m.Pr);
    Alive reducing = alive;
    reducing.add("head_gradient", m.W > 1 ? c / 2 * m.Pr : 0)
        .add("reduce_scatter", m.reduced * m.Pr + m.gradient * m.Pr / m.W);
    return largest("root", {meeting, copying, reducing});
}

/// A forward pass without gradients, on a batch of its own, after an optimizer step. Of the logits it holds what the
/// training's forward pass does. [M]
Moment validation(const Workload& w, const Kept& base, const Sharding& s) {
    Workload other = w;
    other.micro_batch = w.validation_batch;
    const Figures m(other);
    Alive alive = base.alive;
    if (!base.gradients_stay && w.assumptions.zero_grad != ZeroGrad::step) alive.add("gradients", base.gradients);
    alive.add("gathered_root", s.root);
    Alive at_loss = alive;
    at_loss.add("activations", m.low(m.h)).add("loss", loss(m, w).forward);
    // A layer's residual stream and its MLP's gate, up and product, or its scores: as they are, with their greatest
    // taken off, and their softmax.
    Alive at_layer = alive;
    at_layer.add("gathered_layers", m.W > 1 ? 2 * s.layer : s.layer)
        .add("activations", 2 * m.low(m.h) + std::max({3 * m.low(m.dense_f), m.moe ? 3 * m.K * m.low(m.f) : 0,
                                                       m.scores > 0 ? 3 * m.scores + 3 * m.low(m.q) : 0}));
    return largest("validation", {at_loss, at_layer});
}

}  // namespace

double reference_bytes(const Workload& workload) noexcept {
    return workload.reference ? 2 * Figures(workload).P / static_cast<double>(workload.shard) : 0;
}

bool keeps_scores_or_masks(const Workload& workload) noexcept {
    const bool may = workload.assumptions.precision == Precision::fp32 || workload.shape.sinks || workload.packed ||
                     workload.shape.window > 0;
    if (!may) return false;
    const Figures m(workload);
    return m.scores > 0 || m.mask > 0;
}

double race_bytes(const Workload& workload) noexcept {
    if (workload.assumptions.wrapper != Wrapper::ddp) return 0;
    const Figures m(workload);
    // In step 2 DDP rebuilds its buckets; on some ranks the old ones are alive until the step ends. [M]
    return m.gradient * (m.lora ? m.A : m.P);
}

std::vector<Moment> pytorch_moments(const Workload& w) {
    const Figures m(w);
    const Kept base = kept(m, w);
    const Sharding s = sharding(m, w);
    const LossBytes logits = loss(m, w);
    const FinalNorm norm = final_norm(m, w.shape.wide_norms);
    const double activations = all_activations(m, w);
    const double root = s.keeps_gathered ? m.computed * m.P : s.root;
    // The last gathered layer's flat buffer is freed at the next gather only; after a model that returns its divided
    // logits the root's hooks have run before the loss is computed. [F] [M]
    const bool buffer =
        s.gathers && m.W > 1 && !(w.assumptions.loss == Loss::loss_parallel && w.assumptions.keeps_logits);
    // autocast keeps its casts of the weights until it is left; the backward pass needs those that were saved: with
    // checkpointing, the head's. An embedding is not cast, so an untied one is left out.
    const double cast_weights = m.autocast ? 2 * (m.P - (w.shape.tied_embeddings ? 0 : m.V * m.h / m.t)) : 0;
    const double cast_adapters = m.lora && w.lora.fp32_adapters && w.lora.autocast ? 2 * m.A : 0;

    Alive forward = base.alive;
    const bool late = !base.gradients_stay && w.assumptions.zero_grad == ZeroGrad::backward;
    forward.add("gradients", late ? base.gradients : 0)
        .add("ddp_bucket_race", race_bytes(w))
        .add("gathered_root", root)
        .add("gathered_layers", buffer ? s.layer : 0)
        .add("weight_casts", cast_weights + cast_adapters)
        .add("activations", activations + norm.forward)
        .add("loss", logits.forward);
    Alive loss_backward = base.alive;
    loss_backward.add("ddp_bucket_race", race_bytes(w))
        .add("gathered_root", root)
        .add("gathered_layers", buffer && !s.keeps_gathered ? s.layer : 0)
        .add("weight_casts", w.checkpointing ? (m.autocast ? 2 * m.V * m.h / m.t : 0) : cast_weights + cast_adapters)
        .add("activations", activations + norm.backward)
        .add("loss", logits.backward);

    // All but the first and last two layers change by the same step from one to the next, so these hold the maximum.
    const double of_layer = layer_activations(m, w);
    Alive layer = at_layer(m, w, base, s, of_layer, 0);
    for (const double i : {1.0, m.L - 2, m.L - 1}) {
        if (i < 0 || i >= m.L) continue;
        Alive other = at_layer(m, w, base, s, of_layer, i);
        if (other.total() > layer.total()) layer = other;
    }

    Alive optimizer = base.alive;
    if (!base.gradients_stay) optimizer.add("gradients", base.gradients);
    // A foreach AdamW makes the roots of the second moments for all parameters at once.
    if (w.assumptions.optimizer == OptimizerKind::foreach) optimizer.add("optimizer_temporaries", base.gradients);

    std::vector<Moment> moments;
    moments.reserve(6);
    moments.push_back(forward.as("forward"));
    moments.push_back(loss_backward.as("loss"));
    moments.push_back(layer.as("layer"));
    moments.push_back(at_root(m, w, base, s));
    moments.push_back(optimizer.as("optimizer"));
    if (w.validation_batch > 0) moments.push_back(validation(w, base, s));
    return moments;
}

}  // namespace recipe::memory
