// SPDX-License-Identifier: Apache-2.0
// The last stage: a draft becomes the plan that travels, its secrets become files of the user's own.
#pragma once

#include "planner/draft.hpp"

namespace recipe::planner {

struct Finished {
    Submission submission;
    Diagnostics diagnostics;  // as this stage states them; with an error among them there is nothing to submit
};

/// Codes: secret.literal, secret.visible, secret.file, launch.code_token, plan.too_large, plan.text.
[[nodiscard]] Finished finish(const SubmitRequest& request, const Composition& composition, const Checked& checked,
                              const Draft& draft);

}  // namespace recipe::planner
