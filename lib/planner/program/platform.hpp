// SPDX-License-Identifier: Apache-2.0
// Whether Slurm is what can start a recipe at all. Internal to this room.
#pragma once

#include "planner/planner.hpp"

namespace recipe::planner {

/// A recipe that is set up for another platform, or whose family's program runs on another one only. Codes:
/// submit.platform.
[[nodiscard]] Diagnostics check_platform(const SubmitRequest& request, const config::Resolved& resolved,
                                         const family::Family& family);

}  // namespace recipe::planner
