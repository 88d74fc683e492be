// SPDX-License-Identifier: Apache-2.0
// How much device memory a training step needs at its peak, and whether a device has it.
//
// The peak is a maximum over the moments of a step, not a sum of terms: what is alive at each moment is in
// formulas.cpp, every tensor with its units and its source. Bytes are per rank. PyTorch's FSDP2, HSDP, TP, DDP and LoRA
// are predicted to the tensor; other frameworks by their documented behaviour, with a wider band.
#pragma once

#include "config/value/value.hpp"
#include "diagnostic/diagnostic.hpp"
#include "family/family.hpp"
#include "hardware/hardware.hpp"
#include "storage/storage.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recipe::models {
class Catalogue;  // models/models.hpp
}

namespace recipe::memory {

// What frameworks differ in. A recipe family's row in etc/families.yaml names its own; each moves the peak.

enum class Framework : std::uint8_t { pytorch, megatron };
/// How the cross entropy holds the logits: fp32 and whole on each rank, the same in bf16, in checkpointed chunks of the
/// sequence, or divided over the tensor-parallel ranks.
enum class Loss : std::uint8_t { fp32, bf16, chunked, loss_parallel };
/// RMSNorm with an fp32 copy of its input (transformers), or F.rms_norm and the like.
enum class Norm : std::uint8_t { eager, fused };
/// Who holds parameters, gradients and optimizer states: FSDP2, nobody, DDP, or ZeRO stages 1 to 3.
enum class Wrapper : std::uint8_t { fsdp2, none, ddp, zero1, zero2, zero3 };
/// fp32 parameters with bf16 compute copies, torch.autocast over fp32 parameters, or bf16 or fp32 everywhere.
enum class Precision : std::uint8_t { mixed, autocast, pure_bf16, fp32 };
/// PyTorch's own attention, which keeps a mask where there is one, and scores where none of its kernels does without;
/// or a flash kernel that takes windows, packed sequences and sinks.
enum class Attention : std::uint8_t { sdpa, flash };
/// When gradients are given back: after the optimizer's step, before the next forward pass, or after that (Lightning).
enum class ZeroGrad : std::uint8_t { step, forward, backward };
enum class OptimizerKind : std::uint8_t { fused, foreach };
/// Weights that are not trained, under adapters: as the computation, in 4-bit NormalFloat, or in microscaling 4-bit
/// floats.
enum class Frozen : std::uint8_t { bf16, nf4, mxfp4 };
enum class Allocator : std::uint8_t { default_segments, expandable_segments };

struct Assumptions {
    Framework framework = Framework::pytorch;
    Loss loss = Loss::fp32;
    int loss_chunks = 8;
    Norm norm = Norm::eager;
    bool sequence_parallel = false;  // of the norms and the residual stream, where tensor-parallel
    Wrapper wrapper = Wrapper::fsdp2;
    Precision precision = Precision::mixed;
    bool reduce_in_bf16 = false;  // gradients travel in bf16
    OptimizerKind optimizer = OptimizerKind::fused;
    Attention attention = Attention::sdpa;
    ZeroGrad zero_grad = ZeroGrad::step;
    Allocator allocator = Allocator::default_segments;
    bool keeps_logits = true;  // the model's output object keeps the bf16 logits until the backward pass
    bool reshard_after_forward = true;
    Frozen frozen = Frozen::bf16;
    // Of what the formulas say, how much less and how much more it may be. 0 for what was measured.
    double below = 0;
    double above = 0;
    std::optional<double> below_kept{};  // of what lives from step to step; as `below` where it is not given

    bool operator==(const Assumptions&) const = default;
};

/// Multi-head latent attention (DeepSeek); kv_rank 0: there is none, and q_rank 0: queries are not compressed.
struct Latent {
    std::int64_t q_rank = 0;
    std::int64_t kv_rank = 0;
    std::int64_t key_dim = 0;   // of a head, without its rotary part
    std::int64_t rope_dim = 0;  // shared by all heads' keys
    std::int64_t value_dim = 0;

    bool operator==(const Latent&) const = default;
};

/// Layers that mix tokens in another way than the rest: attention with heads of its own (Gemma's global layers), or
/// none of it (a gated delta net, Mamba), which is told by the widths of its projections.
struct OtherLayers {
    std::int64_t count = 0;
    std::int64_t kv_heads = 0, head_dim = 0;  // of attention
    std::int64_t in = 0, out = 0;             // else: what the projections in give, and the one out takes

    bool operator==(const OtherLayers&) const = default;
};

/// A decoder: embedding, layers of grouped-query attention and a gated MLP (or experts of one), norm, head. What
/// follows `experts_per_token` is of models whose layers are not all alike.
struct Shape {
    std::int64_t hidden = 0;
    std::int64_t layers = 0;
    std::int64_t heads = 0;
    std::int64_t kv_heads = 0;
    std::int64_t head_dim = 0;
    std::int64_t ffn = 0;
    std::int64_t vocab = 0;
    bool tied_embeddings = false;
    std::int64_t experts = 0;  // 0: a dense MLP
    std::int64_t experts_per_token = 0;
    bool gated_ffn = true;                         // three matrices an MLP, else two
    bool gated_attention = false;                  // queries come with a gate of their width
    bool qk_norm = false;                          // queries and keys are normalized
    bool four_norms = false;                       // a layer has four norms of Gemma's kind, else two
    bool wide_norms = false;                       // norms multiply in fp32, so that what they normalize is fp32
    bool soft_capped = false;                      // the logits are
    bool sinks = false;                            // the softmax of attention has one more column
    bool clamped_gate = false;                     // experts clamp gate and up (gpt-oss)
    std::int64_t window = 0, window_layers = 0;    // tokens that so many layers attend to
    std::int64_t dense_layers = 0, dense_ffn = 0;  // beside those with experts
    std::int64_t shared_ffn = 0;                   // width of the experts that every token meets
    std::int64_t expert_hidden = 0;                // what experts read and write, where it is not `hidden`
    std::int64_t mlp_layers = 0;                   // layers that are an MLP alone; 0: each has one
    Latent latent;
    OtherLayers global;
    OtherLayers linear;
    std::int64_t other_parameters = 0;  // a vision tower and the like: kept, and computed with elsewhere

    bool operator==(const Shape&) const = default;
};

struct Lora {
    std::int64_t rank = 0;    // 0: no adapters, every parameter is trained
    bool all_linear = false;  // adapters at the MLP too, not only at q, k, v and o
    bool fp32_adapters = true;
    bool autocast = false;  // else an adapter computes in its own precision
    bool experts = true;    // also at the experts, with all_linear
    double base_bytes = 2;  // of a frozen parameter: 2 in bf16, 0.5 and a bit in 4-bit

    bool operator==(const Lora&) const = default;
};

struct Workload {
    Shape shape;
    std::int64_t sequence = 0;     // tokens
    std::int64_t micro_batch = 1;  // sequences
    std::int64_t grad_accum = 1;
    std::int64_t validation_batch = 0;  // sequences of a validation pass; 0: none
    bool packed = false;                // a pass's tokens are several sequences, which a mask keeps apart
    bool checkpointing = false;         // full: one checkpoint a layer
    bool offload_checkpoints = false;   // of these, two at a time are on the device
    std::int64_t replicate = 1;         // degrees count from 1
    std::int64_t shard = 1;
    std::int64_t tensor = 1;
    std::int64_t context = 1;
    std::int64_t expert = 1;
    std::int64_t pipeline = 1;
    std::int64_t virtual_pipeline = 1;  // chunks a stage
    std::int64_t expert_tensor = 0;     // tensor-parallel degree of experts; 0: that of the rest
    bool offload_parameters = false;    // these, gradients and optimizer states are in the host's memory
    bool offload_optimizer = false;     // the states alone
    // Frozen weights of a reference model, in bf16 and divided as the trained ones; it may be in the host's memory.
    bool reference = false;
    double critic_parameters = 0;  // of a second model that is trained
    Lora lora;
    Assumptions assumptions;

    bool operator==(const Workload&) const = default;
};

struct Part {
    std::string_view name;
    double bytes = 0;
};

/// What is alive at one moment of the step.
struct Moment {
    std::string_view name;  // "forward", "loss", "layer", "root", "optimizer"
    std::vector<Part> parts;

    [[nodiscard]] double total() const noexcept;
};

struct Prediction {
    std::vector<Moment> moments;
    std::size_t peak = 0;  // the moment of the maximum
    double peak_bytes = 0;
    double low_bytes = 0;   // below this it cannot train
    double high_bytes = 0;  // from this on nothing is in the way

    [[nodiscard]] const Moment& peak_moment() const noexcept { return moments[peak]; }
};

/// Numbers beyond these are refused by predict(): they would overflow no formula, but mean no model either, or none
/// that could be trained anywhere.
inline constexpr std::int64_t max_dimension = std::int64_t{1} << 24;
inline constexpr std::int64_t max_batch = std::int64_t{1} << 40;  // tokens of a sequence, sequences of a batch

/// nullopt where a dimension or degree is not positive, or beyond all reason.
[[nodiscard]] std::optional<Prediction> predict(const Workload& workload);

/// Where a model's shape may be from, beside the recipe.
struct Sources {
    const storage::Host* host = nullptr;        // whose directories of models are looked into; nullptr: none is
    const models::Catalogue* models = nullptr;  // nullptr: the installed one
};

/// What one checkpoint of the whole model takes: weights and both optimizer states, of adapters where only these are
/// trained.
[[nodiscard]] double checkpoint_bytes(const Workload& workload) noexcept;
/// The same for a composed recipe; nullopt where it does not say enough.
[[nodiscard]] std::optional<double> checkpoint_bytes(const config::Value& root, const family::Families& families,
                                                     const Sources& sources = {});

enum class Verdict : std::uint8_t { fits, tight, does_not_fit };

/// Against what the allocator may take. `tight`: within the band, where fragmentation decides.
[[nodiscard]] Verdict judge(const Prediction& prediction, double allocator_limit_bytes) noexcept;

/// A CUDA context.
inline constexpr double context_bytes = 0.73 * 1024 * 1024 * 1024;

/// What a process holds on the device outside the allocator: CUDA context, and one NCCL communicator per mesh
/// dimension.
[[nodiscard]] double outside_allocator_bytes(const Workload& workload) noexcept;

/// Bytes that one rank may use of such a device; 0 where nobody knows.
[[nodiscard]] double usable_per_rank(const hardware::Accelerator& accelerator) noexcept;

[[nodiscard]] std::string_view to_string(Verdict verdict) noexcept;

/// The assumptions by name and value, in the words of the recipe's `memory` section: for tables and JSON.
[[nodiscard]] std::vector<std::pair<std::string_view, std::string>> describe(const Assumptions& assumptions);

/// Sets one assumption from text ("loss", "loss_parallel"). False: no such name or value.
[[nodiscard]] bool set_assumption(Assumptions& assumptions, std::string_view name, std::string_view value);

// --- recipes --------------------------------------------------------------------------------------------------------

/// A change of the recipe with which it fits, in override grammar: {"model.train_batch_size=1"}.
struct Suggestion {
    std::vector<std::string> set;
    double peak_bytes = 0;
    Verdict verdict = Verdict::fits;
};

/// What is known of a recipe's memory on the devices it names. Without a prediction, `unknown` says why.
struct Assessment {
    const family::Family* family = nullptr;
    const hardware::InstanceType* instance = nullptr;
    const hardware::Accelerator* accelerator = nullptr;
    std::vector<std::string> unknown;  // each a sentence without its full stop
    std::string shape_from;            // the model or file that its shape is of; empty: the recipe's own keys
    std::string beside;                // what else the devices hold at other times; a sentence without its full stop
    Workload workload;                 // only with a prediction, as all below
    std::optional<Prediction> prediction;
    double usable_bytes = 0;   // that the driver reports, per rank
    double outside_bytes = 0;  // of those, held by context and communicators
    Verdict verdict = Verdict::fits;
    std::vector<Suggestion> suggestions;  // smallest change first; none when it fits
    std::int64_t least_nodes = 0;  // that would do, the recipe's own; 0: not looked for, or no number of them does
    Diagnostics diagnostics;

    [[nodiscard]] double limit_bytes() const noexcept { return usable_bytes - outside_bytes; }
};

/// Whether a composed recipe fits its instance type. Codes: memory.does_not_fit (error, with a fix where one was
/// found), memory.tight (warning), memory.unknown (hint: the devices are known, the peak is not), memory.assumption
/// (error: the recipe's `memory` section or its family's row says what no assumption is). The result refers to
/// catalogue and families.
[[nodiscard]] Assessment assess(const config::Value& root, const hardware::Catalogue& catalogue,
                                const family::Families& families, const Sources& sources = {});

// --- measurements ---------------------------------------------------------------------------------------------------

/// One line of a measurements file; only what a prediction needs.
struct Measurement {
    std::string id;
    Workload workload;
    std::optional<double> allocator_cap_bytes;  // of a capped run
    // What was measured; only for grading.
    std::optional<double> peak_allocated_bytes;
    std::optional<bool> trained;  // `status` ok, not oom
};

/// Codes: measurements.line (no JSON, or a key that is missing, of the wrong type or beyond reason; says which).
[[nodiscard]] Expected<Measurement> read_measurement(std::string_view line);

}  // namespace recipe::memory
