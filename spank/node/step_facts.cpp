// SPDX-License-Identifier: Apache-2.0
// Asks SPANK what it knows of the step.
#include "spank/node/step_facts.hpp"

#include "slurm_text/lists.hpp"
#include "spank/host/hosts.hpp"
#include "spank/host/ports.hpp"
#include "spank/plugin/hooks.hpp"

#include <algorithm>

namespace recipe::spank {
namespace {

// Slurm's steps that are none of the user's srun have the highest numbers (SLURM_BATCH_SCRIPT and its like in slurm.h).
constexpr std::uint32_t first_special_step = 0xfffffff0;

std::optional<std::uint32_t> number_variable(spank_t spank, const char* name) {
    return slurm_text::parse_number<std::uint32_t>(job_variable(spank, name).value_or(""));
}

}  // namespace

bool is_normal_step(const node::Facts& facts) {
    return facts.step_id < first_special_step;
}
bool is_batch_step(const node::Facts& facts) {
    return facts.step_id == SLURM_BATCH_SCRIPT;
}

std::optional<std::string> job_variable(spank_t spank, const char* name, std::size_t longest) {
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
    return std::nullopt;
}

std::uint32_t item(spank_t spank, spank_item_t name, std::uint32_t otherwise) {
    std::uint32_t value = 0;
    return spank_get_item(spank, name, &value) == ESPANK_SUCCESS ? value : otherwise;
}

std::vector<std::string> command_words(spank_t spank) {
    int count = 0;
    char** words = nullptr;
    if (spank_get_item(spank, S_JOB_ARGV, &count, &words) != ESPANK_SUCCESS || words == nullptr) return {};
    return {words, words + count};
}

node::Facts facts_of(spank_t spank) {
    node::Facts facts;
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
    if (std::uint32_t first = 0; is_normal_step(facts)) {
        // The tasks of a node are in order.
        const spank_err_t rc = spank_get_item(spank, S_JOB_LOCAL_TO_GLOBAL_ID, 0U, &first);
        facts.has_first_task = rc == ESPANK_SUCCESS ? first == 0 : facts.node_rank == 0;
    }
    facts.role = node::role_of(job_variable(spank, step_variable).value_or(""));
    facts.reserved_ports = job_variable(spank, "SLURM_STEP_RESV_PORTS").value_or("");
    facts.head = job_variable(spank, head_variable).value_or("");
    if (facts.head.empty()) facts.head = first_host(job_variable(spank, "SLURM_STEP_NODELIST").value_or("").c_str());
    if (facts.node_count == 1 && is_normal_step(facts)) facts.free_port = free_port();
    return facts;
}

}  // namespace recipe::spank
