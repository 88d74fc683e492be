// SPDX-License-Identifier: Apache-2.0
// Text for people: foreign text made safe for a terminal or a log, and counts of things in words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace recipe::slurm_text {

/// What a terminal or a log would obey instead of showing it: the bytes below the blank, and DEL.
[[nodiscard]] constexpr bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

[[nodiscard]] bool has_control(std::string_view text) noexcept;
[[nodiscard]] bool has_blank_or_control(std::string_view text) noexcept;

/// `text` with `other` in the place of each control character.
[[nodiscard]] std::string replace_control(std::string_view text, char other);

/// `text` with \x1b in the place of an escape, and so on. The result has no line end.
[[nodiscard]] std::string escape_control(std::string_view text);

/// `text` on one line of at most about `max_bytes`: control characters are escaped, since a value with line ends could
/// forge lines of a log, and what is longer ends in "...", between two characters of UTF-8.
[[nodiscard]] std::string printable(std::string_view text, std::size_t max_bytes);

/// "1 node", "3 nodes". The plural of `thing` ends in s.
[[nodiscard]] std::string counted(std::int64_t number, std::string_view thing);

}  // namespace recipe::slurm_text
