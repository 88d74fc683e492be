// SPDX-License-Identifier: Apache-2.0
// Reads a workload out of a recipe.
#include "memory/reading.hpp"

#include "diagnostic/codes/model.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>

namespace recipe::memory {
namespace {

using config::Value;
using family::Family;
using family::Key;

constexpr std::int64_t max_nodes = 100'000;
constexpr std::int64_t max_devices = 1024;
/// Adapters' rank where a recipe wants some and says none: peft's and the SageMaker adapter's.
constexpr std::int64_t usual_lora_rank = 32;
constexpr double bf16_bytes = 2;
constexpr double fp32_bytes = 4;

class Recipe {
public:
    Recipe(const Value& root, const Family& family) : root_(root), family_(family) {}

    const Value* given(Key key) const {
        const Value* value = family_.has(key) ? family_.value(root_, key) : nullptr;
        return value == nullptr || value->is_null() ? nullptr : value;
    }
    std::optional<std::int64_t> integer(Key key) const {
        const Value* value = given(key);
        return value == nullptr ? std::nullopt : value->as_int();
    }
    std::int64_t degree(Key key) const { return std::max<std::int64_t>(1, integer(key).value_or(1)); }
    bool on(Key key) const {
        const Value* value = given(key);
        if (value == nullptr) return false;
        if (const auto truth = value->as_bool()) return *truth;
        return value->as_int().value_or(0) > 1;
    }
    std::string text(Key key) const {
        const Value* value = given(key);
        return value == nullptr ? std::string() : config::to_python_text(*value);
    }
    /// A key that no family row names; below the family's root.
    const Value* at(std::string_view path) const {
        const Value* value = root_.at(fmt::format("{}.{}", family_.root, path));
        return value == nullptr || value->is_null() ? nullptr : value;
    }
    /// The first of these that is an int.
    std::optional<std::int64_t> first(std::initializer_list<std::string> paths) const {
        for (const std::string& path : paths)
            if (const Value* value = at(path)) return value->as_int();
        return std::nullopt;
    }
    bool has(Key key) const { return family_.has(key); }
    std::string name_of(Key key) const {
        return family_.has(key) ? family_.place(key).paths.front() : fmt::format("the {}", family::name_of(key));
    }

private:
    const Value& root_;
    const Family& family_;
};

struct Needed {
    Key key;
    std::int64_t Shape::* dimension;
};

constexpr std::array<Needed, 5> needed{{{Key::hidden, &Shape::hidden},
                                        {Key::layers, &Shape::layers},
                                        {Key::heads, &Shape::heads},
                                        {Key::ffn, &Shape::ffn},
                                        {Key::vocabulary, &Shape::vocab}}};

constexpr std::array<Key, 7> dimension_keys{Key::hidden,    Key::layers, Key::heads,     Key::kv_heads,
                                            Key::head_size, Key::ffn,    Key::vocabulary};

/// What the model's own files say, not the recipe, its `memory` section may say: memory.vocabulary.
std::int64_t dimension(const Recipe& recipe, Key key) {
    if (const auto given = recipe.integer(key)) return *given;
    return recipe.first({fmt::format("memory.{}", family::name_of(key))}).value_or(0);
}

Shape read_shape(const Recipe& recipe, const Family& family, std::vector<std::string>& missing,
                 std::vector<std::string>& spellings) {
    Shape shape;
    for (const Needed& row : needed) {
        shape.*row.dimension = dimension(recipe, row.key);
        if (shape.*row.dimension >= 1) continue;
        missing.push_back(recipe.name_of(row.key));
        spellings.push_back(fmt::format("++{}.memory.{}=", family.root, family::name_of(row.key)));
    }
    const std::int64_t kv_heads = dimension(recipe, Key::kv_heads);
    shape.kv_heads = kv_heads > 0 ? kv_heads : shape.heads;
    const std::int64_t head_dim = dimension(recipe, Key::head_size);
    shape.head_dim = head_dim > 0 ? head_dim : shape.heads > 0 ? shape.hidden / shape.heads : 0;
    shape.tied_embeddings = recipe.on(Key::tied_embeddings);
    // Without a switch, the experts' number is the switch.
    const bool moe =
        recipe.given(Key::moe) != nullptr ? recipe.on(Key::moe) : recipe.integer(Key::experts).value_or(0) > 1;
    if (moe) {
        shape.experts = recipe.integer(Key::experts).value_or(0);
        shape.experts_per_token = recipe.integer(Key::experts_per_token).value_or(2);
        if (shape.experts < 1) missing.push_back(recipe.name_of(Key::experts));
        shape.ffn = recipe.integer(Key::expert_ffn).value_or(shape.ffn);
    }
    return shape;
}

Lora read_lora(const Recipe& recipe) {
    const std::string kind = recipe.text(Key::peft);
    const std::int64_t rank = recipe.integer(Key::lora_rank).value_or(0);
    // Families that spell it as a rank alone have no `peft` key at all.
    if (kind.empty() && (rank == 0 || recipe.has(Key::peft))) return {};
    return {.rank = rank > 0 ? rank : usual_lora_rank,
            .all_linear = true,
            .fp32_adapters = true,
            .autocast = true,
            // NF4 with double quantization: 4 bits and 0.127 of constants (arXiv:2305.14314, section 3).
            .base_bytes = kind.starts_with("qlora") || kind.contains("4bit") ? 4.127 / 8 : bf16_bytes};
}

bool is_fp32(std::string_view precision) {
    constexpr std::array<std::string_view, 5> words{"32", "32-true", "fp32", "float32", "fp32-true"};
    return std::ranges::find(words, precision) != words.end();
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
    if (recipe.on(Key::sequence_parallel)) a.sequence_parallel = divided;
    if (is_fp32(recipe.text(Key::precision))) a.precision = Precision::fp32;
    if (const Value* section = recipe.at("memory")) {
        for (const config::Entry& entry : section->entries()) {
            const std::string name = config::to_python_text(entry.key);
            std::string value = config::to_python_text(entry.value);
            if (entry.value.as_bool()) value = *entry.value.as_bool() ? "true" : "false";
            const bool a_dimension =
                std::ranges::any_of(dimension_keys, [&](Key key) { return family::name_of(key) == name; });
            if (!a_dimension && !set_assumption(a, name, value))
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

/// FSDP's shard degree, as the family's program chooses it.
std::int64_t read_shard(const Recipe& recipe, const Family& family, const Workload& w, std::int64_t devices,
                        std::int64_t world) {
    const std::string strategy = recipe.text(Key::sharding_strategy);
    const std::int64_t rest = std::max<std::int64_t>(1, world / (w.tensor * w.pipeline * w.expert));
    switch (family.layout) {
        case family::Layout::megatron:
        case family::Layout::neuron: {
            // Over which ranks the distributed optimizer spreads its states.
            const bool spread =
                recipe.on(Key::shard_optimizer) || recipe.text(Key::optimizer).starts_with("distributed");
            return spread ? rest : 1;
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
    if (strategy == "hybrid_shard") return std::max<std::int64_t>(1, devices / (w.tensor * w.expert));
    return rest;
}

void read_degrees(const Recipe& recipe, const Family& family, Reading& reading) {
    Workload& w = reading.workload;
    w.tensor = recipe.degree(Key::tensor);
    w.context = recipe.degree(Key::context);
    w.expert = recipe.degree(Key::expert);
    w.pipeline = recipe.degree(Key::pipeline);
    w.virtual_pipeline = recipe.degree(Key::virtual_pipeline);
    // Refused by the layout's rules; here it would only divide by what is not there.
    for (std::int64_t* degree : {&w.tensor, &w.context, &w.expert, &w.pipeline, &w.virtual_pipeline})
        if (*degree > max_dimension) reading.unknown.emplace_back("a parallel degree is beyond reason");
    if (!reading.unknown.empty()) return;
    w.shard = read_shard(recipe, family, w, reading.devices, reading.world());
    const auto replicate = replicas(w, reading.world());
    if (replicate)
        w.replicate = *replicate;
    else
        reading.unknown.push_back(fmt::format("its degrees do not divide the world of {} ranks", reading.world()));
}

/// Passes of a step, where these follow from the global batch.
void read_accumulation(const Recipe& recipe, Reading& reading) {
    Workload& w = reading.workload;
    if (recipe.has(Key::accumulation) || !reading.unknown.empty()) return;
    const std::int64_t groups = std::max<std::int64_t>(1, reading.world() / (w.tensor * w.pipeline * w.context));
    const std::int64_t global = recipe.integer(Key::global_batch).value_or(0);
    w.grad_accum = std::max<std::int64_t>(1, global / groups / w.micro_batch);
}

}  // namespace

std::optional<std::int64_t> replicas(const Workload& w, std::int64_t world) {
    const bool megatron = w.assumptions.framework == Framework::megatron;
    // Megatron's distributed optimizer shares out what is replicated anyway.
    const std::int64_t parts = w.tensor * w.pipeline * (megatron ? w.context : w.shard * w.expert);
    if (parts < 1 || world < 1 || world % parts != 0) return std::nullopt;
    return world / parts;
}

Reading read(const Value& root, const Family& family, const hardware::InstanceType* instance) {
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

    std::vector<std::string> missing;
    std::vector<std::string> spellings;
    Workload& w = reading.workload;
    w.shape = read_shape(recipe, family, missing, spellings);
    w.sequence = recipe.integer(Key::sequence_length).value_or(0);
    if (w.sequence < 1) missing.push_back(recipe.name_of(Key::sequence_length));
    w.micro_batch = recipe.degree(Key::micro_batch);
    w.grad_accum = recipe.degree(Key::accumulation);
    w.validation_batch = read_validation(recipe);
    w.checkpointing = recipe.given(Key::recompute) != nullptr ? recipe.on(Key::recompute)
                                                              : recipe.text(Key::recompute_granularity) == "full";
    w.offload_checkpoints = w.checkpointing && recipe.on(Key::offload_activations);
    w.lora = read_lora(recipe);
    if (!missing.empty()) {
        reading.unknown.push_back(
            fmt::format("the model's size: the recipe does not say {} (its section `memory` may: {})",
                        fmt::join(missing, ", "), fmt::join(spellings, " ")));
        reading.to_say = spellings;
    }

    reading.alone = read_assumptions(recipe, family, false, reading.problems);
    Diagnostics again;
    reading.divided = read_assumptions(recipe, family, true, again);
    w.assumptions = reading.assumptions(recipe.degree(Key::tensor));
    if (w.assumptions.precision == Precision::fp32 && w.lora.base_bytes == bf16_bytes) w.lora.base_bytes = fp32_bytes;
    read_degrees(recipe, family, reading);
    read_accumulation(recipe, reading);
    return reading;
}

std::optional<double> checkpoint_bytes(const config::Value& root, const family::Families& families) {
    const Reading reading = read(root, families.of(root), nullptr);
    if (!reading.unknown.empty() || !predict(reading.workload)) return std::nullopt;
    return checkpoint_bytes(reading.workload);
}

}  // namespace recipe::memory
