// SPDX-License-Identifier: Apache-2.0
// Diagnostics as people and programs read them: the terminal, slurmctld's err_msg and JSON show the same words.
#pragma once

#include "diagnostic/diagnostic.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace recipe::render {

/// One diagnostic as lines without line ends or prefix: the message with its code; the place and its line with a caret,
/// where there is one; the fix. Control characters are escaped and each line is bounded (1 KiB), since keys and values
/// come from users and may end up in slurmctld's log.
[[nodiscard]] std::vector<std::string> lines(const Diagnostic& diagnostic);

/// Text on one line: control characters are escaped, since a value with line ends could forge lines of a log, and what
/// is longer than `longest` bytes ends in "...", between two characters of UTF-8.
[[nodiscard]] std::string printable(std::string_view text, std::size_t longest = 1024);

/// All diagnostics for a terminal, worst first, each beginning with its severity; colours when asked for.
[[nodiscard]] std::string text(const Diagnostics& diagnostics, bool colour);

/// {"ok":…,"recipe":…,"diagnostics":[{"severity","code","key","source","message","fix"}]}
[[nodiscard]] std::string json(const Diagnostics& diagnostics, std::string_view recipe);

}  // namespace recipe::render
