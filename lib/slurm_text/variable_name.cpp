// SPDX-License-Identifier: Apache-2.0
// Recognizes names of environment variables, and those that are not a recipe's to set.
#include "slurm_text/variable_name.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace recipe::slurm_text {
namespace {

constexpr std::string_view of_slurm = "Slurm tells a job and its steps what they are by it";
constexpr std::string_view of_plugins = "Slurm hands the options and variables of its plugins on by it";
constexpr std::string_view ours = "slurm-recipe itself tells the job by it";
constexpr std::string_view of_the_step = "each step sets its own from its real nodes";

/// Names; one that ends with * stands for all that begin so. The first that fits counts.
struct Reserved {
    std::string_view name;
    std::string_view because;  // empty: it may be set
};
constexpr std::array reserved{
    Reserved{"RECIPE_ENV_REPORT", {}},  Reserved{"RECIPE_LOG", {}},          Reserved{"RECIPE_*", ours},
    Reserved{"SLURM_RECIPE_*", ours},   Reserved{"_SLURM_*", of_plugins},    Reserved{"SLURM_SPANK_*", of_plugins},
    Reserved{"SLURM_JOB*", of_slurm},   Reserved{"SLURM_STEP*", of_slurm},   Reserved{"SLURM_NODEID", of_slurm},
    Reserved{"SLURM_PROCID", of_slurm}, Reserved{"SLURM_LOCALID", of_slurm}, Reserved{"SLURMD_*", of_slurm},
};

bool fits(std::string_view pattern, std::string_view name) {
    if (!pattern.ends_with('*')) return pattern == name;
    return name.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace

bool is_variable_name(std::string_view name) noexcept {
    constexpr std::size_t max_bytes = 255;
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto is_word = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
    };
    return !name.empty() && name.size() <= max_bytes && !is_digit(name.front()) && std::ranges::all_of(name, is_word);
}

std::string_view reserved_because(std::string_view name) noexcept {
    if (std::ranges::count(rendezvous::all, name) > 0) return of_the_step;
    const auto* const found = std::ranges::find_if(reserved, [&](const Reserved& row) { return fits(row.name, name); });
    return found == reserved.end() ? std::string_view() : found->because;
}

}  // namespace recipe::slurm_text
