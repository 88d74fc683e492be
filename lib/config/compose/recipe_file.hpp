// SPDX-License-Identifier: Apache-2.0
// What a recipe file that lies in no collection may say at its top beside the recipe. Internal to lib/config.
#pragma once

#include "config/value/value.hpp"

namespace recipe::config {

/// Takes out of a recipe file's content what belongs at the root of the configuration: the sections that say how a job
/// is launched and where it runs (launch, container, env_vars, git, cluster, ...), `recipes` itself, and whatever else
/// the root configuration has. A section without content says nothing, and is dropped.
///
/// A key of the root that is a map there and something else here is a problem: compose.type. A key that is nearly one
/// of these stays in the recipe, and a note asks: compose.misspelt.
[[nodiscard]] Value take_root_keys(Value& content, const Value& root, Diagnostics& problems, Diagnostics& notes);

}  // namespace recipe::config
