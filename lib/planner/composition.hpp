// SPDX-License-Identifier: Apache-2.0
// The first stage: a request's recipe as one configuration, and the data that it is checked against.
#pragma once

#include "config/config.hpp"
#include "family/family.hpp"
#include "hardware/hardware.hpp"
#include "models/models.hpp"
#include "planner/planner.hpp"
#include "planner/slurm/reconcile_options.hpp"
#include "secret/secret.hpp"

#include <optional>
#include <vector>

namespace recipe::planner {

struct Composition {
    config::Resolved resolved;                      // in the common form, see custom_form.hpp
    std::vector<LeveledOverride> overrides;         // of the request, in the order in which they apply
    std::vector<config::Override> slurm_overrides;  // after these: what its Slurm options mean, where they win
    hardware::Catalogue catalogue;                  // empty where the recipe names no instance type
    models::Catalogue models;                       // shapes of public models
    family::Families families;                      // with what is known of the program that runs
    std::vector<secret::Secret> secrets;            // of the configuration
    std::optional<config::Value> program_keys;      // what the entry script says of itself, see program.hpp

    [[nodiscard]] const config::Value& root() const noexcept { return resolved.root; }
    [[nodiscard]] const family::Family& family() const { return families.of(resolved.root); }
};

/// Composes the recipe with the request's overrides. Where Slurm options say something else and win, composes again:
/// what they mean may be what the recipe refers to. Codes: compose.*, submit.conflict, submit.node_range,
/// submit.tasks_per_node, submit.gpus, hardware.file, models.file, family.file.
[[nodiscard]] Expected<Composition> compose(const SubmitRequest& request);

/// The same configuration before interpolation; null where there is none.
[[nodiscard]] config::Value unresolved_root(const SubmitRequest& request, const Composition& composition);

}  // namespace recipe::planner
