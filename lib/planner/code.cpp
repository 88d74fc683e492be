// SPDX-License-Identifier: Apache-2.0
// Checks what the submitting host can see of a job's training code.
#include "planner/code.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace recipe::planner {
namespace {

void check_entry(const SubmitRequest& request, const plan::LaunchPlan& plan, Diagnostics& diagnostics) {
    if (!request.needs_entry) return;
    if (plan.entry.empty()) {
        diagnostics.push_back(
            {.code = "submit.nothing_to_run",
             .key = "launch.entry_script",
             .message = fmt::format("neither a batch script was given nor does the recipe {} name an entry "
                                    "script, so there is nothing to run",
                                    plan.recipe),
             .fix = "--recipe-set=++launch.entry_script=/path/to/train.py"});
        return;
    }
    std::error_code error;
    const std::filesystem::path program = plan.entry.program;
    const bool is_cloned = plan.code && plan.entry.program.starts_with(plan.entry.directory + '/');
    if (program.empty() || is_cloned || std::filesystem::exists(program, error)) return;
    // An image has programs of its own.
    const bool surely = !plan.container && std::filesystem::exists(program.parent_path(), error);
    diagnostics.push_back(
        {.severity = surely ? Severity::error : Severity::warning,
         .code = "launch.entry_missing",
         .key = plan.entry.config_arguments ? "git.entry_script" : "launch.entry_script",
         .message = plan.container
                        ? fmt::format("the entry script {} is not there, so the image must have it", program.string())
                        : fmt::format("the entry script {} is not there", program.string())});
}

/// Only a batch job has one place that works before all steps.
void check_tool(const SubmitRequest& request, const plan::LaunchPlan& plan, Diagnostics& diagnostics) {
    if (!plan.code || (request.tool != Tool::salloc && request.tool != Tool::srun)) return;
    diagnostics.push_back(
        {.severity = Severity::warning,
         .code = "launch.code_batch",
         .key = "git.repo_url_or_path",
         .message = fmt::format("{} is cloned by a batch job's first node; {} starts none, so nothing is cloned",
                                plan.code->url, request.tool == Tool::salloc ? "salloc" : "srun"),
         .fix = "clone it yourself, and: --recipe-set=git.repo_url_or_path=/PATH"});
}

void check_token(const plan::LaunchPlan& plan, Diagnostics& diagnostics) {
    if (!plan.code || !plan.code->token_file) return;
    const std::string& path = *plan.code->token_file;
    const auto report = [&](Severity severity, std::string message, std::string fix) {
        diagnostics.push_back({.severity = severity,
                               .code = "launch.code_token",
                               .key = "git.token_file",
                               .message = std::move(message),
                               .fix = std::move(fix)});
    };
    struct stat status{};
    if (stat(path.c_str(), &status) != 0)
        return report(Severity::warning,
                      fmt::format("the token's file {} is not visible from here ({}); the job's first node reads it",
                                  path, std::strerror(errno)),
                      {});
    if (!S_ISREG(status.st_mode))
        return report(Severity::error, fmt::format("the token's file {} is no file", path), {});
    if (access(path.c_str(), R_OK) != 0)
        return report(Severity::error,
                      fmt::format("you may not read the token's file {} ({})", path, std::strerror(errno)), {});
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        report(Severity::warning,
               fmt::format("others may read the token's file {} (mode {:04o})", path, status.st_mode & 07777),
               fmt::format("chmod 600 {}", path));
}

}  // namespace

void check_code(const SubmitRequest& request, const plan::LaunchPlan& plan, Diagnostics& diagnostics) {
    check_entry(request, plan, diagnostics);
    check_tool(request, plan, diagnostics);
    check_token(plan, diagnostics);
}

}  // namespace recipe::planner
