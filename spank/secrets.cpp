#include "secrets.hpp"

#include "child.hpp"
#include "secret/secret.hpp"
#include "secret_files.hpp"
#include "slurm_headers.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fmt/format.h>
#include <memory>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace recipe::spank {
namespace {

constexpr std::chrono::seconds time_to_remove{10};

std::string home_directory() {
    const passwd* account = getpwuid(geteuid());
    return account != nullptr && account->pw_dir != nullptr ? account->pw_dir : "";
}

/// root's environment says nothing of where the job's user keeps things.
std::string directory_of(const Client& client) {
    return client.owner ? secret::directory_of_files({}, client.owner->home) : secret::directory_of_files(client.environment, home_directory());
}

/// What happens to the files when this command ends. Never freed: it ends with exit().
struct End {
    pid_t process;
    std::string path;
    std::optional<OtherUser> owner;
    bool after_failure;
    bool after_success;
};

void remove_at_end(int status, void* argument) {
    const auto* end = static_cast<const End*>(argument);
    if (getpid() != end->process) return;  // a child of salloc's that could not start its command
    if (!(status == 0 ? end->after_success : end->after_failure)) return;
    if (end->owner) run_as(*end->owner, [&] { remove_secrets(end->path); return std::error_code(); });
    else remove_secrets(end->path);
}

/// The job ends with srun and salloc, unless they are told to leave it alone. sbatch --wait fails as the job does, which may run again.
End end_of(const Client& client, std::string path) {
    const bool sbatch = client.tool == submit::Tool::sbatch;
    const bool left_alone = client.options.is_set("no-shell") || client.options.is_set("async");
    return {.process = getpid(),
            .path = std::move(path),
            .owner = client.owner,
            .after_failure = !sbatch || !client.options.is_set("wait"),
            .after_success = !sbatch && !left_alone};
}

std::string write_all(const std::vector<submit::SecretFile>& files) {
    for (const submit::SecretFile& file : files)
        if (std::string problem = write_secrets(file.path, file.text); !problem.empty()) return problem;
    return {};
}

std::string write_all_as(const OtherUser& owner, const std::vector<submit::SecretFile>& files) {
    const std::error_code error =
        run_as(owner, [&] { return write_all(files).empty() ? std::error_code() : std::error_code(EACCES, std::generic_category()); });
    return error ? fmt::format("cannot write {} as {}", files.front().path, owner.name) : std::string();
}

// --- the end of a batch job --------------------------------------------------------------------------------------------

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
    std::string_view rest = list != nullptr ? list : "";
    while (!rest.empty()) {
        const std::string_view item = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), item.size() + 1));
        const char* const behind = item.data() + item.size();
        int first = 0;
        std::from_chars_result read = std::from_chars(item.data(), behind, first);
        int last = first;
        if (read.ec == std::errc{} && read.ptr != behind && *read.ptr == '-') read = std::from_chars(read.ptr + 1, behind, last);
        if (read.ec != std::errc{} || read.ptr != behind || (number >= first && number <= last)) return true;
    }
    return false;
}

/// slurmctld starts a job again whose script ends with one of these.
bool is_requeued_for(std::optional<int> exit_status) {
    if (exit_status && WIFEXITED(*exit_status) && WEXITSTATUS(*exit_status) == 0) return false;
    if (!exit_status) return true;  // the script never ran, and slurmctld may start the job again
    slurm_conf_t* conf = nullptr;  // never freed: Slurm 26.05 declares no function for it, and slurmstepd is about to end
    if (slurm_load_ctl_conf(0, &conf) != SLURM_SUCCESS || conf == nullptr) return true;
    const auto is_set = [](const char* text) { return text != nullptr && *text != '\0'; };
    if (!WIFEXITED(*exit_status)) return is_set(conf->requeue_exit) || is_set(conf->requeue_exit_hold);
    return lists(conf->requeue_exit, WEXITSTATUS(*exit_status)) || lists(conf->requeue_exit_hold, WEXITSTATUS(*exit_status));
}

bool runs_again(const slurm_job_info_t& job, bool ends_now, std::optional<int> exit_status) {
    constexpr std::uint32_t requeued = JOB_REQUEUE | JOB_REQUEUE_HOLD | JOB_SPECIAL_EXIT;
    const std::uint32_t base = job.job_state & JOB_STATE_BASE;
    if ((job.job_state & requeued) != 0 || base == JOB_PENDING) return true;
    if (base >= JOB_COMPLETE) return false;
    return !ends_now || is_requeued_for(exit_status);
}

/// Whether this job runs again, or another task of its array has not ended. Who cannot be asked may say yes.
bool is_needed(const step::Facts& facts, std::optional<int> exit_status) {
    const Jobs jobs = load_jobs(facts.array_job_id.value_or(facts.job_id));
    if (jobs == nullptr) return true;
    for (std::uint32_t i = 0; i < jobs->record_count; ++i) {
        const slurm_job_info_t& job = jobs->job_array[i];
        if (runs_again(job, id_of(job) == facts.job_id, exit_status)) return true;
    }
    return false;
}

}  // namespace

void name_secrets_file(const Client& client, submit::Request& request) {
    request.secrets_file = new_secrets_file(directory_of(client));
    // A step writes its configuration beside the job's, whose secrets may be others.
    if (client.tool == submit::Tool::srun_in_job) request.references_label = label_of(request.secrets_file);
}

Diagnostics write_secret_files(const Client& client, const submit::Submission& submission) {
    const std::string directory = directory_of(client);
    if (!client.owner) remove_old_secrets(directory, std::time(nullptr));
    if (submission.secret_files.empty()) return {};
    on_exit(remove_at_end, new End(end_of(client, submission.plan.secrets_file)));
    const std::string problem = client.owner ? write_all_as(*client.owner, submission.secret_files) : write_all(submission.secret_files);
    if (problem.empty()) return {};
    return {{.code = "secret.file",
             .message = fmt::format("the recipe's secrets cannot be kept: {}", problem),
             .fix = "export XDG_STATE_HOME=DIRECTORY, one that you can write to and all nodes share"}};
}

Expected<plan::LaunchPlan> with_secrets(plan::LaunchPlan plan) {
    if (plan.secrets_file.empty()) return plan;
    const Expected<std::vector<std::string>> texts = read_secret_texts(plan.secrets_file);
    if (!texts) return std::unexpected(texts.error());
    return step::with_secrets(std::move(plan), *texts);
}

void batch_step_ended(const plan::LaunchPlan& plan, const step::Facts& facts, const OtherUser& user, std::optional<int> exit_status) {
    if (plan.secrets_file.empty() || is_needed(facts, exit_status)) return;
    static_cast<void>(ask_child(time_to_remove, [&](const Teller&) {
        if (become(user)) remove_secrets(plan.secrets_file);
    }));
}

}  // namespace recipe::spank
