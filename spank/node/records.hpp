// SPDX-License-Identifier: Apache-2.0
// What a job leaves of its recipe beside its results: the configuration that its tasks read, and the manifest.
#pragma once

#include "diagnostic/diagnostic.hpp"
#include "node/node.hpp"

#include <string>
#include <vector>

namespace recipe::spank {

/// Whether the file that the job's tasks read is there.
[[nodiscard]] bool configuration_is_recorded(const plan::LaunchPlan& plan, const node::Facts& facts);

/// Writes the configuration, secrets included, unless it is there. True: this call wrote it. Code node.configuration.
[[nodiscard]] Expected<bool> record_configuration(const plan::LaunchPlan& plan, const node::Facts& facts);

/// Adds this start to the manifest unless it is there. `nodes`: the job's. `environment`: of this process, before the
/// plan's variables. `secrets`: what the plan's references mean, which the manifest does not say. Two that do it at
/// once take turns. Code node.manifest.
[[nodiscard]] Expected<void> record_start(const plan::LaunchPlan& plan, const node::Facts& facts,
                                          const std::string& nodes, const node::Lookup& environment,
                                          const std::vector<std::string>& secrets);

}  // namespace recipe::spank
