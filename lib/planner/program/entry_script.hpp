// SPDX-License-Identifier: Apache-2.0
// Where the program lies that a recipe names by a relative path. Internal to this room.
#pragma once

#include "config/config.hpp"

#include <filesystem>
#include <string>

namespace recipe::planner {

/// HyperPod's custom training, which has no recipe.
[[nodiscard]] bool is_custom(const config::Value& root);

/// Whether a file of the collection says a value.
[[nodiscard]] bool is_of_collection(const config::Resolved& resolved, const config::Value& written);

/// A relative `script` counts from the collection; of custom training from its file. A recipe file that lies in no
/// collection brings its own: what lies beside it comes first, unless the collection itself names the script.
/// `written` is the value that says so; nullptr: a family's default.
[[nodiscard]] std::filesystem::path entry_script_file(const config::Resolved& resolved, const std::string& script,
                                                      const config::Value* written);

}  // namespace recipe::planner
