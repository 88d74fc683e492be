// SPDX-License-Identifier: Apache-2.0
// What has one cause is said once, at its cause. Private to planner.
#pragma once

#include "config/value/value.hpp"
#include "diagnostic/diagnostic.hpp"

#include <string>
#include <string_view>

namespace recipe::planner {

/// Drops what follows from another diagnostic (Diagnostic::explains). That one becomes as severe as the worst of what
/// it explains.
void leave_to_causes(Diagnostics& diagnostics);

/// The key that the value at `key` is interpolated from, through all interpolations; `key` itself where it is from
/// none. Both count from the root. `whole`: the values are equal; otherwise it may go on, as a path does.
[[nodiscard]] std::string origin_of(const config::Value& unresolved, std::string key, bool whole);

/// Moves errors about paths that are made of another key to that key, and makes one of all that have one origin.
/// `unresolved`: the configuration before interpolation.
void blame_origins(const config::Value& unresolved, Diagnostics& diagnostics);

/// Adds to `cause` that `consequence`, which has the same cause, is gone with it.
void add_consequence(Diagnostic& cause, const Diagnostic& consequence);

}  // namespace recipe::planner
