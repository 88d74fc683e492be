// SPDX-License-Identifier: Apache-2.0
// Finding recipes in collections. Internal to lib/config; list_recipes() is public.
#pragma once

#include "config/compose/compose.hpp"

namespace recipe::config {

struct FoundRecipe {
    std::string name;  // path under recipes/ without ".yaml"; the path of a free file
    std::filesystem::path file;
    std::filesystem::path collection;  // empty for a free file
    Diagnostics notes;
};

/// A recipe by its path under recipes/, by the end of that path when it is unique ("llama3_2_1b"), or by a file's path.
/// Diagnostics: compose.unknown_recipe, compose.ambiguous_recipe, compose.no_collection.
[[nodiscard]] Expected<FoundRecipe> find_recipe(const ComposeRequest& request);

/// The first collection with a root config.yaml, `preferred` before all others.
[[nodiscard]] std::optional<std::filesystem::path> find_root_collection(const ComposeRequest& request,
                                                                        const std::filesystem::path& preferred);

}  // namespace recipe::config
