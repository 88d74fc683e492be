// SPDX-License-Identifier: Apache-2.0
// Texts that Python's int() and float() read. Internal to lib/config.
#pragma once

#include "config/python/integer.hpp"

namespace recipe::config {

/// int(text): blanks around, a sign, digits with single underscores between; nullopt where Python raises ValueError.
[[nodiscard]] std::optional<Integer> python_int(std::string_view text);
/// float(text): the same with a fraction and an exponent; inf, infinity and nan in any case.
[[nodiscard]] std::optional<double> python_float(std::string_view text);

/// Whether int() or float() reads the text.
[[nodiscard]] bool is_python_number(std::string_view text);

}  // namespace recipe::config
