// SPDX-License-Identifier: Apache-2.0
// The shipped families where our own trainer runs the recipe.
#pragma once

#include "config/yaml/yaml.hpp"
#include "family/family.hpp"

namespace recipe::test {

/// With what keys.yaml of the shipped trainer says of it.
[[nodiscard]] family::Families run_by_our_trainer(const config::Value& configuration);

}  // namespace recipe::test
