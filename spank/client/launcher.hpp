// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "spank/plugin/hooks.hpp"

namespace recipe::spank {

/// One layout call and one node call per step of several nodes, so that not every node has to ask. Makes the tasks of a
/// recipe's step end together, and writes the configuration and the manifest before the nodes look for them. -1: the
/// step is refused.
[[nodiscard]] int launcher_user_init(spank_t spank);

/// When the step is over.
void launcher_exit();

}  // namespace recipe::spank
