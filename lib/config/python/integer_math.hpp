// SPDX-License-Identifier: Apache-2.0
// Arithmetic on Integer, as Python does it. Internal to lib/config.
#pragma once

#include "config/python/integer.hpp"

#include <compare>

namespace recipe::config {

/// Longest integer that is read, written or computed: Python's own limit between an int and its digits.
inline constexpr std::size_t max_integer_digits = 4300;

/// nullopt when the result would be longer than max_integer_digits.
[[nodiscard]] std::optional<Integer> multiply(const Integer& a, const Integer& b);
[[nodiscard]] std::optional<Integer> add(const Integer& a, const Integer& b);
[[nodiscard]] std::strong_ordering compare(const Integer& a, const Integer& b);

/// a / b rounded once, as Python's true division; b is not zero. nullopt when beyond a double's range.
[[nodiscard]] std::optional<double> true_divide(const Integer& a, const Integer& b);

/// The integer that a finite double without fraction stands for.
[[nodiscard]] Integer integer_from_double(double integral);

/// Digits in base 2, 8, 10 or 16 without sign or prefix; nullopt for anything else, or when too long.
[[nodiscard]] std::optional<Integer> integer_from_digits(std::string_view digits, int base);

[[nodiscard]] Integer negate(const Integer& value);

}  // namespace recipe::config
