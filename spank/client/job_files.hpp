// SPDX-License-Identifier: Apache-2.0
// When the files that a job's plan names come and go: those of its secrets, and that of a configuration that the plan
// has no room for.
//
// sbatch, salloc and srun write them last, when nothing else can refuse the job on this side. They go
//   with srun and salloc, whose job ends with them, and with any command whose submission failed;
//   with the batch script of a job that does not run again, or of the last task of an array;
//   with a later submission of the user, once no job has used them for own_files.hpp's max_unused: those of jobs that
//   never started, of salloc --no-shell, and of commands and nodes that died. Configurations wait for one that has
//   such a file in the same results directory.
#pragma once

#include "node/node.hpp"
#include "spank/client/client.hpp"

namespace recipe::spank {

/// Names the file that a job of this request may need.
void name_secrets_file(const Client& client, planner::SubmitRequest& request);

/// Writes the submission's files and sees to their end. Codes secret.file, plan.file.
[[nodiscard]] Diagnostics write_job_files(const Client& client, const planner::Submission& submission);

/// The plan with its overrides and variables as the recipe has them, read by the plan's user. Code node.secrets.
[[nodiscard]] Expected<plan::LaunchPlan> with_secrets(plan::LaunchPlan plan);

}  // namespace recipe::spank
