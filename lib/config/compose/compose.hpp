// SPDX-License-Identifier: Apache-2.0
// Recipes as Hydra would compose them: a collection, overrides, interpolation.
#pragma once

#include "config/value/value.hpp"
#include "config/yaml/yaml.hpp"
#include "diagnostic/diagnostic.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace recipe::config {

/// A text for a key that is there and null after all overrides, provided that another key, which the text refers to, is
/// there and not null. Keys count from the root.
struct NullDefault {
    std::string key;
    std::string text;
    std::string refers_to;
};

struct ComposeRequest {
    std::vector<std::filesystem::path> collections;  // searched in this order; the first that has the recipe wins
    std::string recipe;                              // path under recipes/, unique base name, or a file's path
    std::vector<Override> overrides;                 // applied in this order
    std::vector<NullDefault> null_defaults;
    Environment environment;                  // for oc.env
    std::filesystem::path working_directory;  // for recipes named by a relative file path
    Documents* documents = nullptr;           // shared with other compositions, if there are any
    /// How many processes a node of an instance type runs; nullopt: unknown. Asked only for custom training that does
    /// not say so.
    std::function<std::optional<std::int64_t>(std::string_view)> devices_of{};
};

/// What an override did, in the order given.
struct AppliedOverride {
    std::string key;        // canonical, from the root: "recipes.trainer.num_nodes"; a group override has its group
    std::size_t index = 0;  // into ComposeRequest::overrides
};

struct Resolved {
    Value root;          // after composition and interpolation; `training` is an alias of `recipes`
    std::string recipe;  // path under recipes/ without ".yaml", or the file's path for a free file
    std::filesystem::path recipe_file;
    std::filesystem::path collection;  // the collection whose config.yaml was used
    bool outside = false;              // the recipe is a file that lies in no collection
    bool stands_alone = false;         // and builds on no recipe of one
    std::vector<AppliedOverride> overrides;
    Diagnostics notes;  // warnings and hints (a shadowed file, ...); never errors
};

/// Codes: compose.unknown_recipe, compose.ambiguous_recipe, compose.no_collection, compose.yaml, compose.duplicate_key,
/// compose.override_syntax, compose.unknown_key, compose.type, compose.interpolation, compose.cycle,
/// compose.missing_value, compose.unknown_group_option, compose.sweep, compose.too_large.
[[nodiscard]] Expected<Resolved> compose(const ComposeRequest& request);

/// The same without interpolation, for `srecipe show --unresolved`.
[[nodiscard]] Expected<Resolved> compose_unresolved(const ComposeRequest& request);

struct RecipeFile {
    std::string name;  // path under recipes/ without ".yaml"
    std::filesystem::path file;
    std::filesystem::path collection;
};

/// Whether a folder is a collection with a recipe in it.
[[nodiscard]] bool has_recipes(const std::filesystem::path& collection);

/// All recipes of the collections, by name; a name that an earlier collection has is listed once, from there.
[[nodiscard]] Expected<std::vector<RecipeFile>> list_recipes(const std::vector<std::filesystem::path>& collections);

}  // namespace recipe::config
