// SPDX-License-Identifier: Apache-2.0
// Whose place it is that does not answer.
#pragma once

#include "planner/planner.hpp"

namespace recipe::planner {

/// silence() with its key, variable or option: of the recipe as it was composed, the request or the site. `root`:
/// nullptr where there is no composition.
[[nodiscard]] Diagnostics silence_in(const SubmitRequest& request, const config::Value* root);

}  // namespace recipe::planner
