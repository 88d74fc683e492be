// SPDX-License-Identifier: Apache-2.0
// Numbers and their texts, as Python and PyYAML write and read them. Internal to lib/config.
#pragma once

#include <string>
#include <string_view>

namespace recipe::config {

/// Python's repr(): 1e-05, 1e+16, 0.1, 1.0, inf, -inf, nan.
[[nodiscard]] std::string float_repr(double value);
/// PyYAML's: 1.0e-05, .inf, -.inf, .nan.
[[nodiscard]] std::string float_yaml(double value);
/// All digits of a finite double without fraction: "0", "-3", "100000000000000000000".
[[nodiscard]] std::string integral_digits(double value);

/// Python's float() for a text already known to be [+-]digits[.digits][e[+-]digits], inf or nan in any case: beyond a
/// double's range it is inf, below it zero.
[[nodiscard]] double parse_float(std::string_view text);

}  // namespace recipe::config
