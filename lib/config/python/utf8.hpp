// SPDX-License-Identifier: Apache-2.0
// UTF-8, checked. For lib/config, and for doors that hand out text of any origin.
#pragma once

#include "slurm_text/utf8.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace recipe::config {

using slurm_text::decode_utf8;
using slurm_text::DecodedCharacter;

void append_utf8(std::string& text, char32_t character);

/// Where the first byte stands that belongs to no character; npos when all is well.
[[nodiscard]] std::size_t find_invalid_utf8(std::string_view text) noexcept;

/// How many characters the text has; each byte of invalid UTF-8 counts as one.
[[nodiscard]] std::size_t count_characters(std::string_view text) noexcept;

/// Python's str.isprintable() of one character.
[[nodiscard]] bool is_printable(char32_t character) noexcept;

/// The digit that a character beyond ASCII stands for in Python's int(): U+0663 is 3.
[[nodiscard]] std::optional<int> decimal_digit(char32_t character) noexcept;

}  // namespace recipe::config
