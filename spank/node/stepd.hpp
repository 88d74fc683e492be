// SPDX-License-Identifier: Apache-2.0
// slurmstepd, on every node of a job with a recipe.
#pragma once

#include "spank/plugin/hooks.hpp"

#include <optional>
#include <string>

namespace recipe::spank {

/// With the user's rights, once per step and node. Remembers what goes wrong.
void stepd_user_init(spank_t spank);

/// In the process that becomes the task. -1 when something went wrong before, with the reason on the task's stderr.
[[nodiscard]] int stepd_task_init(spank_t spank);

/// At the end of the step, as root; of a batch step what wait(2) said of the script.
void stepd_exit(std::optional<int> exit_status);

void stepd_remember_failure(std::string reason);

}  // namespace recipe::spank
