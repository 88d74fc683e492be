// SPDX-License-Identifier: Apache-2.0
// Batches against the ranks that share them.
#include "validate/rule.hpp"

#include "diagnostic/codes/layout.hpp"

#include <fmt/format.h>
#include <array>

namespace recipe::validate {
namespace {

using family::Key;

bool always(const Subject&) {
    return true;
}

/// Programs whose source says so refuse a wrong number; of the others it is not known.
Findings with_certainty(const Subject& s, Findings findings) {
    if (s.family.layout != family::Layout::fsdp && s.family.layout != family::Layout::megatron)
        for (Finding& finding : findings) finding.severity = Severity::warning;
    return findings;
}

Findings type(const Subject& s) {
    return with_certainty(s, wrong_types(s, {&s.micro_batch, &s.global_batch, &s.sequence}));
}

Findings range(const Subject& s) {
    return with_certainty(s, wrong_ranges({&s.micro_batch, &s.global_batch, &s.sequence}));
}

std::int64_t sequences_of_a_pass(const Subject& s) {
    const std::int64_t ranks = s.data_parallel();
    return s.micro_batch.known() && ranks != 0 ? s.micro_batch.number * ranks : 0;  // at most 10^9 × 10^8
}

bool global_applies(const Subject& s) {
    // verl's reinforcement learning multiplies its batch by the answers to each prompt.
    if (s.family.name == "verl" || s.family.name == "verl_megatron" || !s.global_batch.known()) return false;
    // DeepSpeed's has a rule of its own.
    if (s.family.has(Key::zero_stage)) return false;
    const std::int64_t pass = sequences_of_a_pass(s);
    return pass != 0 && s.global_batch.number % pass != 0;
}

Findings global(const Subject& s) {
    const std::int64_t pass = sequences_of_a_pass(s);
    const std::int64_t up = (s.global_batch.number + pass - 1) / pass * pass;
    Finding finding{.at = s.global_batch.found,
                    .message = fmt::format("{} {} is no multiple of {} {} × {} data-parallel ranks = {}",
                                           s.global_batch.found.key, s.global_batch.number, s.micro_batch.found.key,
                                           s.micro_batch.number, s.data_parallel(), pass),
                    .fix = s.set(s.global_batch.found, std::to_string(up))};
    if (s.family.layout == family::Layout::ranks) finding.severity = Severity::warning;
    return {std::move(finding)};
}

bool interleaved_applies(const Subject& s) {
    if (s.family.layout != family::Layout::megatron || !s.global_batch.known() || !s.pipeline.usable()) return false;
    if (s.pipeline.number == 1 || s.virtual_pipeline.state != Number::State::good || s.virtual_pipeline.number == 1)
        return false;
    const std::int64_t pass = sequences_of_a_pass(s);
    return pass != 0 && s.global_batch.number % pass == 0 && s.global_batch.number / pass % s.pipeline.number != 0;
}

Findings interleaved(const Subject& s) {
    const std::int64_t pass = sequences_of_a_pass(s);
    const std::int64_t step = pass * s.pipeline.number;
    const std::int64_t up = (s.global_batch.number + step - 1) / step * step;
    return {
        {.at = s.global_batch.found,
         .message = fmt::format("{} {} makes {} micro-batches, which the interleaved schedule takes in groups of {} {}",
                                s.global_batch.found.key, s.global_batch.number, s.global_batch.number / pass,
                                s.pipeline.found.key, s.pipeline.number),
         .fix = up <= max_size ? s.set(s.global_batch.found, std::to_string(up)) : std::string()}};
}

bool accumulation_applies(const Subject& s) {
    const Found found = s.find("trainer.accumulate_grad_batches");
    return s.family.layout == family::Layout::megatron && s.global_batch.known() && found.given() &&
           found.value->as_int().value_or(1) != 1;
}

Findings accumulation(const Subject& s) {
    const Found found = s.find("trainer.accumulate_grad_batches");
    return {{.at = found,
             .message = fmt::format("{} is {}, but NeMo derives accumulation from {} and wants 1 there", found.key,
                                    truncate(*found.value), s.global_batch.found.key),
             .fix = s.set(found, "1")}};
}

constexpr std::array<Rule, 5> table{{
    {codes::batch.type, always, type},
    {codes::batch.range, always, range},
    {codes::batch.global, global_applies, global},
    {codes::batch.interleaved, interleaved_applies, interleaved},
    {codes::batch.accumulation, accumulation_applies, accumulation},
}};

}  // namespace

std::span<const Rule> batch_rules() {
    return table;
}

}  // namespace recipe::validate
