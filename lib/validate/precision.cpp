// Number formats that the accelerator must compute in.
#include "validate/rule.hpp"

#include <fmt/format.h>
#include <array>

namespace recipe::validate {
namespace {

bool is_true(const Found& found) {
    return found.given() && found.value->as_bool() == true;
}

bool fp8_applies(const Subject& s) {
    return s.on_known_devices() && !s.accelerator->fp8 && is_true(s.find("model.fp8"));
}

Findings fp8(const Subject& s) {
    const Found key = s.find("model.fp8");
    return {
        {.at = key,
         .message = fmt::format("{} is on, but {} does not compute in fp8, which needs compute capability 8.9 or later",
                                key.key, s.describe_accelerator()),
         .fix = s.set(key, "False")}};
}

/// Lightning's names for bfloat16 computation, and PyTorch's.
bool is_bf16(const Found& found) {
    const std::string* name = found.given() ? found.value->as_string() : nullptr;
    return name != nullptr && (*name == "bf16" || *name == "bf16-mixed" || *name == "bf16-true" || *name == "bfloat16");
}

bool bf16_applies(const Subject& s) {
    return s.on_known_devices() && !s.accelerator->bf16 &&
           (is_bf16(s.find("trainer.precision")) || is_bf16(s.find("model.precision")));
}

Findings bf16(const Subject& s) {
    const Found trainer = s.find("trainer.precision");
    const Found model = s.find("model.precision");
    std::string fix;
    // Recipes often have the one refer to the other; setting both to the same is right then, too.
    for (const Found* key : {&trainer, &model})
        if (is_bf16(*key)) fix += (fix.empty() ? "" : " ") + s.set(*key, "32");
    const Found& at = is_bf16(trainer) ? trainer : model;
    return {{.at = at,
             .message = fmt::format(
                 "{} is {}, but {} does not compute in bfloat16, which needs compute capability 8.0 or later", at.key,
                 *at.value->as_string(), s.describe_accelerator()),
             .fix = std::move(fix)}};
}

bool fp8_leftover_applies(const Subject& s) {
    const Found key = s.find("model.fp8");
    return key.given() && key.value->as_bool() == false;
}

Findings fp8_leftover(const Subject& s) {
    Findings findings;
    const Found model = s.find("model");
    if (!model.given() || !model.value->is_map()) return {};
    for (const config::Entry& entry : model.value->entries()) {
        const std::string* name = entry.key.as_string();
        if (name == nullptr || !name->starts_with("fp8_") || entry.value.is_null()) continue;
        const Found key = s.find("model." + *name);
        findings.push_back(
            {.at = key,
             .message = fmt::format("{} has no effect while {} is off", key.key, s.find("model.fp8").key),
             .fix = {}});
    }
    return findings;
}

constexpr std::array<Rule, 3> table{{
    {{"precision.fp8", "The accelerator computes in fp8 where the recipe does (compute capability 8.9).",
      "NVIDIA Transformer Engine, pytorch/fp8.py check_fp8_support: \"Device compute capability 8.9 or higher "
      "required\""},
     fp8_applies,
     fp8},
    {{"precision.bf16", "The accelerator computes in bfloat16 where the recipe does (compute capability 8.0).",
      "CUDA C++ Programming Guide, compute capabilities; PyTorch torch.cuda.is_bf16_supported"},
     bf16_applies,
     bf16},
    {{"precision.fp8_leftover", "fp8 settings stay behind when fp8 is off.",
      "aws/sagemaker-hyperpod-training-adapter-for-nemo reads fp8_* only with fp8", Severity::hint},
     fp8_leftover_applies,
     fp8_leftover},
}};

}  // namespace

std::span<const Rule> precision_rules() {
    return table;
}

}  // namespace recipe::validate
