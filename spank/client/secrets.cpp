// SPDX-License-Identifier: Apache-2.0
// Writes the files of a job's secrets, and removes them when the command's job cannot need them.
#include "spank/client/secrets.hpp"

#include "diagnostic/codes/launch.hpp"
#include "secret/secret.hpp"
#include "spank/host/secret_files.hpp"
#include "trace/trace.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>
#include <cstdlib>
#include <ctime>

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
    std::string path;
    std::optional<OtherUser> owner;
    bool after_failure;
    bool after_success;
};

void remove_at_end(int status, void* argument) {
    const auto* end = static_cast<const End*>(argument);
    if (getpid() != end->process) return;  // a child of salloc's that could not start its command
    if (!(status == 0 ? end->after_success : end->after_failure)) return;
    if (end->owner)
        run_as(*end->owner, [&] {
            remove_secrets(end->path);
            return std::error_code();
        });
    else
        remove_secrets(end->path);
}

/// The job ends with srun and salloc, unless they are asked to leave it running. sbatch --wait fails as the job does,
/// which may run again.
End end_of(const Client& client, std::string path) {
    const bool sbatch = client.tool == planner::Tool::sbatch;
    const bool left_alone = client.options.is_set("no-shell") || client.options.is_set("async");
    return {.process = getpid(),
            .path = std::move(path),
            .owner = client.owner,
            .after_failure = !sbatch || !client.options.is_set("wait"),
            .after_success = !sbatch && !left_alone};
}

std::string write_all(const std::vector<planner::SecretFile>& files) {
    for (const planner::SecretFile& file : files)
        if (std::string problem = write_secrets(file.path, file.text); !problem.empty()) return problem;
    return {};
}

std::string write_all_as(const OtherUser& owner, const std::vector<planner::SecretFile>& files) {
    const std::error_code error = run_as(owner, [&] {
        return write_all(files).empty() ? std::error_code() : std::error_code(EACCES, std::generic_category());
    });
    return error ? fmt::format("cannot write {} as {}", files.front().path, owner.name) : std::string();
}

}  // namespace

void name_secrets_file(const Client& client, planner::SubmitRequest& request) {
    request.secrets_file = new_secrets_file(directory_of(client));
    // A step writes its configuration beside the job's, whose secrets may be others.
    if (client.tool == planner::Tool::srun_in_job) request.references_label = label_of(request.secrets_file);
}

Diagnostics write_secret_files(const Client& client, const planner::Submission& submission) {
    const std::string directory = directory_of(client);
    if (!client.owner) remove_old_secrets(directory, std::time(nullptr));
    if (submission.secret_files.empty()) return {};
    on_exit(remove_at_end, new End(end_of(client, submission.plan.secrets_file)));
    for (const planner::SecretFile& file : submission.secret_files)
        trace::debug([&] { return "secrets: " + file.path; });
    const std::string problem =
        client.owner ? write_all_as(*client.owner, submission.secret_files) : write_all(submission.secret_files);
    if (problem.empty()) return {};
    return {{.code = codes::secret.file,
             .message = fmt::format("the recipe's secrets cannot be kept: {}", problem),
             .fix = "export XDG_STATE_HOME=DIRECTORY, one that you can write to and all nodes share"}};
}

Expected<plan::LaunchPlan> with_secrets(plan::LaunchPlan plan) {
    if (plan.secrets_file.empty()) return plan;
    const Expected<std::vector<std::string>> texts = read_secret_texts(plan.secrets_file);
    if (!texts) return std::unexpected(texts.error());
    return plan::restore_secrets(std::move(plan), *texts);
}

}  // namespace recipe::spank
