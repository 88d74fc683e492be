// SPDX-License-Identifier: Apache-2.0
// Tells steps that train from those that do not, by their command and their tasks together.
#include "node/node.hpp"

#include "diagnostic/codes/node.hpp"
#include "slurm_text/shown_text.hpp"

#include <fmt/format.h>

namespace recipe::node {
namespace {

/// The forms that a step's tasks may have; with one device per node they are one.
struct Form {
    bool per_node;
    bool per_device;
};

Form form_of(const plan::LaunchPlan& plan, const Facts& facts) noexcept {
    const std::int64_t tasks = facts.task_count;
    const std::int64_t nodes = facts.node_count;
    const std::int64_t devices = plan.layout.devices_per_node;
    return {.per_node = tasks == nodes && facts.tasks_here == 1,
            .per_device = tasks == nodes * devices && facts.tasks_here == devices};
}

/// A program that makes no processes of its own is a rank where it can be one.
Kind kind_of_program(const plan::LaunchPlan& plan, const Form& form) noexcept {
    if (form.per_device) return Kind::direct;
    return form.per_node && plan.launcher == plan::Launcher::torchrun ? Kind::torchrun : Kind::plain;
}

/// What nobody knows more of has the form that the recipe expects.
Kind kind_of_hidden(const plan::LaunchPlan& plan, const Form& form) noexcept {
    if (plan.launcher == plan::Launcher::torchrun && form.per_node) return Kind::torchrun;
    return form.per_device ? Kind::direct : Kind::plain;
}

constexpr std::string_view ways_out =
    "; a step that does not train takes --recipe-step=helper, and --recipe=none leaves the recipe out of it";

Diagnostic several_launchers(const Facts& facts) {
    return {.code = codes::node.tasks,
            .message = fmt::format("torchrun runs once on each node and makes the node's processes itself, and this "
                                   "step would run it {} times on {}",
                                   facts.task_count, slurm_text::counted(facts.node_count, "node")),
            .fix = fmt::format("start it with --ntasks={} --ntasks-per-node=1{}", facts.node_count, ways_out)};
}

Diagnostic no_form(const plan::LaunchPlan& plan, const Facts& facts) {
    const std::int64_t devices = plan.layout.devices_per_node;
    std::string forms = "one task per node, for torchrun";
    if (devices > 1) forms += fmt::format(", or {}, one per device", devices);
    return {.code = codes::node.tasks,
            .message = fmt::format("a training step has {}, and this one has {} on {}", forms,
                                   slurm_text::counted(facts.task_count, "task"),
                                   slurm_text::counted(facts.node_count, "node")),
            .fix = fmt::format("start it with --ntasks={} --ntasks-per-node={}",
                               facts.node_count * plan.tasks_per_node(), plan.tasks_per_node())};
}

Diagnostic without_launcher(const plan::LaunchPlan& plan, const Facts& facts) {
    const std::int64_t devices = plan.layout.devices_per_node;
    return {.code = codes::node.tasks,
            .severity = Severity::warning,
            .message = fmt::format("the recipe's program is started without torchrun by {} on {}, and it is one of "
                                   "{} ranks on each node: what does not start the others itself trains alone",
                                   slurm_text::counted(facts.task_count, "task"),
                                   slurm_text::counted(facts.node_count, "node"), devices),
            .fix = fmt::format("start it with torchrun, or with --ntasks-per-node={}{}", devices, ways_out)};
}

}  // namespace

Role role_of(std::string_view text) noexcept {
    if (text == "train") return Role::train;
    return text == "helper" ? Role::helper : Role::automatic;
}

Kind kind_of(const plan::LaunchPlan& plan, const Facts& facts) noexcept {
    if (facts.role == Role::helper) return Kind::plain;
    const Form form = form_of(plan, facts);
    const bool train = facts.role == Role::train;
    switch (facts.command) {
        case Command::launcher:
            return form.per_node ? Kind::torchrun : Kind::plain;
        case Command::own:
            return kind_of_program(plan, form);
        case Command::script:
            // `srun -n1 python prep.py` is no rank of a larger world.
            if (!train && facts.task_count == 1 && plan.layout.nodes * plan.layout.devices_per_node > 1)
                return Kind::plain;
            return kind_of_program(plan, form);
        case Command::helper:
            if (!train) return Kind::plain;
            break;
        case Command::hidden:
            break;
    }
    const Kind kind = kind_of_hidden(plan, form);
    return train && kind == Kind::plain && form.per_node ? Kind::torchrun : kind;
}

bool trains(const plan::LaunchPlan& plan, const Facts& facts) noexcept {
    if (facts.role != Role::automatic) return facts.role == Role::train;
    if (facts.command == Command::launcher) return !facts.own_world;
    return facts.command == Command::own && kind_of(plan, facts) == Kind::direct;
}

std::optional<Diagnostic> tasks_problem(const plan::LaunchPlan& plan, const Facts& facts) {
    if (facts.role == Role::helper) return std::nullopt;
    const Kind kind = kind_of(plan, facts);
    if (facts.command == Command::launcher && kind == Kind::plain && !facts.own_world) return several_launchers(facts);
    if (facts.role == Role::train && kind == Kind::plain) return no_form(plan, facts);
    if (facts.role == Role::automatic && facts.command == Command::own && kind != Kind::direct)
        return without_launcher(plan, facts);
    return std::nullopt;
}

}  // namespace recipe::node
