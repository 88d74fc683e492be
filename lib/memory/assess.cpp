// SPDX-License-Identifier: Apache-2.0
// Compares a peak with a device's memory.
#include "memory/search.hpp"

#include "diagnostic/codes/model.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <cmath>

namespace recipe::memory {
namespace {

using family::Family;
using family::Key;

constexpr double GiB = 1024.0 * 1024.0 * 1024.0;
constexpr std::size_t max_suggestions = 5;

std::string gib(double bytes) {
    return fmt::format("{:.1f} GiB", bytes / GiB);
}

/// As a user types it: without `recipes.`, which an override may leave out.
std::string typed(const config::Value& root, const Family& family, Key key) {
    if (!family.has(key)) return {};
    const std::string path = family.path(root, key);
    return root.at(path) != nullptr ? config::typed_key(root, path) : "++" + path;
}

Knobs knobs_of(const config::Value& root, const Family& family, const Workload& w) {
    Knobs knobs{.validation_batch = typed(root, family, Key::validation_batch),
                .tensor = typed(root, family, Key::tensor),
                .shard = typed(root, family, Key::shard),
                .micro_batch = typed(root, family, Key::micro_batch),
                .checkpointing = family.has(Key::recompute) ? typed(root, family, Key::recompute) : std::string(),
                .nodes = "trainer.num_nodes"};
    if (const config::Value* nodes = root.at("recipes.run.nodes"); nodes != nullptr && !nodes->is_null())
        knobs.nodes = "run.nodes";
    else if (root.at("recipes.trainer.num_nodes") == nullptr)
        knobs.nodes.clear();
    // verl counts its nodes itself.
    const std::string again = config::full_key(root, "training_config.trainer.nnodes");
    if (!knobs.nodes.empty() && root.at(again) != nullptr) knobs.nodes_again = config::typed_key(root, again);
    const config::Value* strategy =
        family.has(Key::sharding_strategy) ? family.value(root, Key::sharding_strategy) : nullptr;
    const bool off = strategy == nullptr || strategy->is_null() || config::to_python_text(*strategy) == "no_shard";
    if (family.has(Key::sharding_strategy) && off)
        knobs.shard_also = typed(root, family, Key::sharding_strategy) + "=hybrid_shard";
    if (strategy != nullptr && !family.has(Key::shard) && config::to_python_text(*strategy) == "HYBRID_SHARD")
        knobs.shard_all = typed(root, family, Key::sharding_strategy) + "=FULL_SHARD";
    // Adapters are not divided by the PyTorch families' tensor parallelism.
    if (w.lora.rank > 0 || w.shape.experts > 0) knobs.tensor.clear();
    return knobs;
}

/// "p5.48xlarge", not "dgx-h100": a type that a cloud has for the asking.
bool in_a_cloud(std::string_view name) {
    return name.contains('.');
}

/// Machines with as many devices of the same kind, or as the recipe asks for if that is more, and as easy to get.
std::vector<Machine> machines_like(const hardware::InstanceType& instance, const hardware::Accelerator& accelerator,
                                   std::int64_t asked_for, const hardware::Catalogue& catalogue) {
    const std::int64_t devices = std::max<std::int64_t>(instance.devices, asked_for);
    std::vector<Machine> machines;
    for (const hardware::InstanceType* other : catalogue.instances()) {
        if (in_a_cloud(other->name) != in_a_cloud(instance.name) || other->devices != devices) continue;
        const hardware::Accelerator* device = catalogue.accelerator(other->accelerator);
        if (device == nullptr || device->kind_name != accelerator.kind_name) continue;
        machines.push_back({.name = std::string(other->name), .usable_bytes = usable_per_rank(*device)});
    }
    return machines;
}

std::string fix_of(const Assessment& a) {
    if (a.suggestions.empty()) return {};
    std::string fix;
    for (const std::string& set : a.suggestions.front().set)
        fix += fmt::format("{}--recipe-set={}", fix.empty() ? "" : " ", set);
    return fix;
}

/// Whether one of these does on as many nodes of the same kind.
bool some_keep(const std::vector<Suggestion>& suggestions, const std::string& nodes) {
    const auto buys = [&](const std::string& set) {
        return set.starts_with(nodes + "=") || set.starts_with("instance_type=");
    };
    return std::ranges::any_of(suggestions, [&](const Suggestion& s) { return std::ranges::none_of(s.set, buys); });
}

/// Of so many nodes that more of them are no advice.
constexpr std::int64_t many_times = 8;

bool one_key_does(const std::vector<Suggestion>& suggestions) {
    return std::ranges::any_of(suggestions, [](const Suggestion& s) { return s.set.size() == 1; });
}

/// The fewest nodes that would do; where these are many, what they do not divide.
std::string of_nodes(const Assessment& a, std::int64_t nodes) {
    std::string text = fmt::format("; {} nodes are the fewest that would do", a.least_nodes);
    if (a.least_nodes <= many_times * nodes) return text;
    constexpr std::array<std::string_view, 6> divided{"parameters",  "optimizer_states", "gradients",
                                                      "ddp_buckets", "reference",        "critic"};
    Part largest;
    for (const Part& part : a.prediction->peak_moment().parts)
        if (std::ranges::count(divided, part.name) == 0 && part.bytes > largest.bytes) largest = part;
    return text + fmt::format(
                      ", since more of them divide none of its {} of {}: shorter sequences, smaller batches or "
                      "larger devices do more",
                      gib(largest.bytes), largest.name);
}

Diagnostic verdict_diagnostic(const config::Value& root, const Assessment& a, std::int64_t nodes) {
    const Moment& moment = a.prediction->peak_moment();
    const Part* largest = &moment.parts.front();
    for (const Part& part : moment.parts)
        if (part.bytes > largest->bytes) largest = &part;
    const std::string on =
        fmt::format("{} of {} has {} for it", a.accelerator->name, a.instance->name, gib(a.limit_bytes()));
    const bool refuse = a.verdict == Verdict::does_not_fit;
    std::string message = fmt::format("a rank needs {} at its peak ({} of it {}), and each {}",
                                      gib(a.prediction->peak_bytes), gib(largest->bytes), largest->name, on);
    if (a.prediction->low_bytes != a.prediction->peak_bytes)
        message += fmt::format("; {} to {} with what is not known of {}", gib(a.prediction->low_bytes),
                               gib(a.prediction->high_bytes), a.family->title);
    if (!refuse) message += ": it may or may not fit";
    if (!a.beside.empty()) message += fmt::format("; {}", a.beside);
    if (refuse && a.least_nodes > 0) message += of_nodes(a, nodes);
    if (refuse && !a.suggestions.empty())
        message += fmt::format("; with the fix it needs {}", gib(a.suggestions.front().peak_bytes));
    const config::Value* instance = root.find("instance_type");
    return {.code = refuse ? codes::memory.does_not_fit : codes::memory.tight,
            .key = "instance_type",
            .source = instance != nullptr ? instance->position().source() : Source(),
            .message = std::move(message),
            .fix = refuse ? fix_of(a) : std::string()};
}

/// What the recipe would have to say, if it is that.
std::string fix_of(const Reading& reading) {
    std::string fix;
    for (const std::string& key : reading.to_say)
        fix += fmt::format("{}--recipe-set='{}…'", fix.empty() ? "" : " ", key);
    return fix;
}

/// What the parameters alone take, where no more than their number is known: the weights, and, where they are trained,
/// a gradient and two states of each, all in 16 bits, divided over all ranks. [Z]
double least_bytes(const Reading& reading) {
    const Workload& w = reading.workload;
    if (!reading.least_parameters || w.offload_parameters) return 0;
    const double each = w.lora.rank > 0 ? w.lora.base_bytes : w.offload_optimizer ? 4 : 8;
    return each * static_cast<double>(*reading.least_parameters) / static_cast<double>(reading.world());
}

/// Of a model of which only the name is known, and which no device of the recipe's can hold its part of.
std::optional<Diagnostic> hopeless_diagnostic(const config::Value& root, const Assessment& a, const Reading& reading) {
    const double least = least_bytes(reading);
    const double limit = a.usable_bytes - context_bytes;
    if (least <= limit) return std::nullopt;
    const auto nodes = static_cast<std::int64_t>(std::ceil(static_cast<double>(reading.nodes) * least / limit));
    const Knobs knobs = knobs_of(root, *a.family, reading.workload);
    const bool settable = !knobs.nodes.empty() && nodes <= max_dimension;
    std::string fix = settable ? fmt::format("--recipe-set={}={}", knobs.nodes, nodes) : std::string();
    if (settable && !knobs.nodes_again.empty()) fix += fmt::format(" --recipe-set={}={}", knobs.nodes_again, nodes);
    const config::Value* instance = root.find("instance_type");
    return Diagnostic{
        .code = codes::memory.does_not_fit,
        .key = "instance_type",
        .source = instance != nullptr ? instance->position().source() : Source(),
        .message = fmt::format("the {:.3g} billion parameters that the model's name speaks of take {} of a "
                               "rank at the very least, and each {} of {} has {}; {} nodes are the fewest "
                               "that could do",
                               static_cast<double>(*reading.least_parameters) / 1e9, gib(least), a.accelerator->name,
                               a.instance->name, gib(limit), nodes),
        .fix = std::move(fix)};
}

Diagnostic unknown_diagnostic(const config::Value& root, const Assessment& a, const Reading& reading) {
    const config::Value* instance = root.find("instance_type");
    return {.code = codes::memory.unknown,
            .key = "instance_type",
            .source = instance != nullptr ? instance->position().source() : Source(),
            .message = fmt::format("whether it fits the memory of {} was not looked at; not known: {}",
                                   a.accelerator->name, fmt::join(a.unknown, "; ")),
            .fix = fix_of(reading)};
}

}  // namespace

double usable_per_rank(const hardware::Accelerator& accelerator) noexcept {
    if (accelerator.usable_gib) return *accelerator.usable_gib * GiB / accelerator.ranks;
    return accelerator.memory_gib * GiB / accelerator.ranks;
}

Assessment assess(const config::Value& root, const hardware::Catalogue& catalogue, const family::Families& families,
                  const Sources& sources) {
    Assessment a;
    a.family = &families.of(root);
    if (const config::Value* name = root.find("instance_type"); name != nullptr && !name->is_null()) {
        const std::string text = config::to_python_text(*name);
        a.instance = catalogue.instance(text);
        if (a.instance == nullptr)
            a.unknown.push_back(fmt::format("the instance type {}", text));
        else
            a.accelerator = catalogue.accelerator(a.instance->accelerator);
    } else {
        a.unknown.emplace_back("the devices: the recipe names no instance_type");
    }
    Reading reading = read(root, *a.family, a.instance, sources);
    a.shape_from = reading.shape_from;
    a.beside = reading.beside;
    a.unknown.insert(a.unknown.end(), reading.unknown.begin(), reading.unknown.end());
    append(a.diagnostics, std::move(reading.problems));
    if (has_errors(a.diagnostics)) return a;
    if (reading.unknown.empty()) {
        a.workload = reading.workload;
        a.prediction = predict(reading.workload);
        if (!a.prediction) a.unknown.emplace_back("a model of such numbers");
    }
    if (!a.prediction) {
        if (a.accelerator == nullptr || reading.on_cpu) return a;
        a.usable_bytes = usable_per_rank(*a.accelerator);
        if (auto hopeless = hopeless_diagnostic(root, a, reading)) {
            a.verdict = Verdict::does_not_fit;
            a.diagnostics.push_back(std::move(*hopeless));
        } else {
            a.diagnostics.push_back(unknown_diagnostic(root, a, reading));
        }
        return a;
    }
    a.outside_bytes = outside_allocator_bytes(a.workload);
    if (a.accelerator == nullptr) return a;

    a.usable_bytes = usable_per_rank(*a.accelerator);
    a.verdict = judge(*a.prediction, a.limit_bytes());
    if (a.verdict == Verdict::fits) return a;
    if (a.verdict == Verdict::does_not_fit) {
        // Devices that the machine does not have: no change of the layout helps.
        Knobs knobs = reading.devices > a.instance->devices ? Knobs{} : knobs_of(root, *a.family, a.workload);
        if (reading.pairs) knobs.micro_batch.clear();
        a.suggestions = search(reading, knobs, a.usable_bytes,
                               machines_like(*a.instance, *a.accelerator, reading.devices, catalogue), max_suggestions);
        // How many nodes it takes is looked for only where no change of the layout helps.
        auto fewest =
            some_keep(a.suggestions, knobs.nodes) ? std::nullopt : fewest_nodes(reading, knobs, a.usable_bytes);
        if (fewest) {
            const bool better = fewest->nodes > many_times * reading.nodes && one_key_does(a.suggestions);
            if (fewest->nodes > reading.nodes && !better) a.least_nodes = fewest->nodes;
            if (a.suggestions.empty()) a.suggestions.push_back(std::move(fewest->suggestion));
        }
    }
    a.diagnostics.push_back(verdict_diagnostic(root, a, reading.nodes));
    return a;
}

}  // namespace recipe::memory
