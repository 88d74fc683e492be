// SPDX-License-Identifier: Apache-2.0
// The values that OmegaConf treats in a way of their own. Internal to lib/config.
#pragma once

#include "config/interpolation/interpolation_ast.hpp"

namespace recipe::config {

/// `???`: a value that has to be given.
[[nodiscard]] inline bool is_missing(const Value& value) noexcept {
    const std::string* text = value.as_string();
    return text && *text == "???";
}

[[nodiscard]] inline bool is_interpolation(const Value& value) noexcept {
    const std::string* text = value.as_string();
    return text && interpolation::has_interpolation(*text);
}

[[nodiscard]] inline bool is_container(const Value& value) noexcept {
    return value.is_map() || value.is_list();
}

/// A string in a tree that no grammar accepts as an interpolation; OmegaConf refuses it as soon as it is read.
struct InvalidInterpolation {
    const Value* value;
    interpolation::SyntaxError error;
};
[[nodiscard]] std::vector<InvalidInterpolation> find_invalid_interpolations(const Value& tree);

/// The message for such a string: "this is no valid interpolation, ...".
[[nodiscard]] std::string describe(const interpolation::SyntaxError& error);

}  // namespace recipe::config
