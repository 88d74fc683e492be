// SPDX-License-Identifier: Apache-2.0
// The variables of a recipe's job that must not reach another job or step.
#pragma once

#include "spank/plugin/hooks.hpp"

namespace recipe::spank {

/// What a job exports to the commands inside it. srun inside a job goes on with the job's plan; a nested sbatch or
/// salloc must not take it for its own.
inline constexpr const char* inherited_options[] = {"SLURM_SPANK__SLURM_SPANK_OPTION_recipe_recipe",
                                                    "SLURM_SPANK__SLURM_SPANK_OPTION_recipe_recipe_set",
                                                    "_SLURM_SPANK_OPTION_recipe_recipe",
                                                    "_SLURM_SPANK_OPTION_recipe_recipe_set",
                                                    "SLURM_SPANK__SLURM_SPANK_OPTION_recipe_recipe_force",
                                                    "_SLURM_SPANK_OPTION_recipe_recipe_force",
                                                    "SLURM_SPANK__SLURM_SPANK_OPTION_recipe_recipe_step",
                                                    "_SLURM_SPANK_OPTION_recipe_recipe_step"};
inline constexpr const char* inherited_plan[] = {"SLURM_SPANK_RECIPE_PLAN", "SLURM_SPANK_RECIPE_LINE",
                                                 "SLURM_RECIPE_HEAD",       "RECIPE_NAME",
                                                 "RECIPE_CONFIG",           "RECIPE_CONFIG_DIR",
                                                 "RECIPE_CONFIG_NAME",      "RECIPE_RESULTS_DIR",
                                                 "RECIPE_COMMAND",          "RECIPE_TASKS_PER_NODE",
                                                 "RECIPE_SRUN_ARGUMENTS",   "RECIPE_SETUP",
                                                 "RECIPE_SECRET_COMMAND",   "RECIPE_CODE",
                                                 "RECIPE_CODE_DIR",         "RECIPE_CODE_TOKEN_FILE",
                                                 "SLURM_RECIPE_MOUNTS",     step_variable};

}  // namespace recipe::spank
