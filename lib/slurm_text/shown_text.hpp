// SPDX-License-Identifier: Apache-2.0
// Text for people: foreign text made safe for a terminal or a log, and counts of things in words.
//
// Unsafe is what a terminal or a log would obey instead of showing it, and what makes a text look like another one:
// control characters (C0, DEL, C1), marks that turn the direction of writing, characters that are not seen, line ends
// of Unicode, and bytes that are no UTF-8, which other terminals take for C1. Whatever shows foreign text, shows it
// through a function of this header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace recipe::slurm_text {

/// The control characters of one byte: below the blank, and DEL.
[[nodiscard]] constexpr bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

[[nodiscard]] bool has_control(std::string_view text) noexcept;
[[nodiscard]] bool has_blank_or_control(std::string_view text) noexcept;

/// Whether a character is unsafe, as above.
[[nodiscard]] bool is_unsafe(char32_t character) noexcept;
/// Whether a text has an unsafe character, or bytes that are no UTF-8.
[[nodiscard]] bool is_unsafe(std::string_view text) noexcept;

/// `text` with `other` in the place of each byte of what is unsafe: as long as before.
[[nodiscard]] std::string replace_control(std::string_view text, char other);

/// `text` with \x1b in the place of an escape, \u202e of a mark, \xff of a byte that is no UTF-8, and so on. The result
/// has no line end and nothing unsafe.
[[nodiscard]] std::string escape_control(std::string_view text);

/// The same of a text of several lines: line feeds stay.
[[nodiscard]] std::string escape_lines(std::string_view text);

/// A JSON text that means the same: what is unsafe in its strings is written as \u009b. Bytes that are no UTF-8 read
/// U+FFFD.
[[nodiscard]] std::string escape_json(std::string_view json);

/// `text` as one word without a `=`: these, blanks and backslashes are escaped as well. For lists of NAME=VALUE.
[[nodiscard]] std::string escape_word(std::string_view text);

/// `text` on one line of at most about `max_bytes`: what is unsafe is escaped, since a value with line ends could forge
/// lines of a log, and what is longer ends in "...", between two characters.
[[nodiscard]] std::string printable(std::string_view text, std::size_t max_bytes);

/// "1 node", "3 nodes". The plural of `thing` ends in s.
[[nodiscard]] std::string counted(std::int64_t number, std::string_view thing);

}  // namespace recipe::slurm_text
