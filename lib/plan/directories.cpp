// SPDX-License-Identifier: Apache-2.0
// Names of directories that a plan knows before the job has a number.
#include "plan/plan.hpp"

#include <fmt/format.h>

namespace recipe::plan {

std::string job_directory_placeholder(std::string_view results_dir) {
    return fmt::format("{}/%j", results_dir);
}

std::string code_directory(std::string_view results_dir) {
    return job_directory_placeholder(results_dir) + "/code";
}

}  // namespace recipe::plan
