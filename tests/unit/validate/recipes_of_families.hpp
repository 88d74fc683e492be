// SPDX-License-Identifier: Apache-2.0
// A recipe of each family that no rule finds fault with.
#pragma once

#include "recipe_under_test.hpp"

namespace recipe::validate {

[[nodiscard]] RecipeUnderTest nemo();
[[nodiscard]] RecipeUnderTest neuron();
[[nodiscard]] RecipeUnderTest adapter();
[[nodiscard]] RecipeUnderTest verl();
[[nodiscard]] RecipeUnderTest llmft();
[[nodiscard]] RecipeUnderTest sized();

}  // namespace recipe::validate
