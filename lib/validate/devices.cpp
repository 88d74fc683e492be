// SPDX-License-Identifier: Apache-2.0
// Numbers of nodes and devices, and what the instance type has of them.
#include "validate/rule.hpp"

#include "diagnostic/codes/layout.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>

namespace recipe::validate {
namespace {

bool always(const Subject&) {
    return true;
}

Findings type(const Subject& s) {
    return wrong_types(s, {&s.nodes, &s.devices});
}

Findings range(const Subject& s) {
    return wrong_ranges({&s.nodes, &s.devices});
}

bool unset_applies(const Subject& s) {
    return s.devices.state == Number::State::unset && s.wanted != Wanted::cpu &&
           s.family.layout != family::Layout::none;
}

Findings unset(const Subject& s) {
    return {
        {.at = s.devices.found,
         .message = fmt::format("{} is not set and the instance type is not known, so that one process starts per node",
                                s.devices.found.key),
         .fix = {}}};
}

bool unknown_instance_applies(const Subject& s) {
    return s.instance_type && s.instance == nullptr && s.wanted != Wanted::cpu;
}

Findings unknown_instance(const Subject& s) {
    const auto [accelerator, names] = hardware::candidates_for(s.catalogue, *s.instance_type);
    std::string message =
        fmt::format("the instance type {} is not in the hardware catalogue, so that nothing is checked against it",
                    truncate(*s.instance_key.value));
    if (!accelerator.empty() && names.empty())
        message += fmt::format("; it is the name of an accelerator, {}", accelerator);
    else if (!accelerator.empty())
        message += fmt::format("; machines with such an accelerator: {}", fmt::join(names, ", "));
    else if (!names.empty())
        message += fmt::format("; did you mean {}?", fmt::join(names, " or "));
    return {{.at = s.instance_key,
             .message = std::move(message),
             .fix = names.empty() ? std::string() : s.set(s.instance_key, names.front())}};
}

/// Sets all devices of the instance, and the nodes that keep the world or, where the world does not divide by them, the
/// next larger one that the layout allows. Empty: no number of nodes does.
std::string use_whole_nodes(const Subject& s) {
    const std::int64_t devices = s.devices_of_node();
    std::string fix = s.set(s.devices.found, std::to_string(devices));
    if (!s.layout_known) return fix;
    const Layout& layout = s.layout;
    // Degrees that do not fit the world as it is have a diagnostic of their own and must not drive the nodes up.
    const Layout degrees = world_divides(layout) ? layout : Layout{};
    const auto nodes = nodes_for(degrees, layout.world(), devices);
    if (!nodes) return {};
    if (*nodes != layout.nodes) fix += ' ' + s.set(s.nodes.found, std::to_string(*nodes));
    return fix;
}

bool exceeds_applies(const Subject& s) {
    return s.on_known_devices() && s.devices.state == Number::State::good && s.devices.number > s.devices_of_node();
}

Findings exceeds(const Subject& s) {
    return {{.at = s.devices.found,
             .message = fmt::format("{} is {}, but {} has {} {}", s.devices.found.key, s.devices.number,
                                    s.instance->name, s.devices_of_node(),
                                    s.accelerator->kind == hardware::DeviceKind::gpu
                                        ? fmt::format("× {}", s.accelerator->name)
                                        : fmt::format("ranks on {}", s.accelerator->name)),
             .fix = use_whole_nodes(s)}};
}

bool partial_applies(const Subject& s) {
    return s.on_known_devices() && s.devices.state == Number::State::good && s.devices.number < s.devices_of_node();
}

Findings partial(const Subject& s) {
    const bool keeps_world = s.layout_known && s.layout.world() % s.devices_of_node() == 0;
    const bool neuron = s.accelerator->kind == hardware::DeviceKind::neuron;
    return {{.at = s.devices.found,
             .message = fmt::format("the job uses {} of the {} {} of each {}", s.devices.number, s.devices_of_node(),
                                    neuron ? "NeuronCores" : "devices", s.instance->name),
             .fix = keeps_world ? use_whole_nodes(s) : std::string()}};
}

bool accelerator_mismatch_applies(const Subject& s) {
    if (!s.on_known_devices() || s.wanted == Wanted::any) return false;
    const std::string_view word = s.wanted == Wanted::neuron ? "neuron" : "gpu";
    return std::ranges::count(s.catalogue.kind_of(*s.accelerator).words, word) == 0;
}

Findings accelerator_mismatch(const Subject& s) {
    const bool wants_gpu = s.wanted == Wanted::gpu;
    const Found stated = s.find("trainer.accelerator");
    return {{.at = stated.given() ? stated : s.instance_key,
             .message = fmt::format("the recipe is for {}, but {} has {}", wants_gpu ? "GPUs" : "NeuronCores",
                                    s.instance->name, s.accelerator->name),
             .fix = {}}};
}

/// The recipe's own list of types that it was made for.
bool not_listed_applies(const Subject& s) {
    const Found list = s.find("instance_types");
    if (!s.instance_type || !list.given() || list.value->size() == 0) return false;
    return std::ranges::none_of(list.value->items(), [&](const config::Value& item) {
        return item.as_string() != nullptr && hardware::canonical_instance_name(*item.as_string()) == *s.instance_type;
    });
}

Findings not_listed(const Subject& s) {
    const Found list = s.find("instance_types");
    return {{.at = s.instance_key,
             .message = fmt::format("the recipe was made for {}, not for {}", truncate(*list.value),
                                    truncate(*s.instance_key.value)),
             .fix = {}}};
}

constexpr std::string_view torchrun_source =
    "torchrun starts --nproc_per_node processes and each takes the device of its local rank; "
    "instance types: AWS DescribeInstanceTypes";

constexpr std::array<Rule, 8> table{{
    {codes::devices.type, always, type},
    {codes::devices.range, always, range},
    {codes::devices.unset, unset_applies, unset},
    {codes::devices.unknown_instance, unknown_instance_applies, unknown_instance},
    {codes::devices.exceeds, exceeds_applies, exceeds},
    {codes::devices.partial, partial_applies, partial},
    {codes::devices.accelerator_mismatch, accelerator_mismatch_applies, accelerator_mismatch},
    {codes::devices.not_listed, not_listed_applies, not_listed},
}};

}  // namespace

std::span<const Rule> devices_rules() {
    return table;
}

}  // namespace recipe::validate
