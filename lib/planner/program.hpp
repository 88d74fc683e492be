// SPDX-License-Identifier: Apache-2.0
// What a job without a script runs, and where its code comes from.
#pragma once

#include "planner/make.hpp"

namespace recipe::planner {

struct Program {
    plan::Entry entry;
    std::optional<plan::Code> code;
};

/// Of the first that names one: `training_cfg` (HyperPod's custom training), `git`, the family when there is code or no
/// launch.entry_script, launch.entry_script. `inputs.family` may be nullptr. Codes: launch.arguments, launch.code_*.
[[nodiscard]] Expected<Program> program_of(const config::Resolved& resolved, const PlanInputs& inputs,
                                           const std::string& results_dir, Diagnostics& notes);

}  // namespace recipe::planner
