// SPDX-License-Identifier: Apache-2.0
// verl's reinforcement learning: the engines that answer prompts and the batches that learn from the answers, against
// the ranks. As verl/utils/config.py, workers/config/actor.py and the workers have it.
#include "validate/ranks/ranks.hpp"

#include "diagnostic/codes/layout.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <numeric>

namespace recipe::validate {
namespace {

constexpr std::string_view actor = "training_config.actor_rollout_ref.actor.";
constexpr std::string_view rollout = "training_config.actor_rollout_ref.rollout.";

Given of(const Subject& s, std::string_view section, std::string_view key) {
    return given(s, fmt::format("{}{}", section, key));
}

bool is_megatron(const Subject& s) {
    const Found strategy = s.find(fmt::format("{}strategy", actor));
    return strategy.given() && strategy.value->is_string() && *strategy.value->as_string() == "megatron";
}

bool has_dynamic_batches(const Subject& s) {
    const Found found = s.find(fmt::format("{}use_dynamic_bsz", actor));
    return found.given() && parse_bool(*found.value);
}

// --- the engines that answer ---------------------------------------------------------------------------------------

struct Engine {
    Given tensor, data, pipeline;

    [[nodiscard]] std::int64_t ranks() const noexcept {
        return tensor.or_else(1) * data.or_else(1) * pipeline.or_else(1);
    }
};

Engine engine_of(const Subject& s) {
    return {.tensor = of(s, rollout, "tensor_model_parallel_size"),
            .data = of(s, rollout, "data_parallel_size"),
            .pipeline = of(s, rollout, "pipeline_model_parallel_size")};
}

bool engines_apply(const Subject& s) {
    const std::int64_t world = is_verl(s) ? training_ranks(s) : 0;
    return world != 0 && world % engine_of(s).ranks() != 0;
}

Findings engines(const Subject& s) {
    const std::int64_t world = training_ranks(s);
    const Engine engine = engine_of(s);
    const std::int64_t others = engine.data.or_else(1) * engine.pipeline.or_else(1);
    std::vector<std::string> fixes;
    if (world % others == 0)
        for (const std::int64_t fewer : divisors_below(world / others, engine.tensor.or_else(1), 3))
            fixes.push_back(s.set(engine.tensor.found, std::to_string(fewer)));
    std::string ones;
    for (const Given* degree : {&engine.tensor, &engine.data, &engine.pipeline})
        if (degree->or_else(1) != 1) ones += (ones.empty() ? "" : " ") + s.set(degree->found, "1");
    fixes.push_back(ones);
    return {finding_with(engine.tensor.found,
                         fmt::format("{} ranks cannot be divided into rollout engines of {} ({} tensor × {} data × {} "
                                     "pipeline parallel)",
                                     world, engine.ranks(), engine.tensor.or_else(1), engine.data.or_else(1),
                                     engine.pipeline.or_else(1)),
                         std::move(fixes))};
}

// --- Megatron's actor ----------------------------------------------------------------------------------------------

struct Copy {
    Given tensor, pipeline, context;

    [[nodiscard]] std::int64_t ranks() const noexcept {
        return tensor.or_else(1) * pipeline.or_else(1) * context.or_else(1);
    }
};

Copy copy_of(const Subject& s) {
    return {.tensor = of(s, actor, "megatron.tensor_model_parallel_size"),
            .pipeline = of(s, actor, "megatron.pipeline_model_parallel_size"),
            .context = of(s, actor, "megatron.context_parallel_size")};
}

bool actor_applies(const Subject& s) {
    const std::int64_t world = is_verl(s) && is_megatron(s) ? training_ranks(s) : 0;
    return world != 0 && world % copy_of(s).ranks() != 0;
}

Findings actor_copy(const Subject& s) {
    const std::int64_t world = training_ranks(s);
    const Copy copy = copy_of(s);
    const std::int64_t others = copy.pipeline.or_else(1) * copy.context.or_else(1);
    std::vector<std::string> fixes;
    if (world % others == 0)
        for (const std::int64_t fewer : divisors_below(world / others, copy.tensor.or_else(1), 3))
            fixes.push_back(s.set(copy.tensor.found, std::to_string(fewer)));
    std::string ones;
    for (const Given* degree : {&copy.tensor, &copy.pipeline, &copy.context})
        if (degree->or_else(1) != 1) ones += (ones.empty() ? "" : " ") + s.set(degree->found, "1");
    fixes.push_back(ones);
    return {finding_with(
        copy.tensor.found,
        fmt::format("{} ranks cannot be divided by {} tensor × {} pipeline × {} context parallel = {}", world,
                    copy.tensor.or_else(1), copy.pipeline.or_else(1), copy.context.or_else(1), copy.ranks()),
        std::move(fixes))};
}

// --- batches -------------------------------------------------------------------------------------------------------

/// Ranks that learn from different answers; 0 where the degrees do not divide the world, which is said elsewhere.
std::int64_t learners(const Subject& s) {
    const std::int64_t world = is_verl(s) ? training_ranks(s) : 0;
    const std::int64_t sharing = is_megatron(s) ? copy_of(s).ranks() : s.context.usable() ? s.context.number : 0;
    return world != 0 && sharing != 0 && world % sharing == 0 ? world / sharing : 0;
}

/// What a batch of answers is divided by.
std::int64_t least_batch(const Subject& s) {
    if (!is_megatron(s)) return training_ranks(s);
    return learners(s) * of(s, actor, "ppo_micro_batch_size_per_gpu").or_else(1);
}

bool answers_apply(const Subject& s) {
    if (!is_verl(s) || has_dynamic_batches(s) || !s.global_batch.known()) return false;
    const std::int64_t least = least_batch(s);
    return least != 0 && s.global_batch.number * of(s, rollout, "n").or_else(1) % least != 0;
}

Findings answers(const Subject& s) {
    const std::int64_t least = least_batch(s);
    const std::int64_t each = of(s, rollout, "n").or_else(1);
    const std::int64_t step = least / std::gcd(least, each);
    const std::int64_t up = (s.global_batch.number + step - 1) / step * step;
    const Found dynamic = s.find(fmt::format("{}use_dynamic_bsz", actor));
    return {finding_with(
        s.global_batch.found,
        fmt::format("{} {} × {} answers to each prompt = {}, which {} does not divide", s.global_batch.found.key,
                    s.global_batch.number, each, s.global_batch.number * each,
                    is_megatron(s) ? fmt::format("{} data-parallel ranks × micro-batch = {}", learners(s), least)
                                   : fmt::format("the number of GPUs, {},", least)),
        {up <= max_size ? s.set(s.global_batch.found, std::to_string(up)) : std::string(), s.set(dynamic, "True")})};
}

bool steps_apply(const Subject& s) {
    return is_verl(s) && learners(s) != 0;
}

/// More prompts in one step of the optimizer than in the batch that it takes them from.
void check_prompts(const Subject& s, const Given& mini, Findings& findings) {
    if (has_dynamic_batches(s) || !s.global_batch.known() || !mini.number || s.global_batch.number >= *mini.number)
        return;
    findings.push_back({.at = mini.found,
                        .message = fmt::format("{} {} is more than {} {}, of which it is a part", mini.found.key,
                                               *mini.number, s.global_batch.found.key, s.global_batch.number),
                        .fix = s.set(mini.found, std::to_string(s.global_batch.number)),
                        .other_fixes = {s.set(s.global_batch.found, std::to_string(*mini.number))}});
}

/// What is left of a step of the optimizer for each rank, and its passes.
void check_passes(const Subject& s, const Given& mini, Findings& findings) {
    if (!mini.number) return;
    const std::int64_t answers = *mini.number * of(s, rollout, "n").or_else(1);
    const std::int64_t each = answers / learners(s);
    const Given micro = of(s, actor, "ppo_micro_batch_size_per_gpu");
    const std::int64_t pass = micro.or_else(1);
    if (each == 0) {
        findings.push_back({.at = mini.found,
                            .message = fmt::format("{} {} gives {} ranks less than one answer each", mini.found.key,
                                                   *mini.number, learners(s)),
                            .fix = s.set(mini.found, std::to_string(learners(s)))});
    } else if (each % pass != 0) {
        std::vector<std::string> fixes;
        for (const std::int64_t fewer : divisors_below(each, pass, 2))
            fixes.push_back(s.set(micro.found, std::to_string(fewer)));
        findings.push_back(
            finding_with(micro.found,
                         fmt::format("{} {} does not divide the {} answers that each of {} ranks learns from in a step "
                                     "({} {})",
                                     micro.found.key, pass, each, learners(s), mini.found.key, *mini.number),
                         std::move(fixes)));
    }
}

/// The older key, which counts over all ranks.
void check_old_micro(const Subject& s, const Given& mini, Findings& findings) {
    const Given micro = of(s, actor, "ppo_micro_batch_size");
    const std::int64_t world = training_ranks(s);
    if (has_dynamic_batches(s) || is_megatron(s) || !micro.number) return;
    if (mini.number && *mini.number % *micro.number != 0)
        findings.push_back({.at = micro.found,
                            .message = fmt::format("{} {} does not divide {} {}", micro.found.key, *micro.number,
                                                   mini.found.key, *mini.number),
                            .fix = {}});
    else if (*micro.number * s.context.number < world)
        findings.push_back(
            {.at = micro.found,
             .message = fmt::format("{} {} × {} {} is less than the {} GPUs that share it", micro.found.key,
                                    *micro.number, s.context.found.key, s.context.number, world),
             .fix = s.set(micro.found, std::to_string((world + s.context.number - 1) / s.context.number))});
}

Findings steps(const Subject& s) {
    const Given mini = of(s, actor, "ppo_mini_batch_size");
    Findings findings;
    check_prompts(s, mini, findings);
    check_passes(s, mini, findings);
    check_old_micro(s, mini, findings);
    return findings;
}

bool padding_applies(const Subject& s) {
    if (!is_verl(s) || is_megatron(s) || !s.context.usable() || s.context.number == 1) return false;
    const Found padding = s.find("training_config.actor_rollout_ref.model.use_remove_padding");
    return !padding.given() || !parse_bool(*padding.value);
}

Findings padding(const Subject& s) {
    const Found padding = s.find("training_config.actor_rollout_ref.model.use_remove_padding");
    return {{.at = padding.given() ? padding : s.context.found,
             .message = fmt::format("{} {} needs {}, which is off", s.context.found.key, s.context.number, padding.key),
             .fix = s.set(padding, "True"),
             .other_fixes = {s.set(s.context.found, "1")}}};
}

// --- heads that Ulysses spreads ------------------------------------------------------------------------------------

bool spreads(const Subject& s, std::int64_t degree) {
    const std::int64_t key_value = s.heads.key_value;
    return s.heads.attention % degree == 0 && (key_value == 0 || key_value % degree == 0 || degree % key_value == 0);
}

/// Of FSDP; Megatron's context parallelism cuts sequences and not heads.
bool heads_apply(const Subject& s) {
    return is_ray(s) && !s.family.name.ends_with("megatron") && s.context.usable() && s.context.number > 1 &&
           s.heads.attention != 0 && !spreads(s, s.context.number);
}

Findings heads(const Subject& s) {
    const std::int64_t degree = s.context.number;
    std::vector<std::string> fixes;
    for (std::int64_t fewer = std::min(degree - 1, s.heads.attention); fewer >= 1 && fixes.size() < 3; --fewer)
        if (spreads(s, fewer)) fixes.push_back(s.set(s.context.found, std::to_string(fewer)));
    const std::string what =
        s.heads.attention % degree != 0
            ? fmt::format("does not divide {} attention heads", s.heads.attention)
            : fmt::format("neither divides {} key-value heads nor is a multiple of them", s.heads.key_value);
    return {
        finding_with(s.context.found, fmt::format("{} {} {}", s.context.found.key, degree, what), std::move(fixes))};
}

constexpr std::array<Rule, 6> table{{
    {codes::layout.rollout, engines_apply, engines},
    {codes::layout.actor, actor_applies, actor_copy},
    {codes::layout.padding, padding_applies, padding},
    {codes::layout.ulysses, heads_apply, heads},
    {codes::batch.answers, answers_apply, answers},
    {codes::batch.steps, steps_apply, steps},
}};

}  // namespace

std::span<const Rule> verl_rules() {
    return table;
}

}  // namespace recipe::validate
