// SPDX-License-Identifier: Apache-2.0
// What a job without a script runs, and where its code comes from.
#pragma once

#include "config/config.hpp"
#include "diagnostic/diagnostic.hpp"
#include "family/family.hpp"
#include "plan/plan.hpp"

#include <optional>
#include <string>

namespace recipe::planner {

struct Program {
    plan::Entry entry;
    std::string entry_key = "launch.entry_script";  // that names the entry, or would name it in a recipe of this form
    std::optional<plan::Code> code;
};

/// What a shell script calls the configuration: the recipe's name without its folder.
[[nodiscard]] std::string configuration_name(const config::Resolved& resolved);

/// Of the first that names one: `training_cfg` (HyperPod's custom training), `git`, the family when there is code or no
/// launch.entry_script, launch.entry_script. `runs_entry`: the job has no script, so that the family's program counts,
/// and its code. Codes: launch.arguments, launch.code_*.
[[nodiscard]] Expected<Program> program_of(const config::Resolved& resolved, const family::Family& family,
                                           bool runs_entry, const std::string& results_dir, Diagnostics& notes);

}  // namespace recipe::planner
