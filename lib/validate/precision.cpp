// SPDX-License-Identifier: Apache-2.0
// Number formats that the accelerator must compute in.
#include "validate/rule.hpp"

#include "diagnostic/codes/layout.hpp"

#include <fmt/format.h>
#include <array>

namespace recipe::validate {
namespace {

using family::Key;

/// A switch, or the name of an fp8 format ("hybrid", "e4m3") as NeMo has it.
bool turns_fp8_on(const config::Value& value) {
    const std::string* format = value.as_string();
    return parse_bool(value) || (format != nullptr && (*format == "hybrid" || *format == "e4m3"));
}

/// SageMaker's adapter uses fp8 in its own layers only, which use_smp_model puts in.
bool has_fp8_layers(const Subject& s) {
    return !s.family.has(Key::smp) || s.is_on(Key::smp);
}

/// Of CUDA devices, from which on they do.
std::string needing(const Subject& s, std::string_view capability) {
    if (!s.accelerator->compute_capability) return {};
    return fmt::format(", which needs compute capability {} or later", capability);
}

bool fp8_is_on(const Subject& s) {
    const config::Value* value = s.effective(Key::fp8);
    return value != nullptr && turns_fp8_on(*value) && has_fp8_layers(s);
}

bool fp8_applies(const Subject& s) {
    return s.on_known_devices() && !s.accelerator->fp8 && fp8_is_on(s);
}

Findings fp8(const Subject& s) {
    const Found key = s.find(Key::fp8);
    const config::Value* value = key.value;
    const bool is_format = key.given() && value->as_string() != nullptr && !parse_bool(*value);
    return {{.at = key,
             .message = fmt::format("{} is {}, but {} does not compute in fp8{}", key.key,
                                    key.given() ? "on" : "on when it is left out", s.describe_accelerator(),
                                    needing(s, "8.9")),
             .fix = s.set(key, is_format ? "null" : "False")}};
}

bool fp8_unused_applies(const Subject& s) {
    const Found key = s.find(Key::fp8);
    return s.family.has(Key::smp) && key.given() && parse_bool(*key.value) && !s.is_on(Key::smp);
}

Findings fp8_unused(const Subject& s) {
    const Found key = s.find(Key::fp8);
    return {{.at = key,
             .message = fmt::format("{} has no effect while {} is off", key.key, s.find(Key::smp).key),
             .fix = s.set(key, "False")}};
}

/// DeepSpeed's bf16.enabled and Hugging Face's bf16: switches.
bool is_switch(const Found& found) {
    return found.given() && found.value->as_bool().has_value();
}

/// Lightning's names for bfloat16 computation, and PyTorch's.
bool is_bf16(const Found& found) {
    if (is_switch(found)) return found.path.contains("bf16") && *found.value->as_bool();
    const std::string* name = found.given() ? found.value->as_string() : nullptr;
    return name != nullptr && (*name == "bf16" || *name == "bf16-mixed" || *name == "bf16-true" ||
                               *name == "bfloat16" || *name == "torch.bfloat16");
}

Found precision_of(const Subject& s, Key key) {
    return s.family.has(key) ? s.find(key) : Found{};
}

bool bf16_applies(const Subject& s) {
    return s.on_known_devices() && !s.accelerator->bf16 &&
           (is_bf16(precision_of(s, Key::precision)) || is_bf16(precision_of(s, Key::model_precision)));
}

Findings bf16(const Subject& s) {
    const Found trainer = precision_of(s, Key::precision);
    const Found model = precision_of(s, Key::model_precision);
    std::string fix;
    // Recipes often have the one refer to the other; setting both to the same is right then, too.
    for (const Found* key : {&trainer, &model})
        if (is_bf16(*key)) fix += (fix.empty() ? "" : " ") + s.set(*key, is_switch(*key) ? "False" : "32");
    const Found& at = is_bf16(trainer) ? trainer : model;
    return {{.at = at,
             .message = fmt::format("{} is {}, but {} does not compute in bfloat16{}", at.key,
                                    is_switch(at) ? "on" : *at.value->as_string(), s.describe_accelerator(),
                                    needing(s, "8.0")),
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

/// Four bits are named by the format ("nvfp4", "mxfp4"), wherever programs have a format's name.
bool names_fp4(const config::Value* value) {
    const std::string* name = value != nullptr ? value->as_string() : nullptr;
    return name != nullptr && (name->contains("nvfp4") || name->contains("mxfp4"));
}

/// Where the recipe says so; without a path where it does not.
Found fp4_of(const Subject& s) {
    for (const Found& found : {precision_of(s, Key::precision), precision_of(s, Key::model_precision)})
        if (names_fp4(found.value)) return found;
    const Found fp8 = precision_of(s, Key::fp8);
    return names_fp4(fp8.value) && has_fp8_layers(s) ? fp8 : Found{};
}

bool fp4_applies(const Subject& s) {
    return s.on_known_devices() && !hardware::computes_in_fp4(*s.accelerator) && fp4_of(s).value != nullptr;
}

Findings fp4(const Subject& s) {
    const Found key = fp4_of(s);
    return {{.at = key,
             .message = fmt::format("{} is {}, but {} does not compute in fp4{}", key.key, *key.value->as_string(),
                                    s.describe_accelerator(), needing(s, "10.0")),
             .fix = s.set(key, key.path == precision_of(s, Key::fp8).path ? "null" : "bf16")}};
}

constexpr std::array<Rule, 5> table{{
    {codes::precision.fp8, fp8_applies, fp8},
    {codes::precision.bf16, bf16_applies, bf16},
    {codes::precision.fp4, fp4_applies, fp4},
    {codes::precision.fp8_unused, fp8_unused_applies, fp8_unused},
    {codes::precision.fp8_leftover, fp8_leftover_applies, fp8_leftover},
}};

}  // namespace

void add_formats(const Subject& s, DeviceNeeds& needs) {
    if (s.wanted == Wanted::cpu) return;
    needs.bf16 = is_bf16(precision_of(s, Key::precision)) || is_bf16(precision_of(s, Key::model_precision));
    needs.fp8 = fp8_is_on(s);
    needs.fp4 = fp4_of(s).value != nullptr;
}

std::span<const Rule> precision_rules() {
    return table;
}

}  // namespace recipe::validate
