// SPDX-License-Identifier: Apache-2.0
// srun: with a recipe of its own, or inside a job that has one.
#include "spank/client/launcher.hpp"

#include "diagnostic/codes/node.hpp"
#include "diagnostic/codes/submit.hpp"
#include "node/node.hpp"
#include "slurm_text/lists.hpp"
#include "spank/client/client.hpp"
#include "spank/client/job_files.hpp"
#include "spank/client/unused.hpp"
#include "spank/host/hosts.hpp"
#include "spank/host/say.hpp"
#include "spank/node/node_checks.hpp"
#include "spank/node/step_facts.hpp"
#include "trace/trace.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>

namespace recipe::spank {
namespace {

std::optional<std::int64_t> number_from(const config::Environment& environment, const char* name) {
    const auto found = environment.find(name);
    if (found == environment.end()) return std::nullopt;
    return slurm_text::parse_number<std::int64_t>(found->second);
}

/// Inside an allocation srun's options are bounded by it; only what was typed asks for something.
void keep_typed_options(planner::SubmitRequest& request) {
    std::erase_if(request.options,
                  [](const planner::SlurmOption& option) { return option.level != planner::Level::command_line; });
}

/// Empty where the job has no plan: the one here may be an outer step's.
std::string digest_of_job(const config::Environment& environment) {
    const auto json = environment.find(plan::job_variable);
    if (json == environment.end()) return {};
    const Expected<plan::LaunchPlan> plan = plan::from_json_without_config(json->second);
    return plan && plan->step_key.empty() ? plan->digest : std::string();
}

/// srun --recipe-set without --recipe inside a job changes the job's recipe for this step.
Expected<void> take_job_recipe(planner::SubmitRequest& request, const config::Environment& environment) {
    const auto json = environment.find(plan::job_variable);
    if (json == environment.end())
        return refuse(
            {.code = codes::submit.no_recipe, .message = "--recipe-set changes a recipe; --recipe=NAME says which"});
    Expected<plan::LaunchPlan> plan = plan::from_json(json->second);
    if (plan) plan = with_secrets(std::move(*plan));
    if (!plan) return std::unexpected(std::move(plan.error()));
    request.recipe = plan->recipe;
    request.inherited_overrides = std::move(plan->overrides);
    request.force = request.force || !plan->forced.empty();
    return {};
}

Expected<planner::SubmitRequest> request_of(const Client& client, const StoredOptions& stored,
                                            std::span<char*> plugin_arguments) {
    Expected<planner::SubmitRequest> request = make_request(client, stored, plugin_arguments);
    if (!request) return request;
    if (stored.recipe == nullptr) {
        const Expected<void> taken = take_job_recipe(*request, client.environment);
        if (!taken) return std::unexpected(taken.error());
    }
    if (client.tool == planner::Tool::srun_in_job) {
        keep_typed_options(*request);
        request->job_digest = digest_of_job(client.environment);
        request->allocated_nodes = number_from(client.environment, "SLURM_JOB_NUM_NODES");
    }
    append(request->notes, unused_by(client, stored, *request));
    return request;
}

struct Layout {
    std::string nodes;  // as Slurm lists them
    std::string head;   // name of the node that has the step's first task: with -m arbitrary any of them
};

std::size_t place_of_first_task(const slurm_step_layout_t& layout) {
    for (std::uint32_t node = 0; layout.tids != nullptr && node < layout.node_cnt; ++node)
        for (std::uint32_t task = 0; task < layout.tasks[node]; ++task)
            if (layout.tids[node][task] == 0) return node;
    return 0;
}

Layout layout_of_step(const node::Facts& facts) {
    slurm_step_id_t step;
    std::memset(&step, 0, sizeof step);
    step.job_id = facts.job_id;
    step.step_id = facts.step_id;
    step.step_het_comp = NO_VAL;
    slurm_step_layout_t* found = slurm_job_step_layout_get(&step);
    if (found == nullptr) return {};
    const std::unique_ptr<slurm_step_layout_t, void (*)(slurm_step_layout_t*)> owner(
        found, [](slurm_step_layout_t* layout) { slurm_job_step_layout_free(layout); });
    Layout layout;
    if (found->node_list == nullptr) return layout;
    layout.nodes = found->node_list;
    layout.head = host_at(found->node_list, place_of_first_task(*found));
    return layout;
}

/// NodeAddr: what Slurm itself reaches the node by. It defaults to the host name, which in turn defaults to the
/// NodeName.
std::string address_of_node(const std::string& name) {
    std::string writable = name;
    node_info_msg_t* info = nullptr;
    if (slurm_load_node_single(&info, writable.data(), SHOW_ALL) != SLURM_SUCCESS || info == nullptr) return {};
    const std::unique_ptr<node_info_msg_t, decltype(&slurm_free_node_info_msg)> owner(info, slurm_free_node_info_msg);
    if (info->record_count == 0 || info->node_array[0].node_addr == nullptr) return {};
    return info->node_array[0].node_addr;
}

std::uint32_t number_item(spank_t spank, spank_item_t name, std::uint32_t otherwise) {
    std::uint32_t value = 0;
    return spank_get_item(spank, name, &value) == ESPANK_SUCCESS ? value : otherwise;
}

std::uint32_t number_variable(const char* name, std::uint32_t otherwise) {
    const char* text = std::getenv(name);
    std::uint32_t value = 0;
    if (text == nullptr || std::from_chars(text, text + std::strlen(text), value).ec != std::errc{}) return otherwise;
    return value;
}

/// The step as srun knows it. Its tasks are spread evenly or it is none of the recipe's, which the nodes see exactly.
node::Facts facts_of_launch(spank_t spank) {
    node::Facts facts;
    facts.job_id = number_item(spank, S_JOB_ID, 0);
    facts.step_id = number_item(spank, S_JOB_STEPID, 0);
    facts.restart_count = number_variable("SLURM_RESTART_COUNT", 0);
    facts.node_count = number_item(spank, S_JOB_NNODES, 1);
    facts.task_count = number_item(spank, S_JOB_TOTAL_TASK_COUNT, 1);
    facts.tasks_here = facts.task_count / std::max<std::uint32_t>(facts.node_count, 1);
    if (const std::uint32_t array = number_variable("SLURM_ARRAY_JOB_ID", 0); array != 0) {
        facts.array_job_id = array;
        facts.array_task_id = number_variable("SLURM_ARRAY_TASK_ID", 0);
    }
    return facts;
}

/// What was asked to have none of the devices that the recipe trains on does not train.
bool is_without_gpus(const SlurmOptions& options) {
    constexpr std::array names{"gpus", "gpus-per-node", "gpus-per-task", "gpus-per-socket"};
    if (std::ranges::any_of(names, [&](const char* name) { return options.is_set(name) && options.get(name) == "0"; }))
        return true;
    return options.is_set("gres") && options.get("gres") == "none";
}

/// By srun's command and options. The nodes see the command themselves.
void read_role(const plan::LaunchPlan& plan, const std::vector<std::string>& command, node::Facts& facts) {
    const char* said = std::getenv(step_variable);
    facts.role = node::role_of(said != nullptr ? said : "");
    if (const SlurmOptions options; !options.is_set("multi-prog")) node::read_command(plan, command, facts);
    const bool devices = plan.resources.device == plan::Device::gpu;
    if (facts.role != node::Role::automatic || !devices || !is_without_gpus(SlurmOptions())) return;
    facts.role = node::Role::helper;
    setenv(step_variable, "helper", 1);
}

/// The tasks that an option or a step's default asks for; nothing where Slurm has its own word on them.
std::optional<std::uint32_t> tasks_asked_for(const plan::LaunchPlan& plan, const SlurmOptions& options) {
    const bool in_all = options.is_set("ntasks");
    if (!in_all && !options.is_set("ntasks-per-node")) return std::nullopt;
    const auto tasks = slurm_text::parse_count(options.get(in_all ? "ntasks" : "ntasks-per-node"));
    if (!tasks) return std::nullopt;
    const std::int64_t most = std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>(std::min(in_all ? *tasks : *tasks * plan.layout.nodes, most));
}

/// Before an allocation is waited for, whose first step it would end: see launcher_user_init(), which knows the step's
/// real nodes.
Diagnostics check_tasks(const plan::LaunchPlan& plan, const std::vector<std::string>& command) {
    const auto tasks = tasks_asked_for(plan, SlurmOptions());
    if (!tasks || plan.layout.nodes < 1) return {};
    node::Facts facts;
    facts.node_count = static_cast<std::uint32_t>(plan.layout.nodes);
    facts.task_count = *tasks;
    facts.tasks_here = facts.task_count / facts.node_count;
    read_role(plan, command, facts);
    const auto problem = node::tasks_problem(plan, facts);
    return problem ? Diagnostics{*problem} : Diagnostics();
}

/// When one node of a recipe's step fails, the others would wait for it in the rendezvous, unless the user wants that.
void end_together(const plan::LaunchPlan& plan, const node::Facts& facts) {
    const SlurmOptions options;
    const bool recipe_step = node::kind_of(plan, facts) != node::Kind::plain;
    if (!recipe_step || options.is_set("kill-on-bad-exit")) return;
    trace::info([] { return std::string("sets --kill-on-bad-exit=1"); });
    options.set("kill-on-bad-exit", "1");
}

/// Before the nodes start, so that all of them find the files there and only one host writes. A host without the
/// directory leaves it to the nodes. Returns what does not answer: a step that trains would wait for it on every node
/// again, and in the end fail.
std::string record(const plan::LaunchPlan& plan, const node::Facts& facts, const std::string& step_nodes) {
    const char* nodes = std::getenv("SLURM_JOB_NODELIST");
    const NodeChecks found = check_node(plan, facts, {.start = true}, nodes != nullptr ? nodes : step_nodes,
                                        [](const std::string& name) -> std::optional<std::string> {
                                            const char* value = std::getenv(name.c_str());
                                            if (value == nullptr) return std::nullopt;
                                            return value;
                                        });
    if (found.silent.empty()) return {};
    Diagnostics silent;
    for (const Diagnostic& problem : found.problems)
        if (problem.code == codes::node.no_answer) silent.push_back(problem);
    for (Diagnostic& problem : silent) {
        problem.fix = "wait for its server";
        if (!node::trains(plan, facts)) problem.severity = Severity::warning;
    }
    report(silent);
    return found.silent;
}

/// What the enclosing job's plan has set is not what the user asked of the recipe of this step.
void forget_variables(const config::Environment& environment) {
    const auto json = environment.find(plan::job_variable);
    if (json == environment.end()) return;
    Expected<plan::LaunchPlan> outer = plan::from_json_without_config(json->second);
    if (outer) outer = with_secrets(std::move(*outer));
    if (!outer) return;
    for (const plan::Variable& variable : outer->environment) {
        const auto now = environment.find(variable.name);
        if (now != environment.end() && now->second == variable.value) unsetenv(variable.name.c_str());
    }
}

/// The step that this srun has started. Never freed: srun ends with exit().
struct Started {
    plan::LaunchPlan plan;
    node::Facts facts;
};
Started* started = nullptr;

}  // namespace

int launcher_post_opt(spank_t spank, const StoredOptions& stored, std::span<char*> plugin_arguments) {
    Client client = make_client(spank, planner::Tool::srun, "SLURM_");
    if (client.environment.contains("SLURM_JOB_ID") || client.command_line.find("jobid") != nullptr)
        client.tool = planner::Tool::srun_in_job;
    // The steps of a heterogeneous job, and one across its components.
    if (client.environment.contains("SLURM_HET_SIZE") || client.command_line.find("het-group") != nullptr)
        client.command_line.heterogeneous = true;
    if (uses_none(stored)) return refuse_unused(client, stored, plugin_arguments);
    const Expected<planner::SubmitRequest> request = request_of(client, stored, plugin_arguments);
    if (!request) {
        report(request.error());
        return -1;
    }
    const bool allocates = client.tool == planner::Tool::srun;
    const auto submission = submit_with(client, *request, [&](const plan::LaunchPlan& plan) {
        return allocates ? check_tasks(plan, client.command_line.command) : Diagnostics();
    });
    if (!submission) return -1;
    forget_variables(client.environment);
    // slurmctld reads the former, the step's own environment carries the latter.
    hand_places_of_secrets(spank, *submission);
    const spank_err_t rc = spank_job_control_setenv(spank, plan::control_variable, submission->plan_json.c_str(), 1);
    if (rc == ESPANK_SUCCESS && setenv(plan::job_variable, submission->plan_json.c_str(), 1) == 0) return 0;
    say_error(fmt::format("the plan cannot be handed to the step: {}", spank_strerror(rc)));
    return -1;
}

int launcher_user_init(spank_t spank) {
    unsetenv(head_variable);
    unsetenv(silent_variable);  // an outer step's
    node::Facts facts = facts_of_launch(spank);
    Layout layout;
    if (facts.node_count > 1) layout = layout_of_step(facts);
    if (!layout.head.empty()) {
        const std::string address = address_of_node(layout.head);
        trace::info([&] { return "the step's first task is on " + layout.head + ", address " + address; });
        setenv(head_variable, (address.empty() ? layout.head : address).c_str(), 1);
    }
    const char* json = std::getenv(plan::job_variable);
    Expected<plan::LaunchPlan> plan = plan::from_json(json != nullptr ? json : "");
    if (!plan) return 0;  // the nodes say so
    read_role(*plan, command_words(spank), facts);
    if (const auto problem = node::tasks_problem(*plan, facts)) {
        report({*problem});
        if (problem->severity == Severity::error) return -1;
    }
    end_together(*plan, facts);
    const std::string silent = record(*plan, facts, layout.nodes);
    if (silent.empty()) {
        started = new Started{std::move(*plan), facts};
        return 0;
    }
    setenv(silent_variable, silent.c_str(), 1);
    return node::trains(*plan, facts) ? -1 : 0;
}

void launcher_exit() {
    if (started != nullptr) remove_tokens(started->plan, started->facts);
}

}  // namespace recipe::spank
