// SPDX-License-Identifier: Apache-2.0
// From a checked recipe to a launch plan.
#pragma once

#include "config/config.hpp"
#include "diagnostic/diagnostic.hpp"
#include "family/family.hpp"
#include "plan/plan.hpp"
#include "validate/validate.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace recipe::planner {

/// What make() takes beside the recipe.
struct PlanInputs {
    bool cluster_has_gpus = false;   // a gpu GRES exists
    bool user_spelled_gpus = false;  // then none are filled in
    site::PortRange ports;
    std::vector<std::string> typed_variables;  // names under env_vars that were given on the command line
    std::vector<std::pair<std::string, std::string>> site_environment;     // of the site file
    std::vector<std::pair<std::string, std::string>> profile_environment;  // of the instance type
    bool interfaces_by_route = false;
    std::int64_t check_seconds = site::default_check_seconds;
    std::vector<std::string> overrides;
    const family::Family* family = nullptr;  // of the recipe; nothing: it has no program of its own
    bool runs_entry = true;                  // the job has no script: the family's program counts, and its code
};

/// The plan for a recipe that passed validation, without its container, which is not made of the recipe alone. Codes:
/// resources.*, launch.*, environment.*. Warnings and hints go to `notes`.
[[nodiscard]] Expected<plan::LaunchPlan> make(const config::Resolved& resolved, const validate::Result& checked,
                                              const PlanInputs& inputs, Diagnostics& notes);

}  // namespace recipe::planner
