// SPDX-License-Identifier: Apache-2.0
// The container of a recipe's steps, which pyxis starts: it is asked on each node, in the way that its own options
// arrive.
#pragma once

#include "node/node.hpp"
#include "spank/plugin/hooks.hpp"

#include <optional>

namespace recipe::spank {

/// slurmstepd as root, in slurm_spank_init, of a normal step: gives pyxis the options that the recipe asks for and the
/// user did not give. All plugins' inits come before any option is processed, so that the order in plugstack.conf does
/// not matter. Reads the plan and the environment, no file. Never fails: what is wrong with the plan is said later.
void request_container(spank_t spank);

/// What pyxis was asked for.
struct PyxisRequest {
    plan::Container container;
    std::vector<plan::Mount> by_hook;
    std::optional<Diagnostic> mounts_without_hook;
    std::optional<Diagnostic> image_hint;
    bool own_image = false;  // the recipe's is not used
};
/// Null: the step has no container of a recipe.
[[nodiscard]] const PyxisRequest* pyxis_request();

/// What carried the options is not for the tasks, whose own srun would take it for its user's option.
void clear_pyxis_variables(spank_t spank);

/// Whether this process has a SPANK plugin of that name, with options or without.
[[nodiscard]] bool pyxis_is_loaded();

}  // namespace recipe::spank
