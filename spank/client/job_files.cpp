// SPDX-License-Identifier: Apache-2.0
// Writes the files that a job's plan names, and removes them when the command's job cannot need them.
#include "spank/client/job_files.hpp"

#include "diagnostic/codes/launch.hpp"
#include "diagnostic/codes/node.hpp"
#include "secret/secret.hpp"
#include "spank/host/configuration_file.hpp"
#include "spank/host/own_files.hpp"
#include "spank/host/secret_files.hpp"
#include "storage/storage.hpp"
#include "trace/trace.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>
#include <cstdlib>
#include <ctime>
#include <functional>

namespace recipe::spank {
namespace {

std::string home_directory() {
    const passwd* account = getpwuid(geteuid());
    return account != nullptr && account->pw_dir != nullptr ? account->pw_dir : "";
}

/// root's environment says nothing of where the job's user keeps things.
std::string directory_of(const Client& client) {
    return client.owner ? secret::directory_of_files({}, client.owner->home)
                        : secret::directory_of_files(client.environment, home_directory());
}

/// What happens to the files when this command ends. Never freed: it ends with exit().
struct End {
    pid_t process;
    std::string secrets;
    std::string configuration;
    std::optional<OtherUser> owner;
    std::chrono::seconds limit;  // the site's, for storage that does not answer
    bool after_failure;
    bool after_success;
};

void remove_at_end(int status, void* argument) {
    const auto* end = static_cast<const End*>(argument);
    if (getpid() != end->process) return;  // a child of salloc's that could not start its command
    if (!(status == 0 ? end->after_success : end->after_failure)) return;
    const storage::Watch watch{end->limit};
    if (!storage::answers(end->secrets) || !storage::answers(end->configuration)) return;
    const auto remove = [&] {
        remove_secrets(end->secrets);
        remove_configuration(end->configuration);
        return std::error_code();
    };
    if (end->owner)
        run_as(*end->owner, remove);
    else
        remove();
}

std::string configuration_path(const plan::LaunchPlan& plan) {
    return plan.configuration_file ? plan.configuration_file->path : std::string();
}

/// The job ends with srun and salloc, unless they are asked to leave it running. sbatch --wait fails as the job does,
/// which may run again.
End end_of(const Client& client, const plan::LaunchPlan& plan) {
    const bool sbatch = client.tool == planner::Tool::sbatch;
    const bool left_alone = client.options.is_set("no-shell") || client.options.is_set("async");
    return {.process = getpid(),
            .secrets = plan.secrets_file,
            .configuration = configuration_path(plan),
            .owner = client.owner,
            .limit = std::chrono::seconds(plan.check_seconds > 0 ? plan.check_seconds : site::default_check_seconds),
            .after_failure = !sbatch || !client.options.is_set("wait"),
            .after_success = !sbatch && !left_alone};
}

using Work = std::function<std::string()>;

/// With the rights of the job's user. "" or what went wrong, which another user's process cannot say.
std::string as_owner(const Client& client, const std::string& path, const Work& write) {
    if (!client.owner) return write();
    const std::error_code error = run_as(*client.owner, [&] {
        return write().empty() ? std::error_code() : std::error_code(EACCES, std::generic_category());
    });
    return error ? fmt::format("cannot write {} as {}", path, client.owner->name) : std::string();
}

Diagnostics write_secret_files(const Client& client, const std::vector<planner::SecretFile>& files) {
    for (const planner::SecretFile& file : files) {
        trace::debug([&] { return "secrets: " + file.path; });
        const std::string problem = as_owner(client, file.path, [&] { return write_secrets(file.path, file.text); });
        if (problem.empty()) continue;
        return {{.code = codes::secret.file,
                 .message = fmt::format("the recipe's secrets cannot be kept: {}", problem),
                 .fix = "export XDG_STATE_HOME=DIRECTORY, one that you can write to and all nodes share"}};
    }
    return {};
}

Diagnostics write_configuration(const Client& client, const planner::Submission& submission) {
    const std::string path = configuration_path(submission.plan);
    if (path.empty()) return {};
    trace::debug([&] { return "configuration: " + path; });
    const std::string problem = as_owner(client, path, [&] {
        remove_old_configurations(submission.plan.results_dir, std::time(nullptr));
        return write_own_file(path, submission.configuration);
    });
    if (problem.empty()) return {};
    return {
        {.code = codes::plan.file,
         .key = "run.results_dir",
         .message = fmt::format("the resolved recipe has {} bytes, which travel in a file of the results directory: {}",
                                submission.configuration.size(), problem),
         .fix = "--recipe-set=base_results_dir=DIRECTORY names one that you can write to and all nodes share"}};
}

}  // namespace

void name_secrets_file(const Client& client, planner::SubmitRequest& request) {
    request.secrets_file = new_secrets_file(directory_of(client));
    // A step writes its configuration beside the job's, whose secrets may be others.
    if (client.tool == planner::Tool::srun_in_job) request.references_label = label_of(request.secrets_file);
}

Diagnostics write_job_files(const Client& client, const planner::Submission& submission) {
    const std::string path = configuration_path(submission.plan);
    if (!storage::answers(directory_of(client))) return planner::silence("XDG_STATE_HOME");
    if (!path.empty() && !storage::answers(path)) return planner::silence("run.results_dir");
    if (!client.owner) remove_old_secrets(directory_of(client), std::time(nullptr));
    if (submission.secret_files.empty() && !submission.plan.configuration_file) return {};
    on_exit(remove_at_end, new End(end_of(client, submission.plan)));
    Diagnostics unkept = write_secret_files(client, submission.secret_files);
    if (unkept.empty()) unkept = write_configuration(client, submission);
    return unkept;
}

Expected<plan::LaunchPlan> with_secrets(plan::LaunchPlan plan) {
    if (plan.secrets_file.empty()) return plan;
    if (!storage::answers(plan.secrets_file)) return std::unexpected(planner::silence("XDG_STATE_HOME"));
    const Expected<std::vector<std::string>> texts = read_secret_texts(plan.secrets_file);
    if (!texts) return std::unexpected(texts.error());
    return plan::restore_secrets(std::move(plan), *texts);
}

}  // namespace recipe::spank
