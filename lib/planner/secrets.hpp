// SPDX-License-Identifier: Apache-2.0
// The secrets of a recipe, out of its plan.
#pragma once

#include "planner/planner.hpp"
#include "planner/slurm/reconcile_options.hpp"
#include "secret/secret.hpp"

#include <functional>
#include <vector>

namespace recipe::planner {

/// What the secrets of a plan are looked for in.
struct SecretSearch {
    const SubmitRequest& request;
    const config::Resolved& resolved;
    const std::vector<LeveledOverride>& overrides;
    const std::vector<secret::Secret>& secrets;  // of `resolved`
    std::function<config::Value()> unresolved;  // the same composition before interpolation; asked if there is a secret
};

/// Puts references into the plan where it holds a secret or a copy of one, and returns the files that have what they
/// refer to. Warns of secrets that are written out (secret.literal). One in a text that has to stay as it is, and that
/// others can read, is refused (secret.visible).
[[nodiscard]] std::vector<SecretFile> hide_secrets(const SecretSearch& search, const std::vector<OptionToSet>& options,
                                                   plan::LaunchPlan& plan, Diagnostics& diagnostics);

/// Diagnostics may quote a value, or the line where it stands.
void redact(const std::vector<secret::Secret>& secrets, Diagnostics& diagnostics);

}  // namespace recipe::planner
