// SPDX-License-Identifier: Apache-2.0
// What slurmstepd does for the steps of a recipe.
#include "spank/node/stepd.hpp"

#include "diagnostic/codes/node.hpp"
#include "render/render.hpp"
#include "secret/secret.hpp"
#include "spank/host/ports.hpp"
#include "spank/host/say.hpp"
#include "spank/host/user_rights.hpp"
#include "spank/node/container.hpp"
#include "spank/node/devices.hpp"
#include "spank/node/job_files.hpp"
#include "spank/node/node_checks.hpp"
#include "spank/node/records.hpp"
#include "spank/node/step_facts.hpp"
#include "trace/trace.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <ctime>
#include <iterator>
#include <vector>

namespace recipe::spank {
namespace {

/// What user_init leaves for the tasks, which are forked from this process. Never freed: slurmstepd ends with exit()
/// while its other threads run.
struct Prepared {
    plan::LaunchPlan plan;
    node::Facts facts;
    Diagnostics problems;       // of this node, for which no task of a torchrun or direct step may start
    Diagnostics warnings;       // of this node, where the step may be none that trains
    bool hook_missing = false;  // that would mount what the step's own options keep out of its container
    Diagnostics unusable;       // why no task of any step may start: what the plan's files hold is not to be had
    std::vector<std::string> secrets;
    OtherUser user;  // the job's
};
Prepared* prepared = nullptr;
std::vector<std::string>* failure = nullptr;

// A task that does not start waits this long for the end of its step, whose reason another task prints: its own end
// could take the step away before that.
constexpr std::time_t max_wait = 10;

// A task that has printed the reason ends only when slurmstepd has taken the text from the task's stderr, or after this
// many times that pause; and then after one grace, in which slurmstepd hands it to srun.
constexpr timespec delivery_pause{.tv_sec = 0, .tv_nsec = 20'000'000};
constexpr timespec delivery_grace{.tv_sec = 0, .tv_nsec = 500'000'000};
constexpr int max_delivery_pauses = 150;

void trace_change(const node::Change& change) {
    trace::debug([&] {
        if (!change.value) return fmt::format("{} is unset", change.name);
        const std::string shown = secret::redacted(node::redacted(change.name, *change.value), prepared->secrets);
        return fmt::format("{}={}{}", change.name, shown, change.overwrite ? "" : " unless it is set");
    });
}

void change_environment(spank_t spank, const std::vector<node::Change>& changes) {
    for (const node::Change& change : changes) {
        trace_change(change);
        if (!change.value) {
            spank_unsetenv(spank, change.name.c_str());
            continue;
        }
        const spank_err_t rc =
            spank_setenv(spank, change.name.c_str(), change.value->c_str(), change.overwrite ? 1 : 0);
        if (rc != ESPANK_SUCCESS && rc != ESPANK_ENV_EXISTS)
            say_error(fmt::format("{} cannot be set: {}", change.name, spank_strerror(rc)));
    }
}

node::Lookup lookup_in(spank_t spank) {
    return [spank](const std::string& name) { return job_variable(spank, name.c_str()); };
}

void remember(const Diagnostics& diagnostics) {
    for (const Diagnostic& diagnostic : diagnostics)
        for (std::string& line : render::lines(diagnostic)) stepd_remember_failure(std::move(line));
}

/// A step that gets a rendezvous.
bool is_recipe_step(const Prepared& step) {
    return is_normal_step(step.facts) && node::kind_of(step.plan, step.facts) != node::Kind::plain;
}

std::string printable(std::string_view node, const Diagnostic& problem) {
    return render::lines(node::on_node(node, problem)).front();  // escaped and bounded there: paths are the user's
}

/// slurmctld's name of this node. In user_init the variable is still that of whoever called srun.
std::string node_name(spank_t spank) {
    return job_variable(spank, "SLURMD_NODENAME").value_or("?");
}

Diagnostic no_pyxis() {
    return {.code = codes::node.no_pyxis,
            .message = "the recipe wants a container, and the SPANK plugin pyxis, which starts it, is not loaded here",
            .fix = "leave the node out with -x, or run without a container: --recipe-set=container=null"};
}

std::string_view kind_name(const Prepared& step) {
    if (is_batch_step(step.facts)) return "the batch script";
    if (!is_normal_step(step.facts)) return "a step of Slurm's own";
    const bool trains = node::trains(step.plan, step.facts);
    switch (node::kind_of(step.plan, step.facts)) {
        case node::Kind::torchrun:
            return trains ? "torchrun" : "perhaps torchrun";
        case node::Kind::direct:
            return trains ? "a task per device" : "perhaps a task per device";
        case node::Kind::plain:
            break;
    }
    return "a command of its own";
}

std::string meeting_point(const Prepared& step) {
    const node::Facts& facts = step.facts;
    if (facts.node_count == 1)
        return node::kind_of(step.plan, facts) == node::Kind::torchrun
                   ? "on this node, at a port that the kernel chooses"
                   : fmt::format("on this node, port {}", facts.free_port.value_or(0));
    const std::uint16_t port = node::rendezvous_port(step.plan.ports, facts);
    std::string_view why = facts.reserved_ports.empty() ? "by the job's and the step's number" : "reserved by Slurm";
    if (port != node::rendezvous_ports(step.plan.ports, facts).front()) why = "the first that is free";
    return fmt::format("at {}, port {} ({}), through {}", facts.head, port, why,
                       facts.interface.empty() ? "whatever interface leads there" : facts.interface);
}

void trace_step(const Prepared& step) {
    const node::Facts& facts = step.facts;
    trace::info([&] {
        const std::string what = fmt::format("{}: {}", step.plan.recipe, kind_name(step));
        if (!is_normal_step(facts)) return what;  // it has one task and no nodes of its own
        return fmt::format("{}, node {} of {}, {} of {} tasks here", what, facts.node_rank + 1, facts.node_count,
                           facts.tasks_here, facts.task_count);
    });
    if (is_recipe_step(step)) trace::info([&] { return "the tasks meet " + meeting_point(step); });
}

/// The configuration that the plan has no room for; or the job's directory is another's.
bool is_lost(const Diagnostics& problems) {
    return std::ranges::any_of(problems, [](const Diagnostic& problem) {
        return problem.code == codes::plan.file || problem.code == codes::node.foreign;
    });
}

/// A step that trains cannot do without what is missing, and none may leave the recipe's container; any other goes on.
void run_node_checks(Prepared& step, spank_t spank) {
    const bool recipe_step = is_recipe_step(step);
    const bool trains = node::trains(step.plan, step.facts);
    const bool normal = is_normal_step(step.facts);
    const PyxisRequest* container = pyxis_request();
    const auto silent = normal && !trains ? job_variable(spank, silent_variable) : std::nullopt;
    spank_unsetenv(spank, silent_variable);
    NodeChecks seen = silent ? unchecked_node(step.plan, *silent)
                             : check_node(step.plan, step.facts,
                                          {.checks = recipe_step,
                                           .image = container == nullptr || !container->own_image,
                                           .hook = container != nullptr && !container->by_hook.empty(),
                                           .start = !normal,
                                           .start_if_first = normal && step.facts.node_rank == 0},
                                          job_variable(spank, "SLURM_JOB_NODELIST").value_or(""), lookup_in(spank));
    step.facts.interface = std::move(seen.interface);
    step.facts.port = seen.port;
    step.hook_missing = seen.hook_missing;
    if (normal && step.plan.container && !pyxis_is_loaded()) seen.problems.push_back(no_pyxis());
    if (!seen.secrets || is_lost(seen.problems)) {
        step.unusable = std::move(seen.problems);
        return;
    }
    step.secrets = std::move(*seen.secrets);
    for (Diagnostic& problem : seen.problems) {
        const bool ends = trains ? problem.code != codes::node.manifest : problem.code == codes::node.no_pyxis;
        if (recipe_step && ends)
            step.problems.push_back(std::move(problem));
        else if (recipe_step)
            step.warnings.push_back(std::move(problem));
        else
            say_error(printable("of this step", problem));
    }
}

/// Until somebody ends the step, or for some seconds. SIGTERM may be blocked here, between fork and exec; and without
/// cgroups Slurm spares whatever is called slurmstepd, as this process still is.
void wait_for_the_end() {
    prctl(PR_SET_NAME, "recipe");
    sigset_t terminated;
    sigemptyset(&terminated);
    sigaddset(&terminated, SIGTERM);
    const timespec limit{.tv_sec = max_wait, .tv_nsec = 0};
    sigtimedwait(&terminated, nullptr, &limit);
}

/// Until what this task has printed is on its way to srun. The task's end makes srun kill the other nodes' tasks, and
/// once one of those has ended by a signal srun drops whatever it has not read from any node (22.05 to 26.05,
/// slurm_step_launch_wait_finish: "Force Terminated"): on a busy node that was the reason itself.
void wait_for_delivery() {
    int unread = 0;
    for (int i = 0; i < max_delivery_pauses && ioctl(STDERR_FILENO, FIONREAD, &unread) == 0 && unread > 0; ++i)
        nanosleep(&delivery_pause, nullptr);
    nanosleep(&delivery_grace, nullptr);
}

/// -1. One task prints the reason; the others do not end before it.
int fail(bool prints, std::string_view node, const Diagnostics& problems) {
    if (!prints) {
        wait_for_the_end();
    } else {
        for (const Diagnostic& problem : problems) say_error(printable(node, problem));
        wait_for_delivery();
    }
    return -1;
}

void log_note(const std::optional<Diagnostic>& note) {
    if (!note) return;
    const std::string severity(to_string(note->severity));
    for (const std::string& line : render::lines(*note)) say_note(fmt::format("{}: {}", severity, line));
}

Diagnostic port_problem(const plan::LaunchPlan& plan, const node::Facts& facts) {
    const std::string port = std::to_string(node::rendezvous_port(plan.ports, facts));
    return {.code = codes::node.port,
            .message = "the port " + port + ", on which the step's tasks are to meet, is taken by another program",
            .fix = "start it again; the administrator keeps " + std::to_string(plan.ports.first) + "-" +
                   std::to_string(plan.ports.last) + " free for jobs"};
}

/// RECIPE_ENV_REPORT=1: every variable and who said so, for the first such step of each start of the job.
void report_environment(spank_t spank, const std::vector<node::Change>& changes) {
    if (job_variable(spank, "RECIPE_ENV_REPORT") != "1") return;
    const plan::LaunchPlan& plan = prepared->plan;
    const node::Facts& facts = prepared->facts;
    std::vector<node::Change> ours = node::recipe_paths(plan, facts);
    ours.insert(ours.end(), changes.begin(), changes.end());
    std::string text;
    std::vector<std::string> lines;
    for (const node::Assigned& variable :
         node::without_secrets(node::assigned(plan, facts, ours, lookup_in(spank)), prepared->secrets)) {
        lines.push_back(node::report_line(variable));
        text += lines.back() + '\n';
    }
    if (!record_report(plan, facts, text)) return;
    for (const std::string& line : lines) say_note(line);
}

/// What only the task with the step's first rank says, once per step.
void speak_for_the_step(spank_t spank, const std::vector<node::Change>& changes) {
    log_note(node::node_count_hint(prepared->plan, prepared->facts));
    log_note(node::replaced_exports(changes, lookup_in(spank)));
    if (const PyxisRequest* container = pyxis_request(); container != nullptr) {
        log_note(container->image_hint);
        if (prepared->hook_missing) log_note(container->mounts_without_hook);
    }
    report_environment(spank, changes);
}

/// Those of a task that goes on nevertheless.
void warn(std::string_view node, const Diagnostics& problems) {
    for (Diagnostic problem : problems) {
        problem.severity = Severity::warning;
        log_note(node::on_node(node, problem));
    }
}

}  // namespace

void stepd_remember_failure(std::string reason) {
    if (failure == nullptr) failure = new std::vector<std::string>;
    failure->push_back(std::move(reason));
}

void stepd_user_init(spank_t spank) {
    const std::string json = job_variable(spank, plan::job_variable, plan::max_bytes).value_or("");
    Expected<plan::LaunchPlan> plan = plan::from_json(json);
    if (!plan) return remember(plan.error());
    prepared = new Prepared{.plan = std::move(*plan),
                            .facts = facts_of(spank),
                            .problems = {},
                            .warnings = {},
                            .unusable = {},
                            .secrets = {},
                            .user = effective_user()};
    if (is_normal_step(prepared->facts)) {
        node::read_command(prepared->plan, command_words(spank), prepared->facts);
        spank_unsetenv(spank, step_variable);  // an srun inside this step is another step
        clear_pyxis_variables(spank);
    }
    run_node_checks(*prepared, spank);
    trace_step(*prepared);
    if (!prepared->unusable.empty()) return;
    prepared->plan = plan::restore_secrets(std::move(prepared->plan), prepared->secrets);
    change_environment(spank, node::recipe_environment(prepared->plan, prepared->facts));
    if (is_batch_step(prepared->facts))
        change_environment(spank, node::batch_environment(prepared->plan, prepared->facts));
}

int stepd_task_init(spank_t spank) {
    if (failure != nullptr) {
        for (const std::string& line : *failure) say_error(line);
        wait_for_delivery();
        return -1;
    }
    if (prepared == nullptr) return 0;
    int local_rank = 0;
    spank_get_item(spank, S_TASK_ID, &local_rank);
    if (!prepared->unusable.empty()) return fail(local_rank == 0, node_name(spank), prepared->unusable);
    const plan::LaunchPlan& plan = prepared->plan;
    const node::Facts& facts = prepared->facts;
    if (!is_normal_step(facts)) return 0;
    const node::Task task{.rank = item(spank, S_TASK_GLOBAL_ID, 0),
                          .local_rank = static_cast<std::uint32_t>(local_rank)};
    const std::string node = node_name(spank);

    // srun has said so before, and ended the step, unless nobody asked it (--async).
    if (const auto problem = node::tasks_problem(plan, facts); problem && problem->severity == Severity::error)
        return fail(task.rank == 0, node, {*problem});
    if (!is_recipe_step(*prepared)) return 0;
    const bool trains = node::trains(plan, facts);
    Diagnostics warnings = prepared->warnings;
    if (const auto problem = node::world_problem(plan, facts)) {
        if (trains) return fail(task.rank == 0, node, {*problem});
        if (task.rank == 0) warnings.push_back(*problem);
    }
    Diagnostics problems = prepared->problems;
    Diagnostics& found = trains ? problems : warnings;
    const node::VisibleDevices visible = visible_devices(spank, plan.resources.device);
    if (auto problem = node::device_problem(plan, facts, visible)) found.push_back(std::move(*problem));
    const bool opens_port = task.rank == 0 && facts.node_count > 1;
    if (opens_port && problems.empty() && port_is_taken(node::rendezvous_port(plan.ports, facts)))
        found.push_back(port_problem(plan, facts));
    if (!problems.empty()) return fail(task.local_rank == 0, node, problems);
    if (task.local_rank == 0) warn(node, warnings);

    Expected<std::vector<node::Change>> changes = node::rendezvous_environment(plan, facts, task);
    if (!changes) return fail(task.rank == 0, node, changes.error());
    // A step without a rendezvous gets nothing else either.
    if (!changes->empty())
        std::ranges::move(node::device_environment(visible, lookup_in(spank), text_in_sys),
                          std::back_inserter(*changes));
    if (task.rank == 0) speak_for_the_step(spank, *changes);
    change_environment(spank, *changes);
    return 0;
}

void stepd_exit(std::optional<int> exit_status) {
    if (prepared == nullptr || !is_batch_step(prepared->facts)) return;
    batch_step_ended(prepared->plan, prepared->facts, prepared->user, exit_status);
}

}  // namespace recipe::spank
