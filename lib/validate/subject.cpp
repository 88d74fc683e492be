// SPDX-License-Identifier: Apache-2.0
// Reads from a configuration what the rules check.
#include "validate/subject.hpp"

#include "config/yaml/yaml.hpp"
#include "models/models.hpp"
#include "validate/rule.hpp"

#include <fmt/format.h>

namespace recipe::validate {
namespace {

using family::Key;

void judge(Number& number) {
    const config::Integer* integer = number.found.value->as_integer();
    if (integer == nullptr) {
        number.state = Number::State::wrong_type;
        return;
    }
    const auto value = integer->to_int64();
    number.state = value && *value >= 1 && *value <= number.most ? Number::State::good : Number::State::out_of_range;
    if (number.state == Number::State::good) number.number = *value;
}

}  // namespace

Subject::Subject(const config::Value& configuration, const CheckContext& against)
    : root(configuration),
      catalogue(against.hardware),
      host(against.host),
      models(against.models),
      program_keys(against.program_keys),
      family(against.families.of(root)),
      wanted(read_wanted()) {
    instance_key = {.path = "instance_type", .key = "instance_type", .value = root.find("instance_type")};
    if (instance_key.given()) {
        const std::string name = config::to_python_text(*instance_key.value);
        if (!name.empty()) instance_type = hardware::canonical_instance_name(name);
    }
    if (instance_type) instance = catalogue.instance(*instance_type);
    if (instance != nullptr) accelerator = catalogue.accelerator(instance->accelerator);
    if (accelerator == nullptr) instance = nullptr;
    node_devices = read_node_devices();

    // The launcher's order: what `run` says comes before what `trainer` says.
    nodes = number({"run.nodes", "trainer.num_nodes"}, max_nodes);
    devices = read_devices();
    tensor = number(Key::tensor, max_degree);
    // Where it counts from -1, there are rules of its own.
    if (family.layout == family::Layout::fsdp) shard = number(Key::shard, max_degree);
    expert = number(Key::expert, max_degree);
    context = number(Key::context, max_degree);
    pipeline = number(Key::pipeline, max_degree);
    virtual_pipeline = number(Key::virtual_pipeline, max_degree);
    kv_replicator = number(Key::kv_replicator, max_degree);
    sequence = number(Key::sequence_length, max_size);
    micro_batch = number(Key::micro_batch, max_size);
    global_batch = number(Key::global_batch, max_size);
    layers = number(Key::layers, max_size);
    attention_heads = number(Key::heads, max_size);
    key_value_heads = number(Key::kv_heads, max_size);
    vocabulary = number(Key::vocabulary, max_size);
    experts = number(Key::experts, max_size);
    // no_shard keeps a whole copy on every rank. SageMaker's adapter demands divisibility by shard_degree all the same.
    if (family.shard_may_be_unset) {
        const Found strategy = find(Key::sharding_strategy);
        const std::string* name = strategy.given() ? strategy.value->as_string() : nullptr;
        if (name != nullptr && *name == "no_shard" && shard.usable()) shard = Number{.found = shard.found};
    }
    const auto if_known = [](const Number& number) { return number.known() ? number.number : 0; };
    heads = {.attention = if_known(attention_heads), .key_value = if_known(key_value_heads)};
    // Where degrees split them, and only there: files are read for it.
    const bool split = family.layout == family::Layout::neuron ||
                       (family.layout == family::Layout::ranks && context.usable() && context.number > 1);
    if (heads.attention == 0 && split) heads = heads_of_model_config();
    if (heads.attention == 0 && split) heads = heads_of_model_name();
    // Where Ulysses is not given, the ring's degree is the family's context-parallel one.
    if (family.layout == family::Layout::ranks) {
        ring = number({"training_config.training_args.ring_attn_size"}, max_degree);
        if (ring.found.path == context.found.path) ring = Number{.found = ring.found};
    }
    layout = {.nodes = nodes.number, .devices_per_node = devices.number};
    layout_known = nodes.usable() && devices.usable();
    if (family.layout == family::Layout::fsdp) {
        layout.tensor = tensor.number;
        layout.shard = shard.number;
        layout.expert = expert.number;
        layout.context = context.number;
        layout_known = layout_known && tensor.usable() && shard.usable() && expert.usable() && context.usable();
    }
}

Found Subject::find(std::string_view path) const {
    return found_at(fmt::format("{}.{}", family.root, path));
}

Found Subject::find(Key key) const {
    return found_at(family.path(root, key));
}

Found Subject::found_at(std::string path) const {
    Found found{.path = std::move(path)};
    found.value = root.at(found.path);
    found.key = config::typed_key(root, found.path);
    return found;
}

std::string Subject::set(const Found& found, std::string_view value) const {
    if (found.value == nullptr) return fmt::format("--recipe-set=++{}={}", found.path, value);
    return fmt::format("--recipe-set={}={}", found.key, value);
}

std::string Subject::describe_accelerator() const {
    if (!accelerator->compute_capability) return fmt::format("{} ({})", accelerator->name, instance->name);
    return fmt::format("{} ({}, compute capability {})", accelerator->name, instance->name,
                       hardware::compute_capability_text(*accelerator->compute_capability));
}

Number Subject::number(std::initializer_list<std::string_view> paths, std::int64_t most) const {
    Number number{.most = most};
    for (const std::string_view path : paths) {
        if (path.empty()) continue;
        number.found = find(path);
        if (!number.found.given()) continue;
        judge(number);
        break;
    }
    return number;
}

Number Subject::read_devices() const {
    Number number = this->number({"run.ntasks_per_node", "trainer.devices"}, max_devices_per_node);
    // Unset and "auto" (Lightning, torchrun) both mean all devices of a node.
    const std::string* text = number.found.given() ? number.found.value->as_string() : nullptr;
    const bool all = number.state == Number::State::unset || (text != nullptr && *text == "auto");
    if (all && on_known_devices()) {
        number.number = node_devices;
        number.state = Number::State::good;
    }
    return number;
}

Wanted Subject::read_wanted() const {
    const Wanted by_family = family.devices == family::Devices::gpu      ? Wanted::gpu
                             : family.devices == family::Devices::neuron ? Wanted::neuron
                                                                         : Wanted::any;
    const Found accelerator_key = find("trainer.accelerator");
    const std::string* name = accelerator_key.given() ? accelerator_key.value->as_string() : nullptr;
    if (name == nullptr) return by_family;
    if (*name == "cpu") return Wanted::cpu;
    if (*name == "gpu" || *name == "cuda") return Wanted::gpu;
    if (*name == "neuron" || *name == "trainium" || *name == "trn" || *name == "xla") return Wanted::neuron;
    return by_family;
}

Number Subject::number(Key key, std::int64_t most) const {
    Number number{.most = most};
    if (!family.has(key)) return number;
    number.found = find(key);
    if (const auto otherwise = family.place(key).otherwise.as_int(); otherwise && *otherwise >= 1) {
        number.number = *otherwise;
        number.has_default = true;
    }
    if (!number.found.given()) return number;
    // To be made of the others by Hugging Face's Trainer.
    const std::string* word = number.found.value->as_string();
    if (word != nullptr && *word == "auto" && family.has(Key::zero_stage)) return number;
    judge(number);
    // The numbers that only programs read: SageMaker's adapter takes "8" and 8.0 for 8.
    if (number.state == Number::State::wrong_type) {
        if (const auto meant = coerce_int(*number.found.value, most)) {
            number.number = *meant;
            number.state = Number::State::good;
            number.lenient = true;
        }
    }
    return number;
}

/// Logical NeuronCores of a Trainium2 are two physical ones unless NEURON_LOGICAL_NC_CONFIG says 1 (AWS Neuron, Logical
/// NeuronCore configuration).
std::int64_t Subject::read_node_devices() const {
    if (instance == nullptr) return 0;
    if (accelerator->cores <= accelerator->ranks) return instance->devices;
    const config::Value* setting = root.at("env_vars.NEURON_LOGICAL_NC_CONFIG");
    if (setting == nullptr) setting = root.at("env_vars.NEURON_RT_VIRTUAL_CORE_SIZE");
    if (setting == nullptr || config::to_python_text(*setting) != "1") return instance->devices;
    return std::int64_t{instance->devices} * accelerator->cores / accelerator->ranks;
}

/// neuronx-distributed-training leaves the model's shape to a config.json that the recipe names.
Heads Subject::heads_of_model_config() const {
    const Found named = find(Key::model_name);
    const std::string* path = named.given() ? named.value->as_string() : nullptr;
    if (host == nullptr || path == nullptr || !path->starts_with('/')) return heads;
    std::string file = *path;
    if (!host->access(file).is_file) file += "/config.json";
    const storage::Access found = host->access(file);
    if (!found.is_file || found.read_error != 0) return heads;
    const Expected<config::Value> shape = config::load_yaml(file);
    if (!shape || !shape->is_map()) return heads;
    const auto count = [&](const char* key) -> std::int64_t {
        const config::Value* value = shape->find(key);
        const auto given = value != nullptr ? value->as_int().value_or(0) : 0;
        return given >= 1 && given <= max_size ? given : 0;
    };
    return {.attention = count("num_attention_heads"),
            .key_value = heads.key_value != 0 ? heads.key_value : count("num_key_value_heads")};
}

/// Of a public model that the recipe names by its hub id, or by a directory of that name. Latent attention has no
/// key-value heads to be split.
Heads Subject::heads_of_model_name() const {
    static const models::Catalogue installed;
    const Found named = find(Key::model_name);
    const std::string* name = named.given() ? named.value->as_string() : nullptr;
    const models::Model* model = name != nullptr ? (models != nullptr ? models : &installed)->find(*name) : nullptr;
    if (model == nullptr || model->heads < 1) return heads;
    const std::int64_t key_value = model->kv_lora_rank > 0 ? 0 : model->kv_heads > 0 ? model->kv_heads : model->heads;
    return {.attention = model->heads, .key_value = heads.key_value != 0 ? heads.key_value : key_value};
}

bool Subject::runs_our_trainer() const {
    return family.program == "slurm-recipe";  // keys.yaml beside it
}

bool Subject::is_on(Key key) const {
    const config::Value* value = effective(key);
    return value != nullptr && parse_bool(*value);
}

std::int64_t Subject::data_parallel() const noexcept {
    if (!layout_known || !context.usable()) return 0;
    std::int64_t copy = context.number;
    if (family.layout == family::Layout::megatron || family.layout == family::Layout::neuron) {
        if (!tensor.usable() || !pipeline.usable()) return 0;
        copy *= tensor.number * pipeline.number;  // at most 10^18
    } else if (family.layout == family::Layout::ranks) {
        copy *= ring.number;
    } else {
        return 0;
    }
    return layout.world() % copy == 0 ? layout.world() / copy : 0;
}

}  // namespace recipe::validate
