#pragma once

#include "hooks.hpp"

namespace recipe::spank {

/// How srun tells the step's nodes where the node of their first task is. SLURM_* variables survive every --export.
inline constexpr const char* head_variable = "SLURM_RECIPE_HEAD";

/// One layout call and one node call per step of several nodes, so that not every node has to ask. Makes the tasks of a
/// recipe's step end together, and writes the configuration and the manifest before the nodes look for them.
void launcher_user_init(spank_t spank);

/// When the step is over.
void launcher_exit();

}  // namespace recipe::spank
