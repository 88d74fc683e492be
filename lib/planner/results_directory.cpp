// SPDX-License-Identifier: Apache-2.0
// Creates the results directory.
#include "planner/planner.hpp"

#include "diagnostic/codes/model.hpp"
#include "storage/storage.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <cerrno>
#include <filesystem>

namespace recipe::planner {

std::error_code make_writable_directory(const std::string& directory) {
    if (!storage::answers(directory)) return std::make_error_code(std::errc::timed_out);
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (!error && access(directory.c_str(), W_OK | X_OK) != 0) error = std::error_code(errno, std::generic_category());
    return error;
}

Diagnostics create_results_directory(Submission& submission, const MakeDirectory& make) {
    const std::string& directory = submission.plan.results_dir;
    const std::error_code error = make(directory);
    if (!error) return {};
    for (OptionToSet& option : submission.options)
        if ((option.name == "output" || option.name == "error") && option.value.find("/log-") != std::string::npos)
            option.value.erase(0, option.value.rfind('/') + 1);
    return {
        {.code = codes::paths.results_not_created,
         .key = "run.results_dir",
         .message = fmt::format("{} cannot be written to ({}); the job's log goes to the directory of the submission",
                                directory, error.message()),
         .fix = "--recipe-set=base_results_dir=$PWD/results"}};
}

}  // namespace recipe::planner
