// SPDX-License-Identifier: Apache-2.0
// The boundary between spank_recipe.so, which every Slurm process loads, and librecipe_spank.so, which is loaded when a
// recipe is used. C types only: the former has no C++ library. No exception crosses it.
#pragma once

#include "spank/slurm_headers.hpp"

namespace recipe::spank {

// Each names a recipe for commands that were given none. srun asks only outside of jobs that have a plan.
inline constexpr char sbatch_recipe_variable[] = "SBATCH_RECIPE";
inline constexpr char salloc_recipe_variable[] = "SALLOC_RECIPE";
inline constexpr char srun_recipe_variable[] = "SLURM_RECIPE";

// What srun's --recipe-step said, for its own hook and for the nodes of its step.
inline constexpr char step_variable[] = "SLURM_RECIPE_STEP";

// What has not answered to srun, for the nodes of its step, which do not wait for it once more.
inline constexpr char silent_variable[] = "SLURM_RECIPE_SILENT";

/// What the option callbacks stored: the recipe's name (null: none), the other one that it replaced (null: none), and
/// the --recipe-set texts in the order in which Slurm read them.
struct StoredOptions {
    const char* recipe;
    const char* shadowed_recipe;
    const char* const* sets;
    int set_count;
    bool force;
    int component;             // of a heterogeneous job, from 0
    const char* piped_script;  // sbatch: what stood ready in the pipe that the script comes from; null: it is no pipe
};

}  // namespace recipe::spank

extern "C" {
/// sbatch, before it reads its script: with no script in argv, offers the generic one on fd 0 unless stdin has one.
void recipe_offer_script(int argc, char** argv);

/// sbatch, salloc, srun, once all options are known. `plugin_arguments`: those of plugstack.conf. 0, or -1 to refuse.
/// Without options it only looks for a recipe that was asked for where Slurm does not look.
int recipe_client_post_opt(spank_t spank, const recipe::spank::StoredOptions* options, int argument_count,
                           char** plugin_arguments);

/// srun, once its step exists: passes the head node's address to the step's tasks. 0, or -1: the step has tasks that
/// cannot train, and srun has said so.
int recipe_launcher_user_init(spank_t spank);

/// srun, when its step is over on all nodes and recipe_launcher_user_init was called.
void recipe_launcher_exit(void);

/// slurmstepd as root, of a step of the user's srun, before any plugin's options are processed: asks pyxis for the
/// recipe's container. Never fails the step.
void recipe_stepd_init(spank_t spank);

/// slurmstepd as the user, before tasks start: reads the plan, writes the configuration, sets the environment. What
/// goes wrong is kept for recipe_stepd_task_init, since failing here drains the node.
void recipe_stepd_user_init(spank_t spank);

/// slurmstepd as root, at the end of a batch step. `exit_status`: what wait(2) said of its script; negative: not known.
void recipe_stepd_exit(int exit_status);

/// slurmstepd in each task. 0, or -1: the task does not start.
int recipe_stepd_task_init(spank_t spank);
}
