#include "validate/subject.hpp"

#include <fmt/format.h>

namespace recipe::validate {
namespace {

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

Subject::Subject(const config::Resolved& resolved, const hardware::Catalogue& hardware_catalogue)
    : root(resolved.root), catalogue(hardware_catalogue), family(family_of(root)), wanted(read_wanted()) {
    instance_key = {.path = "instance_type", .key = "instance_type", .value = root.find("instance_type")};
    if (instance_key.given()) {
        const std::string name = config::to_python_text(*instance_key.value);
        if (!name.empty()) instance_type = hardware::canonical_instance_name(name);
    }
    if (instance_type) instance = catalogue.instance(*instance_type);
    if (instance != nullptr) accelerator = catalogue.accelerator(instance->accelerator);
    if (accelerator == nullptr) instance = nullptr;

    // The launcher's order: what `run` says comes before what `trainer` says.
    nodes = number({"run.nodes", "trainer.num_nodes"}, max_nodes);
    devices = read_devices();
    tensor = number({family.tensor}, max_degree);
    shard = number({family.shard}, max_degree);
    expert = number({family.expert}, max_degree);
    context = number({family.context}, max_degree);
    // no_shard keeps a whole copy on every rank. SageMaker's adapter demands divisibility by shard_degree all the same.
    if (family.family == Family::torch) {
        const Found strategy = find("model.sharding_strategy");
        const std::string* name = strategy.given() ? strategy.value->as_string() : nullptr;
        if (name != nullptr && *name == "no_shard" && shard.usable()) shard = Number{.found = shard.found};
    }
    heads = {.attention = read_heads(family.attention_heads), .key_value = read_heads(family.key_value_heads)};
    layout = {.nodes = nodes.number,
              .devices_per_node = devices.number,
              .tensor = tensor.number,
              .shard = shard.number,
              .expert = expert.number,
              .context = context.number};
    layout_known =
        nodes.usable() && devices.usable() && tensor.usable() && shard.usable() && expert.usable() && context.usable();
}

Found Subject::find(std::string_view path) const {
    const bool custom = family.family == Family::custom;
    Found found{.path = fmt::format("{}.{}", custom ? "training_cfg" : "recipes", path)};
    found.value = root.at(found.path);
    // An override without a prefix reaches below `recipes` only what it does not reach from the root.
    found.key = custom || root.at(path) != nullptr ? found.path : std::string(path);
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
        number.number = instance->devices;
        number.state = Number::State::good;
    }
    return number;
}

Wanted Subject::read_wanted() const {
    const Found accelerator_key = find("trainer.accelerator");
    const std::string* name = accelerator_key.given() ? accelerator_key.value->as_string() : nullptr;
    if (name == nullptr) return family.wanted;
    if (*name == "cpu") return Wanted::cpu;
    if (*name == "gpu" || *name == "cuda") return Wanted::gpu;
    if (*name == "neuron" || *name == "trainium" || *name == "trn" || *name == "xla") return Wanted::neuron;
    return family.wanted;
}

std::int64_t Subject::read_heads(std::string_view path) const {
    if (path.empty()) return 0;
    const Found found = find(path);
    const auto number = found.given() ? found.value->as_int() : std::nullopt;
    return number && *number >= 1 ? *number : 0;
}

}  // namespace recipe::validate
