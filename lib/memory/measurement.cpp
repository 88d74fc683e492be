// SPDX-License-Identifier: Apache-2.0
// Reads measured peaks, for grading the model.
#include "memory/reading.hpp"

#include "diagnostic/codes/tools.hpp"

#include <fmt/format.h>

namespace recipe::memory {
namespace {

using config::Value;

constexpr std::size_t max_line_bytes = std::size_t{1} << 20;

/// Reads the keys of one line and remembers the first that is wrong.
class Reader {
public:
    explicit Reader(const Value& line) : line_(line) {}

    /// Null counts as absent.
    const Value* find(std::string_view path) const {
        const Value* value = line_.at(path);
        return value == nullptr || value->is_null() ? nullptr : value;
    }
    std::int64_t integer(std::string_view path, std::optional<std::int64_t> otherwise = {}) {
        const Value* value = find(path);
        if (value == nullptr && otherwise) return *otherwise;
        const auto number = value == nullptr ? std::nullopt : value->as_int();
        if (!number || *number < 0 || *number > max_dimension) fail(path, "an int of a model's size");
        return number.value_or(1);
    }
    bool boolean(std::string_view path, bool otherwise = false) {
        const Value* value = find(path);
        if (value == nullptr) return otherwise;
        const auto truth = value->as_bool();
        if (!truth) fail(path, "a bool");
        return truth.value_or(otherwise);
    }
    std::string text(std::string_view path, std::string_view otherwise) {
        const Value* value = find(path);
        if (value == nullptr) return std::string(otherwise);
        const std::string* string = value->as_string();
        if (string == nullptr) fail(path, "a string");
        return string == nullptr ? std::string(otherwise) : *string;
    }
    std::optional<double> bytes(std::string_view path) {
        const Value* value = find(path);
        if (value == nullptr) return std::nullopt;
        const auto number = value->as_number();
        if (!number || !(*number >= 0)) fail(path, "a number of bytes");
        return number;
    }
    void fail(std::string_view path, std::string_view wanted) {
        if (problem_.empty()) problem_ = fmt::format("`{}` must be {}", path, wanted);
    }
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    const Value& line_;
    std::string problem_;
};

struct Spelling {
    std::string_view key;  // of the measurement's config
    std::string_view assumption;
    std::string_view otherwise;
};

// What a measurement spells as its assumption does.
constexpr std::array<Spelling, 8> spellings{{
    {"config.loss", "loss", "fp32"},
    {"config.wrapper", "wrapper", "fsdp2"},
    {"config.precision", "precision", "mixed"},
    {"config.optimizer_impl", "optimizer", "fused"},
    {"config.allocator", "allocator", "default"},
    {"config.attention_kernel", "attention", "sdpa"},
    {"config.frozen", "frozen", "bf16"},
    {"config.zero_grad", "zero_grad", "step"},
}};

Assumptions read_assumptions(Reader& read) {
    Assumptions a;
    for (const Spelling& spelling : spellings)
        if (!set_assumption(a, spelling.assumption, read.text(spelling.key, spelling.otherwise)))
            read.fail(spelling.key, fmt::format("a known {}", spelling.assumption));
    a.loss_chunks = static_cast<int>(read.integer("config.loss_chunks", 8));
    // "transformers", "plain, eager RMSNorm as in transformers", "plain, fused F.rms_norm"
    const std::string implementation = read.text("config.implementation", "transformers");
    a.norm = implementation.contains("fused") ? Norm::fused : Norm::eager;
    a.keeps_logits = !implementation.starts_with("plain");
    a.sequence_parallel = read.boolean("config.sequence_parallel");
    a.reshard_after_forward = read.boolean("config.reshard_after_forward", true);
    a.reduce_in_bf16 = read.text("config.reduce_dtype", "fp32") == "bf16";
    return a;
}

Shape read_shape(Reader& read) {
    Shape s{.hidden = read.integer("config.shape.hidden"),
            .layers = read.integer("config.shape.layers"),
            .heads = read.integer("config.shape.heads"),
            .ffn = read.integer("config.shape.ffn"),
            .vocab = read.integer("config.shape.vocab"),
            .tied_embeddings = read.boolean("config.shape.tied_embeddings"),
            .experts = read.integer("config.shape.experts", 0),
            .experts_per_token = read.integer("config.shape.experts_per_token", 0)};
    s.kv_heads = read.integer("config.shape.kv_heads", s.heads);
    s.head_dim = read.integer("config.shape.head_dim", s.heads > 0 ? s.hidden / s.heads : 0);
    return s;
}

Lora read_lora(Reader& read) {
    return {.rank = read.integer("config.lora_rank", 0),
            .all_linear = read.text("config.lora_targets", "") == "all-linear",
            .fp32_adapters = read.text("config.lora_param_dtype", "fp32") == "fp32",
            .autocast = read.boolean("config.lora_autocast")};
}

std::unexpected<Diagnostics> refuse_line(std::string message) {
    return refuse({.code = codes::measurements.line, .message = std::move(message)});
}

}  // namespace

Expected<Measurement> read_measurement(std::string_view line) {
    const Expected<Value> value = config::from_json(line, max_line_bytes);
    if (!value) return refuse_line(value.error().front().message);
    Reader read(*value);
    Measurement m;
    m.id = read.text("id", "");
    m.workload = {.shape = read_shape(read),
                  .sequence = read.integer("config.seq_len"),
                  .micro_batch = read.integer("config.micro_batch", 1),
                  .grad_accum = read.integer("config.grad_accum", 1),
                  .validation_batch = read.integer("config.val_batch_size", 0),
                  .packed = read.integer("config.packed", 0) > 1,
                  .checkpointing = read.text("config.activation_checkpointing", "none") == "full",
                  .replicate = read.integer("config.dp_replicate", 1),
                  .shard = read.integer("config.dp_shard", 1),
                  .tensor = read.integer("config.tp", 1),
                  .lora = read_lora(read),
                  .assumptions = read_assumptions(read)};
    if (m.workload.assumptions.frozen != Frozen::bf16)
        m.workload.lora.base_bytes = bytes_of_frozen(m.workload.assumptions);
    if (read.text("kind", "free") == "capped") {
        m.allocator_cap_bytes = read.bytes("allocator_cap_bytes");
        if (!m.allocator_cap_bytes) read.fail("allocator_cap_bytes", "given for a capped run");
    }
    m.peak_allocated_bytes = read.bytes("peak_allocated_bytes");
    if (read.find("status") != nullptr) m.trained = read.text("status", "") == "ok";
    if (read.problem().empty() && !predict(m.workload)) read.fail("config", "a model and degrees that can be");
    if (!read.problem().empty()) return refuse_line(read.problem());
    return m;
}

}  // namespace recipe::memory
