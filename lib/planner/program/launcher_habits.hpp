// SPDX-License-Identifier: Apache-2.0
// What a user of HyperPod's launcher may take for granted, and finds otherwise here. Internal to this room.
#pragma once

#include "planner/planner.hpp"

namespace recipe::planner {

/// Packages that the launcher installs in each container, and a requeue that finds no checkpoint. Codes:
/// launch.not_installed, launch.starts_over.
[[nodiscard]] Diagnostics launcher_habits(const SubmitRequest& request, const config::Value& root,
                                          const family::Family& family, bool has_container);

}  // namespace recipe::planner
