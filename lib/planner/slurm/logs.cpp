// SPDX-License-Identifier: Apache-2.0
// Makes the directories of the logs that the user named. Slurm before 25.05 opens a log or ends the job, as 0:53, with
// nobody to tell why.
#include "planner/planner.hpp"

#include "diagnostic/codes/submit.hpp"
#include "planner/slurm/slurm_options.hpp"
#include "storage/storage.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

namespace recipe::planner {
namespace {

namespace fs = std::filesystem;

Diagnostic cannot_open(const SlurmOption& option, std::string message, std::string fix) {
    return {.code = codes::submit.log,
            .source = {.name = option.spelling},
            .message = std::move(message),
            .fix = std::move(fix)};
}

/// A directory whose name is known when the job starts, and which only its first task could have made.
std::optional<fs::path> directory_of_job(const fs::path& directory) {
    fs::path so_far;
    for (const fs::path& step : directory) {
        so_far /= step;
        if (step.string().find('%') != std::string::npos) return so_far;
    }
    return std::nullopt;
}

/// "logs/%j/out" as "logs/%j-out".
std::string without_directory_of_job(const fs::path& log, const fs::path& unknown) {
    std::string name;
    for (const fs::path& step : log.lexically_relative(unknown.parent_path()))
        name += (name.empty() ? "" : "-") + step.string();
    return (unknown.parent_path() / name).string();
}

std::optional<Diagnostic> check_log(const SlurmOption& option, const fs::path& log, const MakeDirectory& make,
                                    bool slurm_makes_directories) {
    const fs::path directory = log.parent_path();
    if (!storage::answers(log.string())) return std::nullopt;  // the caller says so
    std::error_code error;
    if (const auto unknown = directory_of_job(directory)) {
        if (slurm_makes_directories || fs::is_directory(directory, error)) return std::nullopt;
        return cannot_open(
            option,
            fmt::format("{} names a directory after the job, {}, which is not there when Slurm opens the "
                        "log, and the job would end with nothing said",
                        option.spelling, unknown->string()),
            fmt::format("--{}={}", option.name, without_directory_of_job(log, *unknown)));
    }
    if (fs::is_directory(log, error))
        return cannot_open(option, fmt::format("{} is a directory, and a log is a file", log.string()),
                           fmt::format("--{}={}", option.name, (log / "%j.out").string()));
    const bool is_there = fs::exists(log, error);
    if (is_there) {
        if (access(log.c_str(), W_OK) == 0) return std::nullopt;
        return cannot_open(option,
                           fmt::format("{} cannot be written to ({}), so that the job would end at its start",
                                       log.string(), std::generic_category().message(errno)),
                           {});
    }
    const std::error_code unmade = make(directory.string());
    if (!unmade) return std::nullopt;
    return cannot_open(option,
                       fmt::format("no log can be made in {} ({}), so that the job would end at its start",
                                   directory.string(), unmade.message()),
                       {});
}

/// Slurm ends the job in the same way for want of what it is to read.
std::optional<Diagnostic> check_input(const SlurmOption& option, const fs::path& input) {
    if (input.string().find('%') != std::string::npos || !storage::answers(input.string()) ||
        access(input.c_str(), R_OK) == 0)
        return std::nullopt;
    return cannot_open(option,
                       fmt::format("{} cannot be read ({}), so that the job would end at its start", input.string(),
                                   std::generic_category().message(errno)),
                       {});
}

}  // namespace

Diagnostics prepare_logs(const SubmitRequest& request, const MakeDirectory& make, bool slurm_makes_directories) {
    Diagnostics problems;
    const fs::path& from = request.job_directory.empty() ? request.working_directory : request.job_directory;
    for (const std::string_view name : {"output", "error", "input"}) {
        const SlurmOption* option = find_option(request, name);
        // A name with a backslash is taken as it is, without patterns.
        if (option == nullptr || option->value.empty() || option->value.find('\\') != std::string::npos) continue;
        const fs::path log = (from / option->value).lexically_normal();
        if (log == "/dev/null" || option->value == "none") continue;
        auto problem =
            name == "input" ? check_input(*option, log) : check_log(*option, log, make, slurm_makes_directories);
        if (problem) problems.push_back(std::move(*problem));
    }
    return problems;
}

}  // namespace recipe::planner
