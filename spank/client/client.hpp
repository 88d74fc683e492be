// SPDX-License-Identifier: Apache-2.0
// What sbatch, salloc and srun have in common: gather what was asked for, let the library decide, carry it out.
#pragma once

#include "planner/planner.hpp"
#include "site/site.hpp"
#include "spank/client/command_line.hpp"
#include "spank/client/other_user.hpp"
#include "spank/client/slurm_client.hpp"
#include "spank/plugin/hooks.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace recipe::spank {

/// One command that a recipe was given to.
struct Client {
    spank_t spank;
    planner::Tool tool;
    const char* variable_prefix;  // "SBATCH_", "SALLOC_", "SLURM_": environment variables that set options
    CommandLine command_line;
    SlurmOptions options;
    config::Environment environment;
    std::optional<OtherUser> owner;  // of the job, when that is not the caller
};

[[nodiscard]] Client make_client(spank_t spank, planner::Tool tool, const char* variable_prefix);

/// The refusal of a recipe in a heterogeneous job.
[[nodiscard]] Diagnostic heterogeneous_job();

/// The site's settings, with the collections of plugstack.conf after its own.
[[nodiscard]] Expected<site::UserSettings> settings_of(const Client& client, std::span<char*> plugin_arguments);

/// The command has no recipe: it was given none, or `none`.
[[nodiscard]] bool uses_none(const StoredOptions& stored);

/// The request that the command amounts to. Options of plugstack.conf: `recipes=DIR[:DIR...]`, `site=FILE`.
[[nodiscard]] Expected<planner::SubmitRequest> make_request(const Client& client, const StoredOptions& stored,
                                                            std::span<char*> plugin_arguments);

/// Prints errors with slurm_error and the rest with slurm_info, which -Q silences.
void report(const Diagnostics& diagnostics);

/// Decides, prints, and when nothing is wrong creates the results directory, sets Slurm's options and writes the
/// files that the plan names. `check` may refuse a plan before anything is written. Returns the submission that was
/// carried out.
[[nodiscard]] std::optional<planner::Submission> submit_with(
    const Client& client, const planner::SubmitRequest& request,
    const std::function<Diagnostics(const plan::LaunchPlan&)>& check = {});

/// Takes away the directories that submit_with created, where they are empty still.
void withdraw();

int allocator_post_opt(spank_t spank, const StoredOptions& stored, std::span<char*> plugin_arguments);
int launcher_post_opt(spank_t spank, const StoredOptions& stored, std::span<char*> plugin_arguments);

/// For slurmctld, beside the plan: where secrets stand in the command that it keeps with the job. Without them it goes
/// by names.
void hand_places_of_secrets(spank_t spank, const planner::Submission& submission);

}  // namespace recipe::spank
