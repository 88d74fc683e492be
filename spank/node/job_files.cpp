// SPDX-License-Identifier: Apache-2.0
// Removes the files that a batch job's plan names when no start of the job can need them.
#include "spank/node/job_files.hpp"

#include "slurm_text/lists.hpp"
#include "spank/host/configuration_file.hpp"
#include "spank/host/run_with_timeout.hpp"
#include "spank/host/secret_files.hpp"
#include "spank/slurm_headers.hpp"

#include <sys/wait.h>
#include <charconv>
#include <cstdint>
#include <memory>
#include <string_view>

namespace recipe::spank {
namespace {

/// The site's time for a node's checks, or its default.
std::chrono::seconds time_to_remove(const plan::LaunchPlan& plan) {
    return std::chrono::seconds(plan.check_seconds > 0 ? plan.check_seconds : site::default_check_seconds);
}

using Jobs = std::unique_ptr<job_info_msg_t, void (*)(job_info_msg_t*)>;

/// All tasks of an array are asked for by its number.
Jobs load_jobs(std::uint32_t id) {
    job_info_msg_t* jobs = nullptr;
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(26, 5, 0)
    slurm_step_id_t step = SLURM_STEP_ID_INITIALIZER;
    step.job_id = id;
    const int rc = (slurm_load_job)(&jobs, step, SHOW_ALL);  // in parentheses: the macro of this name is C's
#else
    const int rc = slurm_load_job(&jobs, id, SHOW_ALL);
#endif
    return {rc == SLURM_SUCCESS ? jobs : nullptr, [](job_info_msg_t* loaded) {
                if (loaded != nullptr) slurm_free_job_info_msg(loaded);
            }};
}

std::uint32_t id_of(const slurm_job_info_t& job) {
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(26, 5, 0)
    return job.step_id.job_id;
#else
    return job.job_id;
#endif
}

/// Whether a list such as "1,5-7" (RequeueExit of slurm.conf) has the number. What cannot be read may have it.
bool lists(const char* list, int number) {
    std::string_view text = list != nullptr ? list : "";
    if (text.ends_with(',')) text.remove_suffix(1);
    if (text.empty()) return false;
    for (const std::string_view item : slurm_text::split(text, slurm_text::EmptyItems::kept)) {
        const char* const behind = item.data() + item.size();
        int first = 0;
        std::from_chars_result read = std::from_chars(item.data(), behind, first);
        int last = first;
        if (read.ec == std::errc{} && read.ptr != behind && *read.ptr == '-')
            read = std::from_chars(read.ptr + 1, behind, last);
        if (read.ec != std::errc{} || read.ptr != behind || (number >= first && number <= last)) return true;
    }
    return false;
}

/// slurmctld starts a job again whose script ends with one of these.
bool is_requeued_for(std::optional<int> exit_status) {
    if (exit_status && WIFEXITED(*exit_status) && WEXITSTATUS(*exit_status) == 0) return false;
    if (!exit_status) return true;  // the script never ran, and slurmctld may start the job again
    slurm_conf_t* conf =
        nullptr;  // never freed: Slurm 26.05 declares no function for it, and slurmstepd is about to end
    if (slurm_load_ctl_conf(0, &conf) != SLURM_SUCCESS || conf == nullptr) return true;
    const auto is_set = [](const char* text) { return text != nullptr && *text != '\0'; };
    if (!WIFEXITED(*exit_status)) return is_set(conf->requeue_exit) || is_set(conf->requeue_exit_hold);
    return lists(conf->requeue_exit, WEXITSTATUS(*exit_status)) ||
           lists(conf->requeue_exit_hold, WEXITSTATUS(*exit_status));
}

bool runs_again(const slurm_job_info_t& job, bool ends_now, std::optional<int> exit_status) {
    constexpr std::uint32_t requeued = JOB_REQUEUE | JOB_REQUEUE_HOLD | JOB_SPECIAL_EXIT;
    const std::uint32_t base = job.job_state & JOB_STATE_BASE;
    if ((job.job_state & requeued) != 0 || base == JOB_PENDING) return true;
    if (base >= JOB_COMPLETE) return false;
    return !ends_now || is_requeued_for(exit_status);
}

/// Whether this job runs again, or another task of its array has not ended. Where Slurm does not answer, it may.
bool is_needed(const node::Facts& facts, std::optional<int> exit_status) {
    const Jobs jobs = load_jobs(facts.array_job_id.value_or(facts.job_id));
    if (jobs == nullptr) return true;
    for (std::uint32_t i = 0; i < jobs->record_count; ++i) {
        const slurm_job_info_t& job = jobs->job_array[i];
        if (runs_again(job, id_of(job) == facts.job_id, exit_status)) return true;
    }
    return false;
}

}  // namespace

void batch_step_ended(const plan::LaunchPlan& plan, const node::Facts& facts, const OtherUser& user,
                      std::optional<int> exit_status) {
    if (plan.secrets_file.empty() && !plan.configuration_file) return;
    if (is_needed(facts, exit_status)) return;
    static_cast<void>(run_with_timeout(time_to_remove(plan), [&](const Reporter&) {
        if (!become(user)) return;
        remove_secrets(plan.secrets_file);
        if (plan.configuration_file) remove_configuration(plan.configuration_file->path);
    }));
}

}  // namespace recipe::spank
