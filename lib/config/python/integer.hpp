// SPDX-License-Identifier: Apache-2.0
// An integer as Python has it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace recipe::config {

/// An integer without bounds, as in Python: a machine integer while it fits, decimal digits beyond.
class Integer {
public:
    Integer(std::int64_t value = 0) : small_(value) {}  // NOLINT(google-explicit-constructor): reads as a number
    /// From decimal digits with an optional sign and nothing else; nullopt otherwise.
    static std::optional<Integer> from_digits(std::string_view digits);

    [[nodiscard]] std::optional<std::int64_t> to_int64() const noexcept;
    [[nodiscard]] double to_double() const noexcept;  // inf when beyond a double's range
    [[nodiscard]] std::string to_string() const;
    bool operator==(const Integer&) const = default;

private:
    std::int64_t small_ = 0;
    std::string big_;  // canonical digits when the value does not fit small_, else empty
};

}  // namespace recipe::config
