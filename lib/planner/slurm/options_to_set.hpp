// SPDX-License-Identifier: Apache-2.0
// The Slurm options that a plan asks for and nobody set.
#pragma once

#include "planner/check.hpp"
#include "planner/job.hpp"

namespace recipe::planner {

/// What to set so that Slurm gives the job what its recipe says. An option that the user set is touched only when a
/// stronger --recipe-set said otherwise. `root`: the composed configuration, for its `cluster` part.
[[nodiscard]] Expected<std::vector<OptionToSet>> options_to_set(const SubmitRequest& request, const config::Value& root,
                                                                const Checked& checked, const Job& job);

}  // namespace recipe::planner
