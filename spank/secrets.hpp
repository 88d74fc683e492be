// When the files of a job's secrets come and go.
//
// sbatch, salloc and srun write them last, when nothing else can refuse the job on this side. They go
//   with srun and salloc, whose job ends with them, and with any command whose submission failed;
//   with the batch script of a job that does not run again, or of the last task of an array;
//   with a later submission of the user, once no job has used them for secret_files.hpp's longest_unused: those of jobs that never
//   started, of salloc --no-shell, and of commands and nodes that died.
#pragma once

#include "client.hpp"
#include "step/step.hpp"

#include <cstdint>
#include <optional>

namespace recipe::spank {

/// Names the file that a job of this request may need.
void name_secrets_file(const Client& client, submit::Request& request);

/// Writes the submission's files and sees to their end. Code secret.file.
[[nodiscard]] Diagnostics write_secret_files(const Client& client, const submit::Submission& submission);

/// The plan with its overrides and variables as the recipe has them, read by the plan's user. Code node.secrets.
[[nodiscard]] Expected<plan::LaunchPlan> with_secrets(plan::LaunchPlan plan);

/// Slurmstepd's batch step, at its end, as root: removes the files of a job that needs them no more. `user`: whose they are.
/// `exit_status`: of the batch script, as of wait(2); nothing: not known.
void batch_step_ended(const plan::LaunchPlan& plan, const step::Facts& facts, const OtherUser& user, std::optional<int> exit_status);

}  // namespace recipe::spank
