// SPDX-License-Identifier: Apache-2.0
// What HyperPod's launcher adds to a configuration before it resolves it. Internal to lib/config.
#pragma once

#include "config/compose/compose.hpp"

namespace recipe::config {

struct AddedKey {
    std::string path;
    bool was_null = false;  // it was there and null, and not absent
};

/// Adds those keys that are not there, so that interpolations may refer to them. Its alias `training` of a recipe is
/// the resolver's matter.
[[nodiscard]] std::vector<AddedKey> add_launcher_keys(Value& root, const ComposeRequest& request);

/// Undoes that: they are no part of the recipe.
void remove_launcher_keys(Value& root, const std::vector<AddedKey>& added);

}  // namespace recipe::config
