// SPDX-License-Identifier: Apache-2.0
// What the site lets jobs do, as etc/recipe.yaml has it.
#pragma once

#include "decide.hpp"
#include "plan/plan.hpp"

namespace recipe::job_submit {

/// Of any job, where slurmctld knows of no policy and is to refuse then: code policy.unknown.
[[nodiscard]] Diagnostics unknown_policy();

/// Of a job without a plan: code policy.recipe_required.
[[nodiscard]] Diagnostics check_without_recipe(const JobRequest& request, const Snapshot& snapshot);

/// The partition for the plan's instance type, where the request names none and the site has one.
[[nodiscard]] std::optional<std::string> default_partition(const JobRequest& request, const plan::Summary& plan,
                                                           const site::Policy& policy);

/// Code policy.max_nodes, of a recipe's name.
[[nodiscard]] Diagnostics check_max_nodes(const std::string& recipe, std::int64_t nodes, const site::Policy& policy);

/// Codes policy.instance_type, policy.max_nodes. `nodes`: the most that Slurm may give the job.
[[nodiscard]] Diagnostics check_policy(const plan::Summary& plan, std::int64_t nodes, const site::Policy& policy);

}  // namespace recipe::job_submit
