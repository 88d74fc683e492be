// SPDX-License-Identifier: Apache-2.0
// Lists and numbers as Slurm writes them.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recipe::slurm_text {

enum class EmptyItems : bool { dropped, kept };

/// The items of a list with commas, which point into `list`. With empty items kept there is one more than there are
/// commas.
[[nodiscard]] std::vector<std::string_view> split(std::string_view list, EmptyItems empty = EmptyItems::dropped);
/// Of a text that is gone by then they would point nowhere.
template <std::same_as<std::string> Text>
void split(Text&& list, EmptyItems empty = EmptyItems::dropped) = delete;

/// The number that the whole of `text` is, in decimal digits; nothing where it is none, or too large for `Number`.
template <class Number>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text) noexcept {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// A count, of at most nine digits.
[[nodiscard]] std::optional<std::int64_t> parse_count(std::string_view text) noexcept;

}  // namespace recipe::slurm_text
