// SPDX-License-Identifier: Apache-2.0
// The decision on one submission: what is refused, what is filled in.
#include "decide.hpp"

#include "diagnostic/codes/submit.hpp"
#include "plan/plan.hpp"
#include "policy.hpp"
#include "render/render.hpp"
#include "slurm_text/gres.hpp"
#include "slurm_text/lists.hpp"
#include "slurm_text/shell_words.hpp"
#include "slurm_text/shown_text.hpp"
#include "trace/trace.hpp"
#include "validate/validate.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace recipe::job_submit {
namespace {

constexpr std::size_t max_name_bytes = 256;      // of a recipe, in a comment
constexpr std::size_t max_comment_bytes = 1024;  // Slurm refuses more
constexpr std::size_t digest_shown = 12;

std::optional<std::int64_t> gpus(std::string_view tres) {
    return tres.empty() ? std::nullopt : slurm_text::gres_count(tres, "gpu");
}

bool asks_for_gpus(const JobRequest& request) {
    const std::array all{request.tres_per_node, request.tres_per_job, request.tres_per_task, request.tres_per_socket};
    return std::ranges::any_of(all, [](std::string_view tres) { return gpus(tres).has_value(); });
}

/// What the request's own numbers come to on each node; nothing where they do not say it.
std::optional<std::int64_t> gpus_per_node(const JobRequest& request, const plan::Summary& plan) {
    if (const auto count = gpus(request.tres_per_node)) return count;
    if (const auto count = gpus(request.tres_per_job)) return *count / plan.layout.nodes;
    if (const auto count = gpus(request.tres_per_task))
        return *count * request.tasks_per_node.value_or(static_cast<std::uint32_t>(plan.tasks_per_node()));
    return std::nullopt;
}

void check_nodes(const JobRequest& request, std::int64_t planned, Diagnostics& problems) {
    const std::int64_t low = request.min_nodes.value_or(request.max_nodes.value_or(0));
    const std::int64_t high = request.max_nodes.value_or(planned);  // -w alone sets a minimum
    if (low <= planned && high == planned && (low == planned || !request.max_nodes)) return;
    problems.push_back(
        {.code = codes::controller.node_count,
         .key = "trainer.num_nodes",
         .message =
             low == high || !request.max_nodes
                 ? fmt::format("the job asks for {} nodes, its recipe was planned for {}", low, planned)
                 : fmt::format("the job asks for {} to {} nodes, its recipe was planned for {}", low, high, planned),
         .fix = fmt::format("-N {}", planned)});
}

void check_gpus(const JobRequest& request, const plan::Summary& plan, Diagnostics& problems) {
    if (plan.resources.device != plan::Device::gpu) return;
    const auto asked = gpus_per_node(request, plan);
    if (!asked || *asked >= plan.layout.devices_per_node) return;
    problems.push_back({.code = codes::controller.gpus,
                        .key = "trainer.devices",
                        .message = fmt::format("the job asks for {} GPUs per node, its recipe was planned for {}",
                                               *asked, plan.layout.devices_per_node),
                        .fix = fmt::format("--gpus-per-node={}", plan.layout.devices_per_node)});
}

cluster::JobRequirements requirements_of(const JobRequest& request, const plan::Summary& plan, const Fills& fills) {
    cluster::JobRequirements requirements;
    requirements.partitions =
        slurm_text::split(fills.partition ? std::string_view(*fills.partition) : request.partitions);
    requirements.nodes = static_cast<std::uint32_t>(plan.layout.nodes);
    requirements.device = plan.resources.device;
    if (requirements.device != plan::Device::cpu)
        requirements.devices = std::max(plan.layout.devices_per_node, gpus_per_node(request, plan).value_or(0));
    requirements.instance_type = plan.instance_type;
    requirements.memory_mib = request.memory_mib.value_or(0);
    requirements.constraint = request.constraint;
    if (requirements.device == plan::Device::gpu)
        for (const std::string_view tres :
             {request.tres_per_node, request.tres_per_job, request.tres_per_task, request.tres_per_socket})
            for (const std::string_view type : slurm_text::gres_types(tres, "gpu"))
                requirements.gpu_types.push_back(type);
    requirements.required_nodes = request.required_nodes;
    requirements.excluded_nodes = request.excluded_nodes;
    requirements.time_limit = request.time_limit ? request.time_limit : fills.time_limit;
    requirements.has_qos = request.has_qos;
    return requirements;
}

/// "recipe=training/llama/x plan=0123456789ab", for sacct, after what another plugin says. Nothing in a name
/// makes another field. The digest is as long as in
/// the name of the configuration's file; slurmctld keeps the comment of every job.
std::string admin_comment(const JobRequest& request, const plan::Summary& plan) {
    const std::string ours =
        fmt::format("recipe={} plan={}", slurm_text::printable(slurm_text::escape_word(plan.recipe), max_name_bytes),
                    slurm_text::escape_word(std::string_view(plan.digest).substr(0, digest_shown)));
    const std::string both = request.admin_comment.empty() ? ours : fmt::format("{} {}", request.admin_comment, ours);
    return both.size() <= max_comment_bytes ? both : std::string(request.admin_comment);
}

Fills fills_for(const JobRequest& request, const plan::Summary& plan, const site::Policy& policy) {
    Fills fills;
    if (!request.max_nodes) fills.nodes = static_cast<std::uint32_t>(plan.layout.nodes);
    if (!request.tasks_per_node && !request.task_count)
        fills.tasks_per_node = static_cast<std::uint16_t>(plan.tasks_per_node());
    if (plan.resources.device == plan::Device::gpu && request.cluster_has_gpus && !asks_for_gpus(request))
        fills.gpus_per_node = plan.layout.devices_per_node;
    if (!request.time_limit && plan.resources.time_limit)
        fills.time_limit = static_cast<std::uint32_t>(*plan.resources.time_limit);
    fills.exclusive = plan.resources.exclusive && !request.sharing_given;
    fills.all_memory = fills.exclusive && !request.memory_given;
    if (!request.name_given && !plan.resources.job_name.empty())
        fills.name = slurm_text::replace_control(plan.resources.job_name, '_');
    fills.partition = default_partition(request, plan, policy);
    fills.admin_comment = admin_comment(request, plan);
    return fills;
}

/// The recipe and what was changed of it, as srecipe takes them. What a plan has of secrets are references.
std::string question_of(std::string_view json, const plan::Summary& plan) {
    constexpr std::size_t longest = 600;
    std::string words = slurm_text::shell_word(slurm_text::printable(plan.recipe, max_name_bytes));
    if (const Expected<plan::LaunchPlan> whole = plan::from_json_without_config(json))
        for (const std::string& text : whole->overrides) words += ' ' + slurm_text::shell_word(text);
    return words.size() <= longest && !slurm_text::has_control(words) ? words : std::string();
}

void check_cluster(const JobRequest& request, const plan::Summary& plan, const Snapshot& snapshot, const Fills& fills,
                   Diagnostics& problems) {
    if (!snapshot.inventory) {
        problems.push_back(
            {.code = codes::cluster.no_inventory,
             .message = "slurmctld does not know its nodes yet: whether they suit the recipe was not checked"});
        return;
    }
    cluster::JobRequirements requirements = requirements_of(request, plan, fills);
    requirements.needs = &plan.needs;
    requirements.question = [&] { return question_of(*request.plan, plan); };
    append(problems, cluster::check(*snapshot.inventory, *snapshot.catalogue, plan.layout, requirements));
}

void trace_plan(const JobRequest& request, const plan::Summary& plan) {
    trace::debug([&] {
        return fmt::format("plan of {} bytes: recipe {}, {} nodes of {} devices, digest {}", request.plan->size(),
                           plan.recipe, plan.layout.nodes, plan.layout.devices_per_node,
                           std::string_view(plan.digest).substr(0, digest_shown));
    });
}

std::string shown(const Fills& fills) {
    std::string text;
    const auto add = [&text](std::string_view name, const auto& value) {
        if (value) text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, *value);
    };
    add("nodes", fills.nodes);
    add("tasks_per_node", fills.tasks_per_node);
    add("gpus_per_node", fills.gpus_per_node);
    add("time_limit", fills.time_limit);
    add("name", fills.name);
    add("partition", fills.partition);
    if (fills.exclusive) text += text.empty() ? "exclusive" : " exclusive";
    if (fills.all_memory) text += " all_memory";
    return text.empty() ? "nothing" : text;
}

void trace_findings(const Diagnostics& found) {
    for (const Diagnostic& one : found)
        trace::debug([&] { return fmt::format("finds {} ({})", one.code.name(), to_string(one.severity)); });
}

/// What --recipe-force makes warnings: what the nodes' devices lack, where the site lets it.
void force(const Severities& severities, Diagnostics& found) {
    for (Diagnostic& diagnostic : found) {
        if (diagnostic.severity != Severity::error) continue;
        const auto site = severities.find(diagnostic.code.name());
        const bool policy = site != severities.end() && site->second == Severity::error;
        const bool mixed = diagnostic.code == codes::cluster.mixed_devices && !policy;
        if (mixed || diagnostic.code.group() == "memory" || diagnostic.code.group() == "precision")
            if (mixed || validate::may_be_forced(diagnostic.code, severities)) diagnostic.severity = Severity::warning;
    }
}

/// Errors refuse, whatever else there is to say.
Expected<Decision> decision(Decision decided, Diagnostics found, const Snapshot& snapshot, bool forced = false) {
    apply_severities(snapshot.settings->severities, found);
    if (forced) force(snapshot.settings->severities, found);
    trace_findings(found);
    if (has_errors(found)) return std::unexpected(std::move(found));
    decided.notes = std::move(found);
    return decided;
}

}  // namespace

Expected<Decision> decide(const JobRequest& request, const Snapshot& snapshot) {
    if (snapshot.policy == PolicyState::unknown && snapshot.refuse_unknown) return std::unexpected(unknown_policy());
    if (!request.plan) return decision({}, check_without_recipe(request, snapshot), snapshot);
    if (request.heterogeneous)
        return refuse(
            {.code = codes::submit.heterogeneous,
             .message = "a recipe cannot be part of a heterogeneous job: its steps could not know their component"});
    Expected<plan::Summary> plan = plan::summary_from_json(*request.plan);
    if (!plan) return std::unexpected(std::move(plan.error()));
    trace_plan(request, *plan);
    Diagnostics found = validate::check_layout(plan->layout);
    check_nodes(request, plan->layout.nodes, found);
    check_gpus(request, *plan, found);
    // A plan that contradicts itself cannot be compared with nodes.
    if (has_errors(found)) {
        trace_findings(found);
        return std::unexpected(std::move(found));
    }
    const site::Policy& policy = snapshot.settings->policy;
    append(found, check_policy(*plan, plan->layout.nodes, policy));
    Decision decided{.fills = fills_for(request, *plan, policy)};
    trace::debug([&] { return "fills in: " + shown(decided.fills); });
    check_cluster(request, *plan, snapshot, decided.fills, found);
    return decision(std::move(decided), std::move(found), snapshot, plan->needs_forced);
}

}  // namespace recipe::job_submit
