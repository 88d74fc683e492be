#pragma once

#include "plan/plan.hpp"
#include "slurm_headers.hpp"
#include "step/step.hpp"

namespace recipe::spank {

/// What the task that calls this, in task_init, sees of the node's accelerators.
[[nodiscard]] step::Sight sight_of(spank_t spank, plan::Device device);

}  // namespace recipe::spank
