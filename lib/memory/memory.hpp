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

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
enum class OptimizerKind : std::uint8_t { fused, foreach };
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
    Allocator allocator = Allocator::default_segments;
    bool keeps_logits = true;  // the model's output object keeps the bf16 logits until the backward pass
    bool reshard_after_forward = true;
    // Of what the formulas say, how much less and how much more it may be. 0 for what was measured.
    double below = 0;
    double above = 0;

    bool operator==(const Assumptions&) const = default;
};

/// A decoder: embedding, layers of grouped-query attention and a gated MLP (or experts of one), norm, head.
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

    bool operator==(const Shape&) const = default;
};

struct Lora {
    std::int64_t rank = 0;    // 0: no adapters, every parameter is trained
    bool all_linear = false;  // adapters at the MLP too, not only at q, k, v and o
    bool fp32_adapters = true;
    bool autocast = false;  // else an adapter computes in its own precision
    double base_bytes = 2;  // of a frozen parameter: 2 in bf16, 0.5 and a bit in 4-bit

    bool operator==(const Lora&) const = default;
};

struct Workload {
    Shape shape;
    std::int64_t sequence = 0;     // tokens
    std::int64_t micro_batch = 1;  // sequences
    std::int64_t grad_accum = 1;
    std::int64_t validation_batch = 0;  // sequences of a validation pass; 0: none
    bool checkpointing = false;         // full: one checkpoint a layer
    bool offload_checkpoints = false;   // of these, two at a time are on the device
    std::int64_t replicate = 1;         // degrees count from 1
    std::int64_t shard = 1;
    std::int64_t tensor = 1;
    std::int64_t context = 1;
    std::int64_t expert = 1;
    std::int64_t pipeline = 1;
    std::int64_t virtual_pipeline = 1;  // chunks a stage
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

/// What one checkpoint of the whole model takes: weights and both optimizer states, of adapters where only these are
/// trained.
[[nodiscard]] double checkpoint_bytes(const Workload& workload) noexcept;
/// The same for a composed recipe; nullopt where it does not say enough.
[[nodiscard]] std::optional<double> checkpoint_bytes(const config::Value& root, const family::Families& families);

enum class Verdict : std::uint8_t { fits, tight, does_not_fit };

/// Against what the allocator may take. `tight`: within the band, where fragmentation decides.
[[nodiscard]] Verdict judge(const Prediction& prediction, double allocator_limit_bytes) noexcept;

/// What a process holds on the device outside the allocator: CUDA context, and one NCCL communicator per mesh
/// dimension.
[[nodiscard]] double outside_allocator_bytes(const Workload& workload) noexcept;

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
    Workload workload;                 // only with a prediction, as all below
    std::optional<Prediction> prediction;
    double usable_bytes = 0;   // that the driver reports, per rank
    double outside_bytes = 0;  // of those, held by context and communicators
    Verdict verdict = Verdict::fits;
    std::vector<Suggestion> suggestions;  // smallest change first; none when it fits
    Diagnostics diagnostics;

    [[nodiscard]] double limit_bytes() const noexcept { return usable_bytes - outside_bytes; }
};

/// Whether a composed recipe fits its instance type. Codes: memory.does_not_fit (error, with a fix where one was
/// found), memory.tight (warning), memory.unknown (hint: the devices are known, the peak is not), memory.assumption
/// (error: the recipe's `memory` section or its family's row says what no assumption is). The result refers to
/// catalogue and families.
[[nodiscard]] Assessment assess(const config::Value& root, const hardware::Catalogue& catalogue,
                                const family::Families& families);

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
