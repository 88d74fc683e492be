// SPDX-License-Identifier: Apache-2.0
// Reads a workload out of a recipe.
#include "memory/reading.hpp"

#include "diagnostic/codes/model.hpp"
#include "memory/shapes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>

namespace recipe::memory {
namespace {

constexpr std::int64_t max_nodes = 100'000;
constexpr std::int64_t max_devices = 1024;
/// Adapters' rank where a recipe wants some and says none: peft's and the SageMaker adapter's.
constexpr std::int64_t usual_lora_rank = 32;
constexpr double bf16_bytes = 2;
constexpr double fp32_bytes = 4;

std::string lower_case(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

/// Direct preference optimization, by its name or by its loss's.
bool is_preference(std::string_view method) {
    return method == "dpo" || method == "sigmoid";
}

Lora read_lora(const Recipe& recipe) {
    const std::string kind = recipe.text(Key::peft);
    const std::int64_t rank = recipe.integer(Key::lora_rank).value_or(0);
    // Families that spell it as a rank alone have no `peft` key at all.
    const bool says_so = lower_case(recipe.text(Key::method)).contains("lora");
    if (kind.empty() && !says_so && (rank == 0 || recipe.has(Key::peft))) return {};
    return {.rank = rank > 0 ? rank : usual_lora_rank, .all_linear = true, .fp32_adapters = true, .autocast = true};
}

bool is_fp32(std::string_view precision) {
    constexpr std::array<std::string_view, 5> words{"32", "32-true", "fp32", "float32", "fp32-true"};
    return std::ranges::find(words, precision) != words.end();
}

bool is_bf16(std::string_view precision) {
    return precision == "bf16" || precision == "bfloat16" || precision == "fp16" || precision == "float16";
}

}  // namespace

double bytes_of_frozen(const Assumptions& a) noexcept {
    switch (a.frozen) {
        case Frozen::nf4:
            return 4.127 / 8;  // with double quantization: 4 bits and 0.127 of constants (arXiv:2305.14314, section 3)
        case Frozen::mxfp4:
            return 4.25 / 8;  // a scale of 8 bits for 32 numbers (Open Compute Project, microscaling formats 1.0)
        case Frozen::bf16:
            break;
    }
    return a.precision == Precision::fp32 ? fp32_bytes : bf16_bytes;
}

namespace {

/// Of DeepSpeed; one that there is not is refused elsewhere.
Wrapper wrapper_of_stage(std::int64_t stage) {
    constexpr std::array wrappers{Wrapper::ddp, Wrapper::zero1, Wrapper::zero2, Wrapper::zero3};
    return wrappers[static_cast<std::size_t>(std::clamp<std::int64_t>(stage, 0, 3))];
}

/// A switch, or DeepSpeed's device that takes it: cpu or nvme.
bool is_offloaded(const Recipe& recipe, Key key) {
    const std::string device = recipe.text(key);
    return recipe.on(key) || device == "cpu" || device == "nvme";
}

/// fp16 takes as much as bf16.
bool is_half(const Recipe& recipe) {
    for (const char* path : {"deepspeed.fp16.enabled", "training_args.deepspeed.fp16.enabled"})
        if (const Value* enabled = recipe.at(path); enabled != nullptr && enabled->as_bool() == true) return true;
    return false;
}

/// The family's lines, what the recipe computes in, then its own `memory` section.
Assumptions read_assumptions(const Recipe& recipe, const Family& family, bool divided, Diagnostics& problems) {
    Assumptions a;
    const auto refuse_word = [&](std::string_view name, std::string_view value, std::string key, Source source) {
        problems.push_back(
            {.code = codes::memory.assumption,
             .key = std::move(key),
             .source = std::move(source),
             .message = fmt::format("the memory model has no assumption {} that can be {}", name, value)});
    };
    for (const family::MemoryLine& line : family.memory) {
        const bool holds = !line.when || (*line.when == Key::tensor ? divided : recipe.on(*line.when));
        if (holds && !set_assumption(a, line.name, line.value))
            refuse_word(line.name, line.value, fmt::format("families.{}.memory", family.name), {});
    }
    if (recipe.has(Key::zero_stage)) a.wrapper = wrapper_of_stage(recipe.integer(Key::zero_stage).value_or(0));
    if (recipe.on(Key::sequence_parallel)) a.sequence_parallel = divided;
    if (const std::string kept = recipe.text(Key::weights_precision); !kept.empty())
        a.precision = is_bf16(kept) ? Precision::pure_bf16 : Precision::mixed;
    // Log-probabilities of pairs are gathered from 16-bit logits, by no model's own loss.
    if (is_preference(recipe.text(Key::method)) && a.loss == Loss::fp32) a.loss = Loss::bf16;
    if (const Value* kernel = recipe.given(Key::flash_attention))
        a.attention = kernel->as_bool().value_or(config::to_python_text(*kernel).contains("flash")) ? Attention::flash
                                                                                                    : Attention::sdpa;
    const std::string peft = recipe.text(Key::peft);
    if (peft.starts_with("qlora") || peft.contains("4bit")) a.frozen = Frozen::nf4;
    if (is_fp32(recipe.text(Key::precision))) {
        a.precision = Precision::fp32;
        a.attention = Attention::sdpa;  // flash kernels take 16 bits
    }
    if (const Value* section = recipe.at("memory")) {
        for (const config::Entry& entry : section->entries()) {
            const std::string name = config::to_python_text(entry.key);
            std::string value = config::to_python_text(entry.value);
            if (entry.value.as_bool()) value = *entry.value.as_bool() ? "true" : "false";
            if (!is_dimension(name) && !set_assumption(a, name, value))
                refuse_word(name, value, "memory." + name, entry.value.position().source());
        }
    }
    return a;
}

/// Sequences of a validation pass; 0 where there is none.
std::int64_t read_validation(const Recipe& recipe) {
    const Value* batches = recipe.given(Key::validation_batches);
    const bool none = batches != nullptr && batches->as_number() == 0.0;
    const bool data = recipe.given(Key::validation_data) != nullptr || recipe.on(Key::synthetic);
    return none || !data ? 0 : std::max<std::int64_t>(0, recipe.integer(Key::validation_batch).value_or(0));
}

/// Tokens and sequences of a pass, and passes.
void read_batch(const Recipe& recipe, const Family& family, Reading& reading) {
    Workload& w = reading.workload;
    w.context = recipe.degree(Key::context);
    const std::int64_t packed = recipe.integer(Key::packed_tokens).value_or(0);
    w.sequence = recipe.integer(Key::sequence_length).value_or(0);
    if (w.sequence < 1)
        w.sequence = recipe.integer(Key::prompt_length).value_or(0) + recipe.integer(Key::response_length).value_or(0);
    w.micro_batch = recipe.degree(Key::micro_batch);
    if (recipe.on(Key::packs) && packed >= 1) {
        // Each rank takes as many; a sequence that is divided among ranks may be the longer by that.
        w.sequence = packed * std::min(w.context, max_dimension);
        w.packed = true;
        w.micro_batch = 1;
        w.grad_accum = 2;
    } else {
        w.grad_accum = recipe.degree(Key::accumulation);
        // A preferred sequence and a rejected one.
        reading.pairs = is_preference(recipe.text(Key::method));
        if (reading.pairs) w.micro_batch = std::min(w.micro_batch, max_batch / 2) * 2;
    }
    if (w.sequence < 1) {
        const Key key = recipe.has(Key::sequence_length) ? Key::sequence_length : Key::prompt_length;
        reading.unknown.push_back(
            fmt::format("the length of a sequence: the recipe does not say {}", recipe.name_of(key)));
        reading.to_say.push_back(fmt::format("++{}.{}=", family.root, recipe.name_of(key)));
    }
    w.validation_batch = read_validation(recipe);
}

/// Models beside the trained one.
void read_others(const Recipe& recipe, Reading& reading, const Sources& sources) {
    Workload& w = reading.workload;
    const std::string method = recipe.text(Key::method);
    // Adapters that are switched off are the reference.
    w.reference =
        w.lora.rank == 0 && (is_preference(method) || (recipe.has(Key::reference) && recipe.on(Key::reference)));
    if (method == "gae") w.critic_parameters = parameters_of(recipe.text(Key::critic_name), sources);
}

/// FSDP's shard degree, as the family's program chooses it.
std::int64_t read_shard(const Recipe& recipe, const Family& family, Reading& reading) {
    const Workload& w = reading.workload;
    if (w.assumptions.wrapper == Wrapper::ddp && recipe.has(Key::zero_stage)) return 1;
    const std::string strategy = lower_case(recipe.text(Key::sharding_strategy));
    switch (family.layout) {
        case family::Layout::megatron:
        case family::Layout::neuron: {
            // Over which ranks the distributed optimizer spreads its states.
            reading.shard_follows =
                recipe.on(Key::shard_optimizer) || recipe.text(Key::optimizer).starts_with("distributed");
            return reading.shard_follows ? following_shard(w, reading.world()) : 1;
        }
        case family::Layout::fsdp:
            if (strategy == "no_shard" || (family.shard_may_be_unset && strategy.empty())) return 1;
            break;
        case family::Layout::ranks:
        case family::Layout::none:
            break;
    }
    const std::int64_t given = recipe.integer(Key::shard).value_or(0);
    if (given >= 1) return given;
    if (strategy == "hybrid_shard") return std::max<std::int64_t>(1, reading.devices / (w.tensor * w.expert));
    reading.shard_follows = true;
    return following_shard(w, reading.world());
}

void read_degrees(const Recipe& recipe, const Family& family, Reading& reading) {
    Workload& w = reading.workload;
    w.tensor = recipe.degree(Key::tensor);
    w.context = recipe.degree(Key::context);
    w.expert = recipe.degree(Key::expert);
    w.expert_tensor = recipe.integer(Key::expert_tensor).value_or(0);
    w.pipeline = recipe.degree(Key::pipeline);
    w.virtual_pipeline = recipe.degree(Key::virtual_pipeline);
    // Refused by the layout's rules; here it would only divide by what is not there.
    for (std::int64_t* degree : {&w.tensor, &w.context, &w.expert, &w.pipeline, &w.virtual_pipeline})
        if (*degree > max_dimension) reading.unknown.emplace_back("a parallel degree is beyond reason");
    if (!reading.unknown.empty()) return;
    w.shard = read_shard(recipe, family, reading);
    const auto replicate = replicas(w, reading.world());
    if (replicate)
        w.replicate = *replicate;
    else
        reading.unknown.push_back(fmt::format("its degrees do not divide the world of {} ranks", reading.world()));
}

/// Passes of a step, where these follow from the global batch.
void read_accumulation(const Recipe& recipe, Reading& reading) {
    Workload& w = reading.workload;
    if (recipe.has(Key::accumulation) || recipe.on(Key::packs) || !reading.unknown.empty()) return;
    const std::int64_t groups = std::max<std::int64_t>(1, reading.world() / (w.tensor * w.pipeline * w.context));
    const std::int64_t global = recipe.integer(Key::global_batch).value_or(0);
    w.grad_accum = std::max<std::int64_t>(1, global / groups / (w.micro_batch / (reading.pairs ? 2 : 1)));
}

}  // namespace

std::int64_t following_shard(const Workload& w, std::int64_t world) noexcept {
    // Megatron's experts have a layout of their own.
    const std::int64_t expert = w.assumptions.framework == Framework::megatron ? 1 : w.expert;
    return std::max<std::int64_t>(1, world / (w.tensor * w.pipeline * expert));
}

std::optional<std::int64_t> replicas(const Workload& w, std::int64_t world) {
    const bool megatron = w.assumptions.framework == Framework::megatron;
    // Megatron's distributed optimizer shares out what is replicated anyway.
    const std::int64_t parts = w.tensor * w.pipeline * (megatron ? w.context : w.shard * w.expert);
    if (parts < 1 || world < 1 || world % parts != 0) return std::nullopt;
    return world / parts;
}

Reading read(const Value& root, const Family& family, const hardware::InstanceType* instance, const Sources& sources) {
    const Recipe recipe(root, family);
    Reading reading;
    if (family.memory.empty()) {
        reading.unknown.push_back(fmt::format("how {} uses memory", family.title));
        return reading;
    }
    const Value* accelerator = recipe.at("trainer.accelerator");
    if (accelerator != nullptr && accelerator->as_string() != nullptr && *accelerator->as_string() == "cpu") {
        reading.unknown.emplace_back("what it needs of a host's memory: it trains on CPUs");
        reading.on_cpu = true;
        return reading;
    }
    reading.nodes = recipe.first({"run.nodes", "trainer.num_nodes"}).value_or(1);
    reading.devices =
        recipe.first({"run.ntasks_per_node", "trainer.devices"}).value_or(instance != nullptr ? instance->devices : 1);
    if (reading.nodes < 1 || reading.nodes > max_nodes || reading.devices < 1 || reading.devices > max_devices) {
        reading.unknown.emplace_back("how many ranks there are");
        return reading;
    }

    Workload& w = reading.workload;
    Sized sized = read_shape(recipe, family, sources);
    w.shape = sized.shape;
    reading.shape_from = std::move(sized.from);
    reading.least_parameters = sized.least_parameters;
    if (!sized.unknown.empty()) {
        reading.unknown.push_back(std::move(sized.unknown));
        reading.to_say = std::move(sized.to_say);
    }
    read_batch(recipe, family, reading);
    w.checkpointing = recipe.given(Key::recompute) != nullptr ? recipe.on(Key::recompute)
                                                              : recipe.text(Key::recompute_granularity) == "full";
    w.offload_checkpoints = w.checkpointing && recipe.on(Key::offload_activations);
    // DeepSpeed leaves weights on the devices that its stage leaves on each.
    const bool whole_weights = recipe.has(Key::zero_stage) && recipe.integer(Key::zero_stage).value_or(0) != 3;
    w.offload_parameters = !whole_weights && is_offloaded(recipe, Key::offload_parameters);
    w.offload_optimizer = is_offloaded(recipe, Key::offload_optimizer);
    if (recipe.has(Key::zero_stage) && !recipe.on(Key::precision) && !is_half(recipe))
        reading.unknown.emplace_back(
            "how DeepSpeed holds weights in fp32: neither bf16.enabled nor fp16.enabled is on");
    w.lora = read_lora(recipe);
    // Frameworks keep the experts of a public model in one tensor a layer, which adapters for Linears leave alone.
    w.lora.experts = reading.shape_from.empty();
    read_others(recipe, reading, sources);

    reading.alone = read_assumptions(recipe, family, false, reading.problems);
    Diagnostics again;
    reading.divided = read_assumptions(recipe, family, true, again);
    w.assumptions = reading.assumptions(recipe.degree(Key::tensor));
    w.lora.base_bytes = bytes_of_frozen(w.assumptions);
    read_degrees(recipe, family, reading);
    read_accumulation(recipe, reading);
    const std::string share = recipe.text(Key::rollout_share);
    if (!share.empty())
        reading.beside = fmt::format(
            "the rollout engine's share ({} of the device, {}) comes on top while it is awake; this is the "
            "trained model's",
            share, recipe.name_of(Key::rollout_share));
    return reading;
}

std::optional<double> checkpoint_bytes(const config::Value& root, const family::Families& families,
                                       const Sources& sources) {
    const Reading reading = read(root, families.of(root), nullptr, sources);
    if (!reading.unknown.empty() || !predict(reading.workload)) return std::nullopt;
    return checkpoint_bytes(reading.workload);
}

}  // namespace recipe::memory
