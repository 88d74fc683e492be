// SPDX-License-Identifier: Apache-2.0
// Places in texts, and diagnostics that point at them. Internal to lib/config.
#pragma once

#include "config/value/value.hpp"

namespace recipe::config {

/// Line `line` (from 1) of a text without its line break; empty when there is none.
[[nodiscard]] std::string_view line_of(std::string_view text, int line) noexcept;

/// The place at a byte of a text; line and column count from 1, the column in bytes.
[[nodiscard]] Position position_at(std::shared_ptr<const SourceText> origin, std::size_t byte);

/// A place in something that the user typed: it has a column but no line.
[[nodiscard]] Source typed_source(const Override& typed, std::size_t byte);

/// A text made fit for a message: cut to `longest` bytes, control characters replaced.
[[nodiscard]] std::string quotable(std::string_view text, std::size_t longest = 80);

}  // namespace recipe::config
