// SPDX-License-Identifier: Apache-2.0
// Kernels that the recipe asks for by name, against the compute capabilities that they are built for.
#include "validate/ranks/ranks.hpp"
#include "validate/rule.hpp"

#include "diagnostic/codes/layout.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace recipe::validate {
namespace {

using family::Key;

/// A kernel of attention; what has the words of none runs anywhere.
struct Kernel {
    std::string_view title;
    std::array<std::string_view, 4> words;  // of a value that names it
    std::array<CapabilityRange, 2> runs_on;
};

// csrc/flash_attn/flash_api.cpp and hopper/ of Dao-AILab/flash-attention: the latter's blocks do not fit into the
// shared memory of 8.6 and 8.9, and Blackwell has no such instructions.
constexpr std::array kernels{Kernel{.title = "FlashAttention-3",
                                    .words = {"flash_attention_3", "flash-attn3", "flash_attn_3", "flash_attn3"},
                                    .runs_on = {CapabilityRange{80, 86}, CapabilityRange{90, 100}}},
                             Kernel{.title = "FlashAttention-2",
                                    .words = {"flash_attention_2", "flash-attn2", "flash_attn_2", "flash_attn2"},
                                    .runs_on = {CapabilityRange{80, 0}}}};
constexpr const Kernel& second = kernels[1];

const Kernel* kernel_named(const config::Value* value) {
    const std::string* name = value != nullptr ? value->as_string() : nullptr;
    if (name == nullptr) return nullptr;
    // Megatron's name for what Transformer Engine has of it.
    if (*name == "flash") return &second;
    const auto* const found = std::ranges::find_if(kernels, [&](const Kernel& kernel) {
        return std::ranges::any_of(kernel.words, [&](std::string_view word) { return name->contains(word); });
    });
    return found != kernels.end() ? &*found : nullptr;
}

struct Asked {
    const Kernel* kernel = nullptr;
    Found by{};
    const config::Value* value = nullptr;  // that the recipe gives, or that counts when it is left out
};

/// SageMaker's adapter takes the kernel for Hugging Face's layers; those of use_smp_model choose among several.
bool is_switched_on(const Subject& s) {
    return s.family.has(Key::smp) && !s.is_on(Key::smp) && s.is_on(Key::flash_attention);
}

Asked asked_kernel(const Subject& s) {
    if (s.wanted == Wanted::cpu || s.wanted == Wanted::neuron || s.runs_our_trainer()) return {};
    if (s.family.has(Key::attention))
        if (const config::Value* value = s.effective(Key::attention))
            if (const Kernel* kernel = kernel_named(value)) return {kernel, s.find(Key::attention), value};
    if (is_switched_on(s)) return {&second, s.find(Key::flash_attention), s.effective(Key::flash_attention)};
    return {};
}

std::vector<CapabilityRange> ranges_of(const Kernel& kernel) {
    std::vector<CapabilityRange> ranges;
    for (const CapabilityRange& range : kernel.runs_on)
        if (range.from > 0) ranges.push_back(range);
    return ranges;
}

bool has(const std::vector<CapabilityRange>& ranges, int capability) noexcept {
    return std::ranges::any_of(ranges, [&](const CapabilityRange& range) { return range.has(capability); });
}

bool kernels_apply(const Subject& s) {
    if (!s.on_known_devices() || !s.accelerator->compute_capability) return false;
    const Asked asked = asked_kernel(s);
    return asked.kernel != nullptr && !has(ranges_of(*asked.kernel), *s.accelerator->compute_capability);
}

/// What every model has; not of verl, which packs sequences by these kernels alone.
std::string other_kernel(const Subject& s, const Asked& asked) {
    if (!asked.by.given() || asked.kernel != &second || is_ray(s)) return {};
    return s.set(asked.by, asked.by.value->is_string() ? "sdpa" : "False");
}

Findings wrong_kernels(const Subject& s) {
    const Asked asked = asked_kernel(s);
    std::string value = asked.value != nullptr ? truncate(*asked.value) : std::string("on");
    if (!asked.by.given()) value += " when it is left out";
    return {{.at = asked.by,
             .message = fmt::format("{} is {}, and {} runs on compute capability {}, not on {}", asked.by.key, value,
                                    asked.kernel->title, describe(ranges_of(*asked.kernel)), s.describe_accelerator()),
             .fix = other_kernel(s, asked),
             .of_program = true}};
}

constexpr std::array<Rule, 1> table{{
    {codes::devices.kernels, kernels_apply, wrong_kernels},
}};

std::string describe(const CapabilityRange& range) {
    const std::string from = hardware::compute_capability_text(range.from);
    if (range.below == 0) return from + " or later";
    if (range.from % 10 == 0 && range.below == range.from + 10) return fmt::format("{}.x", range.from / 10);
    if (range.below == range.from + 1) return from;
    return fmt::format("{} to {}", from, hardware::compute_capability_text(range.below - 1));
}

}  // namespace

std::string describe(const std::vector<CapabilityRange>& capabilities) {
    std::string text;
    for (const CapabilityRange& range : capabilities) text += (text.empty() ? "" : " or ") + describe(range);
    return text;
}

bool runs_kernels(const DeviceNeeds& needs, std::optional<int> compute_capability) noexcept {
    return needs.capabilities.empty() || !compute_capability || has(needs.capabilities, *compute_capability);
}

void add_kernels(const Subject& s, DeviceNeeds& needs) {
    if (const Asked asked = asked_kernel(s); asked.kernel != nullptr) needs.capabilities = ranges_of(*asked.kernel);
}

std::span<const Rule> kernel_rules() {
    return table;
}

}  // namespace recipe::validate
