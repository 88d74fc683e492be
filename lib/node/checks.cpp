// SPDX-License-Identifier: Apache-2.0
// Compares a plan with what slurmstepd found on the node: pure functions.
#include "node/node.hpp"

#include "diagnostic/codes/node.hpp"
#include "slurm_text/lists.hpp"
#include "slurm_text/shown_text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <optional>

namespace recipe::node {
namespace {

/// CUDA takes the entries up to the first that names no device.
std::int64_t count_visible(std::string_view list) {
    std::int64_t count = 0;
    for (const std::string_view entry : slurm_text::split(list, slurm_text::EmptyItems::kept)) {
        if (entry.empty() || entry.front() == '-' || entry == "NoDevFiles") return count;
        ++count;
    }
    return count;
}

struct Count {
    std::int64_t devices = 0;
    std::string where;  // they were counted
};

/// The task of a torchrun step has all that its processes will have. Of a direct step, Slurm may give each task its
/// own.
Count count_gpus(Kind kind, const VisibleDevices& visible, std::string in_files) {
    const Count of_step{visible.gpus_of_step.value_or(0), "given by Slurm"};
    if (kind == Kind::direct && visible.gpus_of_step) return of_step;
    if (visible.visible_gpus) return {count_visible(*visible.visible_gpus), "in " + visible.variable};
    if (visible.gpus_of_step) return of_step;
    return {visible.device_files, std::move(in_files)};
}

}  // namespace

std::optional<Diagnostic> device_problem(const plan::LaunchPlan& plan, const Facts& facts,
                                         const VisibleDevices& visible) {
    const Kind kind = kind_of(plan, facts);
    if (kind == Kind::plain || plan.resources.device == plan::Device::cpu) return std::nullopt;
    const std::int64_t ranks = plan.layout.devices_per_node;
    const bool neuron = plan.resources.device == plan::Device::neuron;
    const std::string files = !visible.files.empty() ? visible.files : neuron ? "neuron" : "nvidia";
    const std::string in_files = fmt::format("among /dev/{}*", files);
    const Count found = neuron ? Count{visible.device_files, in_files} : count_gpus(kind, visible, in_files);
    const std::int64_t wanted = (ranks + plan.resources.ranks_per_chip - 1) / plan.resources.ranks_per_chip;
    if (found.devices >= wanted) return std::nullopt;
    const std::string_view name = neuron ? "Neuron device" : "GPU";
    Diagnostic problem{.code = codes::node.devices,
                       .message = fmt::format("the step has {} here ({}) and the recipe runs {} processes on {}",
                                              slurm_text::counted(found.devices, name), found.where, ranks,
                                              slurm_text::counted(wanted, name)),
                       .fix = "leave the node out with -x"};
    const bool asked_for = !neuron && (visible.visible_gpus || visible.gpus_of_step);
    if (asked_for)
        problem.fix =
            fmt::format("ask for --gpus-per-node={}, or run on what is there with --recipe-set=trainer.devices={}",
                        ranks, std::max<std::int64_t>(found.devices, 1));
    return problem;
}

std::optional<Diagnostic> world_problem(const plan::LaunchPlan& plan, const Facts& facts) {
    if (kind_of(plan, facts) == Kind::plain) return std::nullopt;
    validate::Layout layout = plan.layout;
    layout.nodes = facts.node_count;
    const Diagnostics problems = validate::check_layout(layout);
    if (problems.empty()) return std::nullopt;
    return Diagnostic{.code = codes::node.world,
                      .severity = trains(plan, facts) ? Severity::error : Severity::warning,
                      .message = fmt::format("this step: {}", problems.front().message),
                      .fix = facts.node_count == plan.layout.nodes
                                 ? "change the degrees with --recipe-set"
                                 : fmt::format("run it on {}, as the recipe was planned, or without the recipe: "
                                               "--recipe=none",
                                               slurm_text::counted(plan.layout.nodes, "node"))};
}

std::optional<Diagnostic> node_count_hint(const plan::LaunchPlan& plan, const Facts& facts) {
    if (kind_of(plan, facts) == Kind::plain || facts.node_count == plan.layout.nodes) return std::nullopt;
    return Diagnostic{
        .code = codes::node.count,
        .message = fmt::format("this step has {} and the recipe was planned for {}: a world of {}",
                               slurm_text::counted(facts.node_count, "node"), plan.layout.nodes,
                               slurm_text::counted(facts.node_count * plan.layout.devices_per_node, "rank"))};
}

Diagnostic on_node(std::string_view node, const Diagnostic& problem) {
    std::string sentence = fmt::format("on node {}: {}", node, problem.message);
    if (!problem.fix.empty()) sentence += "; " + problem.fix;
    return {.code = problem.code, .severity = problem.severity, .message = std::move(sentence)};
}

std::optional<std::string> image_path(const plan::LaunchPlan& plan) {
    if (!plan.container || !plan.container->image.starts_with('/')) return std::nullopt;
    return plan.container->image;
}

}  // namespace recipe::node
