// SPDX-License-Identifier: Apache-2.0
// The end of the files that a batch job's plan names, on the node that ran its script. See client/job_files.hpp for the
// whole of their life.
#pragma once

#include "node/node.hpp"
#include "spank/host/user_rights.hpp"

#include <optional>

namespace recipe::spank {

/// Slurmstepd's batch step, at its end, as root: removes the files of a job that needs them no more. `user`: whose they
/// are. `exit_status`: of the batch script, as of wait(2); nothing: not known.
void batch_step_ended(const plan::LaunchPlan& plan, const node::Facts& facts, const OtherUser& user,
                      std::optional<int> exit_status);

}  // namespace recipe::spank
