// SPDX-License-Identifier: Apache-2.0
// A configuration of DeepSpeed, as its engine would take it: Hugging Face's Trainer, Accelerate, and programs that call
// it.
#include "validate/rule.hpp"

#include "diagnostic/codes/layout.hpp"

#include <fmt/format.h>
#include <array>

namespace recipe::validate {
namespace {

using family::Key;

constexpr std::int64_t last_stage = 3;

bool is_deepspeed(const Subject& s) {
    return s.family.has(Key::zero_stage);
}

/// A key of DeepSpeed's own configuration, wherever the recipe has that.
Found in_section(const Subject& s, std::string_view key) {
    for (const std::string_view section : {"deepspeed", "training_args.deepspeed"}) {
        const Found found = s.find(section);
        if (found.given() && found.value->is_map()) return s.find(fmt::format("{}.{}", section, key));
    }
    return {};
}

bool is_on(const Found& found) {
    return found.given() && parse_bool(*found.value);
}

// --- batches -------------------------------------------------------------------------------------------------------

std::int64_t passes_of(const Subject& s) {
    const config::Value* passes = s.effective(Key::accumulation);
    return passes != nullptr ? passes->as_int().value_or(0) : 1;
}

/// 0: not known, or left to "auto".
std::int64_t batch_of_step(const Subject& s) {
    const std::int64_t passes = passes_of(s);
    if (!s.micro_batch.known() || !s.layout_known || passes < 1 || passes > max_size) return 0;
    const std::int64_t pass = s.micro_batch.number * s.layout.world();  // at most 10^9 x 10^8
    return pass <= max_size * max_size / passes ? pass * passes : 0;
}

bool identity_applies(const Subject& s) {
    return is_deepspeed(s) && s.global_batch.known() && batch_of_step(s) != 0 &&
           s.global_batch.number != batch_of_step(s);
}

Findings identity(const Subject& s) {
    const std::int64_t step = batch_of_step(s);
    const Found passes = s.find(Key::accumulation);
    return {{.at = s.global_batch.found,
             .message = fmt::format("{} is {}, but {} {} × {} {} × {} ranks = {}", s.global_batch.found.key,
                                    s.global_batch.number, s.micro_batch.found.key, s.micro_batch.number, passes.key,
                                    passes_of(s), s.layout.world(), step),
             .fix = step <= max_size ? s.set(s.global_batch.found, std::to_string(step)) : std::string()}};
}

// --- stages --------------------------------------------------------------------------------------------------------

/// Nothing: it is not one that there is.
std::optional<std::int64_t> stage_of(const Subject& s) {
    const config::Value* stage = s.effective(Key::zero_stage);
    const auto number = stage != nullptr ? stage->as_int() : std::nullopt;
    return number && *number >= 0 && *number <= last_stage ? number : std::nullopt;
}

bool stage_applies(const Subject& s) {
    return is_deepspeed(s) && s.find(Key::zero_stage).given() && !stage_of(s);
}

Findings stage(const Subject& s) {
    const Found found = s.find(Key::zero_stage);
    return {{.at = found,
             .message = fmt::format("{} is {}; ZeRO has the stages 0 to 3", found.key, truncate(*found.value)),
             .fix = s.set(found, "3")}};
}

/// "none" and null are no device.
bool offloads(const Found& found) {
    const std::string* device = found.given() ? found.value->as_string() : nullptr;
    return device != nullptr && *device != "none";
}

bool offload_applies(const Subject& s) {
    const auto number = is_deepspeed(s) ? stage_of(s) : std::nullopt;
    return number && *number < last_stage && offloads(s.find(Key::offload_parameters));
}

Findings offload(const Subject& s) {
    const Found found = s.find(Key::offload_parameters);
    const Found zero = s.find(Key::zero_stage);
    return {{.at = found,
             .message = fmt::format("{} is {}, but below stage 3 each rank keeps all weights: {} is {}", found.key,
                                    truncate(*found.value), zero.key, *stage_of(s)),
             .fix = s.set(zero, "3"),
             .other_fixes = {s.set(found, "none")}}};
}

// --- formats -------------------------------------------------------------------------------------------------------

bool formats_apply(const Subject& s) {
    return is_deepspeed(s) && is_on(in_section(s, "bf16.enabled")) && is_on(in_section(s, "fp16.enabled"));
}

Findings formats(const Subject& s) {
    const Found fp16 = in_section(s, "fp16.enabled");
    return {{.at = fp16,
             .message = fmt::format("{} and {} are both on", in_section(s, "bf16.enabled").key, fp16.key),
             .fix = s.set(fp16, "False")}};
}

constexpr std::array<Rule, 4> table{{
    {codes::layout.zero_stage, stage_applies, stage},
    {codes::layout.offload, offload_applies, offload},
    {codes::precision.exclusive, formats_apply, formats},
    {codes::batch.identity, identity_applies, identity},
}};

}  // namespace

std::span<const Rule> deepspeed_rules() {
    return table;
}

}  // namespace recipe::validate
