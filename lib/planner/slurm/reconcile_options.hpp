// SPDX-License-Identifier: Apache-2.0
// One setting, two spellings: Slurm options compared with the --recipe-sets of the same job.
#pragma once

#include "config/compose/compose.hpp"
#include "planner/planner.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace recipe::planner {

/// What diagnostics call an override of the job that a step runs in.
inline constexpr std::string_view inherited_name = "the job's recipe";

/// The overrides of a request in the order in which they apply, each with the level it was given at.
struct LeveledOverride {
    config::Override override;
    std::optional<Level> level;  // nothing: inherited from the job
};
[[nodiscard]] std::vector<LeveledOverride> overrides_of(const SubmitRequest& request);

/// The overrides that the request's Slurm options amount to where they win over what `resolved` (composed from
/// `given`) says. Two of one level that disagree are refused: code submit.conflict, naming both. `notes` gets what a
/// script of the user's own may know better: submit.gpus and submit.tasks_per_node, as warnings.
[[nodiscard]] Expected<std::vector<config::Override>> reconcile_options(const SubmitRequest& request,
                                                                        const std::vector<LeveledOverride>& given,
                                                                        const config::Resolved& resolved,
                                                                        Diagnostics& notes);

/// Names under `env_vars` that were given on the command line.
[[nodiscard]] std::vector<std::string> typed_variables(const std::vector<LeveledOverride>& given,
                                                       const config::Resolved& resolved);

}  // namespace recipe::planner
