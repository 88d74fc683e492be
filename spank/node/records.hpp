// SPDX-License-Identifier: Apache-2.0
// What a job leaves of its recipe beside its results: the configuration that its tasks read, and the manifest.
#pragma once

#include "diagnostic/diagnostic.hpp"
#include "node/node.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recipe::spank {

/// Whether the file that the job's tasks read is there. Codes node.foreign, node.configuration: what is there is not to
/// be believed, or cannot be read.
[[nodiscard]] Expected<bool> configuration_is_recorded(const plan::LaunchPlan& plan, const node::Facts& facts);

/// Writes the configuration, secrets included, unless it is there. True: this call wrote it. Codes node.configuration,
/// node.foreign.
[[nodiscard]] Expected<bool> record_configuration(const plan::LaunchPlan& plan, const node::Facts& facts);

/// What a file was, to whom asks later whether it is the same; nothing: it is not there.
[[nodiscard]] std::optional<node::FileIdentity> identity_of(const std::string& path);

/// Adds this start to the manifest unless it is there. `nodes`: the job's. `image`: the container's. `environment`: of
/// this process, before the plan's variables. `secrets`: what the plan's references mean, which the manifest does not
/// say. Two that do it at once take turns. Codes node.manifest, node.foreign.
[[nodiscard]] Expected<void> record_start(const plan::LaunchPlan& plan, const node::Facts& facts,
                                          const std::string& nodes, const std::optional<node::FileIdentity>& image,
                                          const node::Lookup& environment, const std::vector<std::string>& secrets);

/// Writes the report of the job's environment for this start. False: it is there, or cannot be written.
[[nodiscard]] bool record_report(const plan::LaunchPlan& plan, const node::Facts& facts, std::string_view text);

}  // namespace recipe::spank
