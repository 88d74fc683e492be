// SPDX-License-Identifier: Apache-2.0
// The memory model's verdict among the rules. It predicts once for all of its codes, so it is no table of checks.
#include "memory/memory.hpp"
#include "validate/rule.hpp"

#include <algorithm>
#include <utility>

namespace recipe::validate {
namespace {

constexpr double MiB = 1024.0 * 1024.0;

/// Down, so that no device is refused which has enough to the byte. Beyond what a plan may say no device has it either.
std::int64_t mib(double bytes) {
    return static_cast<std::int64_t>(std::clamp(bytes / MiB, 0.0, static_cast<double>(max_device_mib)));
}

std::optional<MemoryNeeds> needs_of(const memory::Assessment& assessment) {
    if (!assessment.prediction) return std::nullopt;
    const memory::Prediction& predicted = *assessment.prediction;
    return MemoryNeeds{.low = mib(std::min(predicted.low_bytes, predicted.peak_bytes)),
                       .peak = mib(predicted.peak_bytes),
                       .high = mib(std::max(predicted.high_bytes, predicted.peak_bytes)),
                       .outside = mib(assessment.outside_bytes)};
}

}  // namespace

void check_memory(const Subject& subject, const CheckContext& against, Result& result) {
    if (subject.wanted == Wanted::cpu || !subject.layout_known) return;
    memory::Assessment found = memory::assess(subject.root, against.hardware, against.families,
                                              {.host = against.host, .models = against.models});
    result.needs.memory = needs_of(found);
    if (!subject.on_known_devices()) return;
    result.memory = found.prediction ? Result::Memory::known : Result::Memory::unknown;
    append(result.diagnostics, std::move(found.diagnostics));
}

}  // namespace recipe::validate
