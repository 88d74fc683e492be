// SPDX-License-Identifier: Apache-2.0
// Names of directories and files that a plan knows before the job has a number.
#include "plan/plan.hpp"

#include <fmt/format.h>

namespace recipe::plan {
namespace {

constexpr std::string_view configuration_prefix = "/.configuration-";
constexpr std::size_t name_digits = 32;

}  // namespace

std::string job_directory_placeholder(std::string_view results_dir) {
    return fmt::format("{}/%j", results_dir);
}

std::string code_directory(std::string_view results_dir) {
    return job_directory_placeholder(results_dir) + "/code";
}

std::string configuration_path(std::string_view results_dir, std::string_view name) {
    return fmt::format("{}{}{}", results_dir, configuration_prefix, name);
}

bool is_configuration_path(std::string_view path) noexcept {
    if (!path.starts_with('/') || path.size() < configuration_prefix.size() + name_digits) return false;
    const std::string_view end = path.substr(path.size() - configuration_prefix.size() - name_digits);
    return end.starts_with(configuration_prefix) &&
           end.find_first_not_of("0123456789abcdef", configuration_prefix.size()) == std::string_view::npos;
}

}  // namespace recipe::plan
