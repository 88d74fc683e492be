// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "node/node.hpp"
#include "plan/plan.hpp"
#include "spank/slurm_headers.hpp"

namespace recipe::spank {

/// What the task that calls this, in task_init, sees of the node's accelerators.
[[nodiscard]] node::VisibleDevices visible_devices(spank_t spank, plan::Device device);

/// The beginning of a small file below /sys.
[[nodiscard]] std::optional<std::string> text_in_sys(const std::string& file);

}  // namespace recipe::spank
