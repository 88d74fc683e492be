// SPDX-License-Identifier: Apache-2.0
// A model's shape, from the best source that there is. Private to this room.
#pragma once

#include "memory/memory.hpp"
#include "memory/recipe.hpp"
#include "models/models.hpp"

#include <optional>
#include <string>
#include <vector>

namespace recipe::memory {

/// A shape, or why there is none.
struct Sized {
    Shape shape{};
    std::string from{};     // a file or a model's name; empty: the recipe's own keys
    std::string unknown{};  // a sentence without its full stop; empty: the shape is known
    std::vector<std::string> to_say{};
    std::optional<std::int64_t> least_parameters{};  // that the model's name speaks of, where its shape is not known
};

/// The recipe's own keys win; then the config.json of the model's directory, the catalogue by its name, and the
/// catalogue by the run's name where the recipe names no model at all. What the recipe says of a shape changes that.
[[nodiscard]] Sized read_shape(const Recipe& recipe, const Family& family, const Sources& sources);

[[nodiscard]] Shape shape_of(const models::Model& model);

/// Of a model by its name, as exactly as that is known; 0: not at all.
[[nodiscard]] double parameters_of(std::string_view name, const Sources& sources);

/// Whether the section `memory` takes a number of that name as one of the shape.
[[nodiscard]] bool is_dimension(std::string_view name);

}  // namespace recipe::memory
