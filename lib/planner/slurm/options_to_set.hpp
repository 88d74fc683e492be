// SPDX-License-Identifier: Apache-2.0
// The Slurm options that a plan asks for and nobody set.
#pragma once

#include "planner/planner.hpp"

namespace recipe::planner {

/// What to set so that Slurm gives the job what `plan` describes. An option that the user set is touched only when a
/// stronger --recipe-set said otherwise. `root`: the composed configuration, for its `cluster` part.
[[nodiscard]] Expected<std::vector<OptionToSet>> options_to_set(const SubmitRequest& request,
                                                                const plan::LaunchPlan& plan,
                                                                const config::Value& root);

}  // namespace recipe::planner
