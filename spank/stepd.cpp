#include "stepd.hpp"

#include "config_file.hpp"
#include "hosts.hpp"
#include "launcher.hpp"
#include "plan/plan.hpp"
#include "render/render.hpp"
#include "step/step.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace recipe::spank {
namespace {

/// What user_init leaves for the tasks, which are forked from this process. Never freed: slurmstepd ends with exit() while
/// its other threads run.
struct Prepared {
    plan::LaunchPlan plan;
    step::Facts facts;
};
Prepared* prepared = nullptr;
std::vector<std::string>* failure = nullptr;

// Slurm's steps that are none of the user's srun have the highest numbers (SLURM_BATCH_SCRIPT and its like in slurm.h).
constexpr std::uint32_t first_special_step = 0xfffffff0;

bool is_normal_step(const step::Facts& facts) { return facts.step_id < first_special_step; }
bool is_batch_step(const step::Facts& facts) { return facts.step_id == SLURM_BATCH_SCRIPT; }

/// A variable of the job's environment; empty when it is not there or longer than `longest` bytes.
std::string job_variable(spank_t spank, const char* name, std::size_t longest = 64 * 1024) {
    std::string value;
    for (std::size_t size = 256; size <= 2 * longest; size *= 4) {
        value.resize(size);
        const spank_err_t rc = spank_getenv(spank, name, value.data(), static_cast<int>(size));
        if (rc == ESPANK_SUCCESS) {
            value.resize(std::char_traits<char>::length(value.c_str()));
            return value;
        }
        if (rc != ESPANK_NOSPACE) break;
    }
    return {};
}

std::uint32_t item(spank_t spank, spank_item_t name, std::uint32_t otherwise) {
    std::uint32_t value = 0;
    return spank_get_item(spank, name, &value) == ESPANK_SUCCESS ? value : otherwise;
}

std::optional<std::uint32_t> number_variable(spank_t spank, const char* name) {
    const std::string text = job_variable(spank, name);
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// A TCP port that nobody on this node listens on at the moment.
std::optional<std::uint16_t> free_port() {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) return std::nullopt;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool bound = bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                       getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    close(listener);
    if (!bound) return std::nullopt;
    return ntohs(address.sin_port);
}

/// The items of the SPANK handle are the step's own; SLURM_NODEID and its like still are those of whoever called srun.
step::Facts facts_of(spank_t spank) {
    step::Facts facts;
    facts.job_id = item(spank, S_JOB_ID, 0);
    facts.step_id = item(spank, S_JOB_STEPID, 0);
    // The item is the batch step's alone; a step of the job has it in the environment, from the batch script.
    facts.restart_count =
        std::max(item(spank, S_SLURM_RESTART_COUNT, 0), number_variable(spank, "SLURM_RESTART_COUNT").value_or(0));
    facts.node_rank = item(spank, S_JOB_NODEID, 0);
    facts.node_count = item(spank, S_JOB_NNODES, 1);
    facts.task_count = item(spank, S_JOB_TOTAL_TASK_COUNT, 1);
    facts.tasks_here = item(spank, S_JOB_LOCAL_TASK_COUNT, 1);
    if (std::uint16_t cpus = 0; spank_get_item(spank, S_JOB_NCPUS, &cpus) == ESPANK_SUCCESS) facts.cpus_here = cpus;
    // A job that is no array's task has NO_VAL there.
    if (const std::uint32_t task = item(spank, S_JOB_ARRAY_TASK_ID, NO_VAL); task != NO_VAL && task != 0xffffffff) {
        facts.array_job_id = item(spank, S_JOB_ARRAY_ID, facts.job_id);
        facts.array_task_id = task;
    } else if (const auto id = number_variable(spank, "SLURM_ARRAY_JOB_ID"); id && is_normal_step(facts)) {
        facts.array_job_id = id;
        facts.array_task_id = number_variable(spank, "SLURM_ARRAY_TASK_ID").value_or(0);
    }
    facts.reserved_ports = job_variable(spank, "SLURM_STEP_RESV_PORTS");
    facts.head = job_variable(spank, head_variable);
    if (facts.head.empty()) facts.head = first_host(job_variable(spank, "SLURM_STEP_NODELIST").c_str());
    if (facts.node_count == 1 && is_normal_step(facts)) facts.free_port = free_port();
    return facts;
}

void change_environment(spank_t spank, const std::vector<step::Change>& changes) {
    for (const step::Change& change : changes) {
        if (!change.value) {
            spank_unsetenv(spank, change.name.c_str());
            continue;
        }
        const spank_err_t rc = spank_setenv(spank, change.name.c_str(), change.value->c_str(), change.overwrite ? 1 : 0);
        if (rc != ESPANK_SUCCESS && rc != ESPANK_ENV_EXISTS)
            slurm_error("recipe: %s cannot be set: %s", change.name.c_str(), spank_strerror(rc));
    }
}

void remember(const Diagnostics& diagnostics) {
    for (const Diagnostic& diagnostic : diagnostics)
        for (std::string& line : render::lines(diagnostic)) stepd_remember_failure(std::move(line));
}

/// A step of the recipe needs its configuration; any other goes on without.
void write_configuration(const Prepared& step) {
    const std::string path = step::config_file(step.plan, step.facts);
    const std::string problem = write_once(path, step::config_text(step.plan, step.facts));
    if (problem.empty()) return;
    const bool needed = is_normal_step(step.facts) && step::kind_of(step.plan, step.facts) != step::Kind::plain;
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    const std::string reason = "on node " + std::string(host.data()) + ": the recipe's configuration: " + problem;
    if (needed) stepd_remember_failure(reason);
    else slurm_error("recipe: %s", reason.c_str());
}

}  // namespace

void stepd_remember_failure(std::string reason) {
    if (failure == nullptr) failure = new std::vector<std::string>;
    failure->push_back(std::move(reason));
}

void stepd_user_init(spank_t spank) {
    const std::string json = job_variable(spank, plan::job_variable, plan::max_bytes);
    Expected<plan::LaunchPlan> plan = plan::from_json(json);
    if (!plan) return remember(plan.error());
    prepared = new Prepared{std::move(*plan), facts_of(spank)};
    write_configuration(*prepared);
    change_environment(spank, step::recipe_environment(prepared->plan, prepared->facts));
    if (is_batch_step(prepared->facts)) change_environment(spank, step::batch_environment(prepared->plan));
}

int stepd_task_init(spank_t spank) {
    if (failure != nullptr) {
        for (const std::string& line : *failure) slurm_error("recipe: %s", line.c_str());
        return -1;
    }
    if (prepared == nullptr || !is_normal_step(prepared->facts)) return 0;
    int local_rank = 0;
    spank_get_item(spank, S_TASK_ID, &local_rank);
    const step::Task task{.rank = item(spank, S_TASK_GLOBAL_ID, 0), .local_rank = static_cast<std::uint32_t>(local_rank)};
    const Expected<std::vector<step::Change>> changes = step::rendezvous_environment(prepared->plan, prepared->facts, task);
    if (!changes) {
        for (const Diagnostic& diagnostic : changes.error())
            for (const std::string& line : render::lines(diagnostic)) slurm_error("recipe: %s", line.c_str());
        return -1;
    }
    change_environment(spank, *changes);
    return 0;
}

}  // namespace recipe::spank
