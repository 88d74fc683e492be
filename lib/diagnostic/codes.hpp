// SPDX-License-Identifier: Apache-2.0
// The table of diagnostic codes as a whole, for `srecipe explain`, docs/diagnostics.md and a site's severities. Each
// code is a constant in one of the headers in codes/. Code that makes diagnostics includes only the header that it
// needs, so that a change to one group does not rebuild the users of the others.
#pragma once

#include "diagnostic/diagnostic.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace recipe::codes {

/// By group, in the order of docs/diagnostics.md.
[[nodiscard]] const std::vector<Code>& all();
/// nullptr: there is no such code.
[[nodiscard]] const Code* find(std::string_view name);
[[nodiscard]] std::vector<std::string> names();

/// A code for the terminal.
[[nodiscard]] std::string to_text(const Code& code);
/// All codes, as docs/diagnostics.md has them.
[[nodiscard]] std::string to_markdown();

}  // namespace recipe::codes
