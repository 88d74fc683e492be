// SPDX-License-Identifier: Apache-2.0
// Collections of recipes that people publish. They are no part of the project: RECIPE_COLLECTIONS names some, parted by
// colons, and RECIPE_CORPUS a corpus that has one.
#pragma once

#include <filesystem>
#include <vector>

namespace recipe::planner {

/// None where neither variable is set.
[[nodiscard]] std::vector<std::filesystem::path> public_collections();

}  // namespace recipe::planner
