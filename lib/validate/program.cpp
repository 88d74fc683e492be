// SPDX-License-Identifier: Apache-2.0
// What the program that reads the recipe demands beside layout and batches.
#include "validate/rule.hpp"

#include "diagnostic/codes/model.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <cctype>

namespace recipe::validate {
namespace {

using family::Key;

bool is_adapter(const Subject& s) {
    return s.family.layout == family::Layout::fsdp && s.family.has(Key::smp);
}

bool has_peft(const Subject& s) {
    const config::Value* peft = s.effective(Key::peft);
    const std::string* name = peft != nullptr ? peft->as_string() : nullptr;
    return name != nullptr && !name->empty();
}

// --- the model -----------------------------------------------------------------------------------------------------

bool always(const Subject&) {
    return true;
}

Findings type(const Subject& s) {
    return wrong_types(s, {&s.layers, &s.attention_heads, &s.key_value_heads, &s.vocabulary, &s.experts});
}

Findings range(const Subject& s) {
    Findings findings = wrong_ranges({&s.layers, &s.attention_heads, &s.key_value_heads, &s.vocabulary, &s.experts});
    if (s.runs_our_trainer())
        for (Finding& finding : findings) finding.severity = Severity::error;
    return findings;
}

constexpr std::array switches{
    Key::fp8,       Key::recompute,         Key::offload_activations, Key::moe, Key::smp, Key::fine_tune,
    Key::synthetic, Key::sequence_parallel, Key::tied_embeddings};

Findings switch_is_text(const Subject& s) {
    Findings findings;
    for (const Key key : switches) {
        if (!s.family.has(key)) continue;
        const Found found = s.find(key);
        if (!found.given() || found.value->as_bool() || found.value->as_number()) continue;
        const std::string* text = found.value->as_string();
        const bool yes = parse_bool(*found.value);
        findings.push_back({.at = found,
                            .message = fmt::format("{} is {} `{}` and not true or false", found.key,
                                                   config::describe(found.value->kind()), truncate(*found.value)),
                            .fix = text != nullptr ? s.set(found, yes ? "True" : "False") : std::string()});
    }
    return findings;
}

/// What the recipe gives, or the program takes without it; 0: not known.
std::int64_t size_of(const Subject& s, Key key) {
    const config::Value* value = s.effective(key);
    const std::int64_t size = value != nullptr ? value->as_int().value_or(0) : 0;
    return size >= 1 && size <= max_size ? size : 0;
}

/// The largest divisor of `number` up to `most`.
std::int64_t divisor_up_to(std::int64_t number, std::int64_t most) {
    while (number % most != 0) --most;
    return most;
}

/// The divisor nearest to `wanted`, of two the smaller.
std::int64_t divisor_near(std::int64_t number, std::int64_t wanted) {
    if (wanted >= number) return number;
    const std::int64_t below = divisor_up_to(number, wanted);
    for (std::int64_t above = wanted; above < 2 * wanted - below; ++above)
        if (number % above == 0) return above;
    return below;
}

bool head_size_applies(const Subject& s) {
    const std::int64_t hidden = size_of(s, Key::hidden);
    if (hidden == 0 || s.heads.attention == 0) return false;
    const std::int64_t each = size_of(s, Key::head_size);
    return each == 0 ? hidden % s.heads.attention != 0 : each * s.heads.attention != hidden;
}

Findings head_size(const Subject& s) {
    const std::int64_t hidden = size_of(s, Key::hidden);
    const std::int64_t each = size_of(s, Key::head_size);
    const Found hidden_key = s.find(Key::hidden);
    if (each == 0) {
        const std::int64_t up = (hidden + s.heads.attention - 1) / s.heads.attention * s.heads.attention;
        Finding finding{.at = s.attention_heads.found,
                        .message = fmt::format("{} {} does not divide {} {}", s.attention_heads.found.key,
                                               s.heads.attention, hidden_key.key, hidden),
                        .fix = s.set(s.attention_heads.found, std::to_string(divisor_near(hidden, s.heads.attention)))};
        if (up <= max_size) finding.other_fixes = {s.set(hidden_key, std::to_string(up))};
        if (s.family.layout == family::Layout::none) finding.severity = Severity::warning;
        return {std::move(finding)};
    }
    const Found key = s.find(Key::head_size);
    // Some models are built so: Qwen 3, Gemma, Mistral NeMo.
    return {{.at = key,
             .message = fmt::format("{} {} × {} {} = {}, and {} is {}: few models are built so", key.key, each,
                                    s.attention_heads.found.key, s.heads.attention, each * s.heads.attention,
                                    hidden_key.key, hidden),
             .fix = hidden % s.heads.attention == 0 ? s.set(key, std::to_string(hidden / s.heads.attention))
                                                    : std::string(),
             .severity = Severity::hint}};
}

bool kv_heads_applies(const Subject& s) {
    return s.heads.attention != 0 && s.heads.key_value != 0 && s.heads.attention % s.heads.key_value != 0;
}

Findings kv_heads(const Subject& s) {
    const Found& at = s.key_value_heads.found.given() ? s.key_value_heads.found : s.attention_heads.found;
    return {{.at = at,
             .message = fmt::format("{} key-value heads do not divide {} attention heads, which share them",
                                    s.heads.key_value, s.heads.attention),
             .fix = s.set(
                 at, std::to_string(divisor_up_to(s.heads.attention, std::min(s.heads.attention, s.heads.key_value)))),
             .severity = s.family.layout == family::Layout::none ? std::optional(Severity::warning) : std::nullopt}};
}

// --- SageMaker's adapter -------------------------------------------------------------------------------------------

bool smp_applies(const Subject& s) {
    return is_adapter(s) && !s.is_on(Key::smp) && s.tensor.usable() && s.expert.usable() &&
           (s.tensor.number > 1 || s.expert.number > 1);
}

Findings smp(const Subject& s) {
    const Found found = s.find(Key::smp);
    std::string ones;
    for (const Number* degree : {&s.tensor, &s.expert})
        if (degree->number > 1) ones += (ones.empty() ? "" : " ") + s.set(degree->found, "1");
    const Found& at = s.tensor.number > 1 ? s.tensor.found : s.expert.found;
    return {{.at = at,
             .message = fmt::format("{} {} needs {}, which is off", at.key, std::max(s.tensor.number, s.expert.number),
                                    found.key),
             .fix = s.set(found, "True"),
             .other_fixes = {std::move(ones)},
             .of_program = true}};
}

bool peft_applies(const Subject& s) {
    return is_adapter(s) && has_peft(s) && s.is_on(Key::smp);
}

Findings peft(const Subject& s) {
    const Found smp_key = s.find(Key::smp);
    std::string off = s.set(smp_key, "False");
    std::string without_degrees = off;
    for (const Number* degree : {&s.tensor, &s.expert})
        if (degree->usable() && degree->number > 1) without_degrees += ' ' + s.set(degree->found, "1");
    const Found found = s.find(Key::peft);
    return {{.at = found,
             .message = fmt::format("{} is {}, which the adapter does with {} off only", found.key,
                                    truncate(*found.value), smp_key.key),
             .fix = std::move(off),
             .other_fixes = {std::move(without_degrees)},
             .of_program = true}};
}

bool weights_applies(const Subject& s) {
    if (!is_adapter(s) || !s.is_on(Key::fine_tune)) return false;
    const config::Value* name = s.effective(Key::model_name);
    return name == nullptr || (name->as_string() != nullptr && name->as_string()->empty());
}

Findings weights(const Subject& s) {
    const Found name = s.find(Key::model_name);
    const Found fine_tune = s.find(Key::fine_tune);
    return {{.at = name,
             .message = fmt::format(
                 "{} is not set, and {}: the adapter then has no weights to start from", name.key,
                 fine_tune.given() ? fine_tune.key + " is on" : fine_tune.key + " is on when it is left out"),
             .fix = {},
             .severity = fine_tune.given() ? std::nullopt : std::optional(Severity::hint),
             .of_program = true}};
}

constexpr std::array<std::string_view, 5> strategies{"no_shard", "shard_grad_op", "hybrid_shard", "_hybrid_shard_zero2",
                                                     "full_shard"};

bool strategy_applies(const Subject& s) {
    if (s.family.layout != family::Layout::fsdp) return false;
    const Found found = s.find(Key::sharding_strategy);
    if (!found.given()) return false;
    const std::string* name = found.value->as_string();
    return name == nullptr || std::ranges::count(strategies, *name) == 0;
}

Findings strategy(const Subject& s) {
    const Found found = s.find(Key::sharding_strategy);
    const std::string text = config::to_python_text(*found.value);
    std::string small = text;
    std::ranges::transform(small, small.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::vector<std::string> names;
    for (const std::string_view strategy : strategies)
        if (!small.empty() && strategy.starts_with(small)) names.emplace_back(strategy);
    if (names.empty()) names = nearest(small, {strategies.begin(), strategies.end()}, 1);
    Finding finding{.at = found,
                    .message = fmt::format("{} is {}; it can be {}", found.key, truncate(*found.value),
                                           fmt::join(strategies, ", ")),
                    .fix = names.empty() ? std::string() : s.set(found, names.front())};
    if (!is_adapter(s)) finding.severity = Severity::warning;
    finding.of_program = true;
    return {std::move(finding)};
}

constexpr std::string_view schema = "aws/sagemaker-hyperpod-training-adapter-for-nemo, conf/config_schemas.py";

constexpr std::array<Rule, 9> table{{
    {codes::model.type, always, type},
    {codes::model.range, always, range},
    {codes::model.switch_, always, switch_is_text},
    {codes::model.head_size, head_size_applies, head_size},
    {codes::model.kv_heads, kv_heads_applies, kv_heads},
    {codes::model.smp, smp_applies, smp},
    {codes::model.peft, peft_applies, peft},
    {codes::model.weights, weights_applies, weights},
    {codes::model.sharding_strategy, strategy_applies, strategy},
}};

}  // namespace

std::span<const Rule> program_rules() {
    return table;
}

}  // namespace recipe::validate
