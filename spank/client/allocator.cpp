// SPDX-License-Identifier: Apache-2.0
// sbatch and salloc.
#include "spank/client/client.hpp"

#include "diagnostic/codes/submit.hpp"
#include "spank/client/unused.hpp"
#include "spank/host/say.hpp"

#include <fmt/format.h>
#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace recipe::spank {
namespace {

/// What an enclosing job says of itself. sbatch exports all SLURM_* variables, and a job that is no array's task would
/// take the outer array's number for its own, and its srun the outer job's number of tasks and share of memory, beside
/// which Slurm takes no other.
void forget_enclosing_job(const SlurmOptions& options) {
    if (!options.is_set("ntasks"))
        for (const char* name : {"SLURM_NTASKS", "SLURM_NPROCS"}) unsetenv(name);
    for (const char* name :
         {"SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN",
          "SLURM_ARRAY_TASK_MAX", "SLURM_ARRAY_TASK_STEP", "SLURM_RESTART_COUNT", "SLURM_HET_SIZE"})
        unsetenv(name);
    if (std::getenv("SLURM_JOB_ID") == nullptr) return;  // no job's, but what the user wants of every srun
    for (const char* name : {"SLURM_MEM_PER_CPU", "SLURM_MEM_PER_GPU", "SLURM_MEM_PER_NODE"}) unsetenv(name);
}

bool is_salloc() {
    return std::string_view(program_invocation_short_name) == "salloc";
}

}  // namespace

int allocator_post_opt(spank_t spank, const StoredOptions& stored, std::span<char*> plugin_arguments) {
    if (stored.component > 0 && !uses_none(stored)) {
        report({heterogeneous_job()});
        withdraw();
        return -1;
    }
    const Client client = is_salloc() ? make_client(spank, planner::Tool::salloc, "SALLOC_")
                                      : make_client(spank, planner::Tool::sbatch, "SBATCH_");
    if (uses_none(stored)) return refuse_unused(client, stored, plugin_arguments);
    if (stored.recipe == nullptr) {
        report(
            {{.code = codes::submit.no_recipe, .message = "--recipe-set changes a recipe; --recipe=NAME says which"}});
        return -1;
    }
    Expected<planner::SubmitRequest> request = make_request(client, stored, plugin_arguments);
    if (!request) {
        report(request.error());
        return -1;
    }
    append(request->notes, unused_by(client, stored, *request));
    const auto submission = submit_with(client, *request);
    if (!submission) return -1;
    forget_enclosing_job(client.options);
    hand_places_of_secrets(spank, *submission);
    const spank_err_t rc = spank_job_control_setenv(spank, plan::control_variable, submission->plan_json.c_str(), 1);
    if (rc == ESPANK_SUCCESS) return 0;
    say_error(fmt::format("the plan cannot be handed to the job: {}", spank_strerror(rc)));
    return -1;
}

}  // namespace recipe::spank
