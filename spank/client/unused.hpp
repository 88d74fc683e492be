// SPDX-License-Identifier: Apache-2.0
// A recipe that was asked for where Slurm does not look.
#pragma once

#include "spank/client/client.hpp"

namespace recipe::spank {

/// What `request` would leave out, of the places that this command has for it.
[[nodiscard]] Diagnostics unused_by(const Client& client, const StoredOptions& stored,
                                    const planner::SubmitRequest& request);

/// A command that uses no recipe. 0, or -1 when somebody asked for one.
[[nodiscard]] int refuse_unused(const Client& client, const StoredOptions& stored, std::span<char*> plugin_arguments);

}  // namespace recipe::spank
