// SPDX-License-Identifier: Apache-2.0
// Predicts the peak of a workload.
#include "memory/memory.hpp"

#include "memory/formulas.hpp"

#include <algorithm>

namespace recipe::memory {
namespace {

constexpr double GiB = 1024.0 * 1024.0 * 1024.0;

// How far above what is alive a run may still fail: to 1.04 without checkpointing, to 1.20 where with it the logits'
// huge blocks come among the checkpoints' small ones in the default allocator's segments (moments without logits are as
// without checkpointing), and nowhere from 1.02 on with expandable segments. Measured on capped runs, few of the last
// kind.
constexpr double fragmentation = 1.045;
constexpr double fragmentation_of_logits = 1.20;
constexpr double fragmentation_of_expandable_segments = 1.0175;
/// A quarter of a percent for what the prediction itself may be off by.
constexpr double prediction_error = 0.0025;

// Measured on Hopper cards, as the context: NCCL per mesh dimension (0.75 to 0.95).
constexpr double communicator_bytes = 0.85 * GiB;

bool within(std::int64_t number, std::int64_t least) {
    return number >= least && number <= max_dimension;
}

bool reasonable(const Workload& w) {
    const Shape& s = w.shape;
    const bool dimensions =
        std::ranges::all_of(std::array{s.hidden, s.layers, s.heads, s.kv_heads, s.head_dim, s.ffn, s.vocab, w.replicate,
                                       w.shard, w.tensor, w.context, w.expert, w.pipeline, w.virtual_pipeline},
                            [](std::int64_t n) { return within(n, 1); });
    const bool batches = std::ranges::all_of(std::array{w.sequence, w.micro_batch, w.grad_accum},
                                             [](std::int64_t n) { return n >= 1 && n <= max_batch; }) &&
                         w.validation_batch >= 0 && w.validation_batch <= max_batch;
    const bool others = std::ranges::all_of(
        std::array{s.dense_layers, s.dense_ffn, s.shared_ffn, s.expert_hidden, s.mlp_layers, s.latent.q_rank,
                   s.latent.kv_rank, s.latent.key_dim, s.latent.rope_dim, s.latent.value_dim, s.global.count,
                   s.global.kv_heads, s.global.head_dim, s.linear.count, s.linear.in, s.linear.out, w.expert_tensor,
                   s.window, s.window_layers},
        [](std::int64_t n) { return within(n, 0); });
    const bool layers = s.global.count + s.linear.count + s.mlp_layers <= s.layers && s.dense_layers <= s.layers &&
                        s.other_parameters >= 0 && w.critic_parameters >= 0;
    return dimensions && batches && others && layers && within(s.experts, 0) && within(s.experts_per_token, 0) &&
           within(w.lora.rank, 0) && s.experts_per_token <= s.experts && w.assumptions.loss_chunks >= 1 &&
           w.lora.base_bytes > 0;
}

/// The peak that there is at the very least. What lives from step to step may be known better than the rest.
double low_of(const Prediction& prediction, const Workload& workload) {
    const Assumptions& a = workload.assumptions;
    if (!a.below_kept)
        return (prediction.peak_bytes - race_bytes(workload) - reference_bytes(workload)) * (1 - a.below);
    constexpr std::array<std::string_view, 5> kept{"parameters", "optimizer_states", "gradients", "ddp_buckets",
                                                   "critic"};
    constexpr std::array<std::string_view, 2> perhaps{"ddp_bucket_race", "reference"};
    double low = 0;
    for (const Moment& moment : prediction.moments) {
        double sum = 0;
        for (const Part& part : moment.parts) {
            if (std::ranges::find(perhaps, part.name) != perhaps.end()) continue;
            const bool lives = std::ranges::find(kept, part.name) != kept.end();
            sum += part.bytes * (1 - (lives ? *a.below_kept : a.below));
        }
        low = std::max(low, sum);
    }
    return low;
}

}  // namespace

double Moment::total() const noexcept {
    double sum = 0;
    for (const Part& part : parts) sum += part.bytes;
    return sum;
}

std::optional<Prediction> predict(const Workload& workload) {
    if (!reasonable(workload)) return std::nullopt;
    const Assumptions& a = workload.assumptions;
    Prediction prediction;
    prediction.moments = a.framework == Framework::megatron ? megatron_moments(workload) : pytorch_moments(workload);
    const auto peak = std::ranges::max_element(prediction.moments, {}, &Moment::total);
    prediction.peak = static_cast<std::size_t>(peak - prediction.moments.begin());
    prediction.peak_bytes = peak->total();

    // What chance adds is no reason to refuse, nor what may be elsewhere.
    prediction.low_bytes = low_of(prediction, workload);
    if (a.framework == Framework::pytorch && keeps_scores_or_masks(workload)) {
        // There are kernels that keep neither, and programs repeat keys and values for them.
        Workload other = workload;
        other.assumptions.attention = Attention::flash;
        prediction.low_bytes = std::min(prediction.low_bytes, predict(other)->low_bytes);
    }
    const bool expandable = a.allocator == Allocator::expandable_segments;
    for (const Moment& moment : prediction.moments) {
        const bool logits = std::ranges::find(moment.parts, "loss", &Part::name) != moment.parts.end();
        const double times = expandable                         ? fragmentation_of_expandable_segments
                             : workload.checkpointing && logits ? fragmentation_of_logits
                                                                : fragmentation;
        prediction.high_bytes =
            std::max(prediction.high_bytes, moment.total() * (1 + a.above) * (times + prediction_error));
    }
    return prediction;
}

Verdict judge(const Prediction& prediction, double allocator_limit_bytes) noexcept {
    if (allocator_limit_bytes < prediction.low_bytes) return Verdict::does_not_fit;
    return allocator_limit_bytes < prediction.high_bytes ? Verdict::tight : Verdict::fits;
}

double outside_allocator_bytes(const Workload& w) noexcept {
    const bool sharded = w.shard > 1 || w.replicate > 1;
    const int dimensions = (sharded ? 1 : 0) + (w.shard > 1 && w.replicate > 1 ? 1 : 0) + (w.tensor > 1 ? 1 : 0) +
                           (w.context > 1 ? 1 : 0) + (w.expert > 1 ? 1 : 0) + (w.pipeline > 1 ? 1 : 0);
    return context_bytes + dimensions * communicator_bytes;
}

}  // namespace recipe::memory
