// SPDX-License-Identifier: Apache-2.0
// Every code that a diagnostic can have, for people: `srecipe explain`, docs/diagnostics.md, and a site's severities.
#pragma once

#include "diagnostic/diagnostic.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace recipe::codes {

struct Code {
    std::string_view code;
    Severity severity = Severity::error;  // of most of its diagnostics
    std::string_view summary;             // of a rule: what holds when it is kept
    std::string_view source;              // what states it
    std::string_view example;             // of a rule: overrides that break it; else what one sees it after
    bool is_rule = false;                 // of validation
    bool fixed = false;                   // without it there is no plan, so that nobody can lower or force it
};

/// By group, in the order of docs/diagnostics.md.
[[nodiscard]] const std::vector<Code>& all();
/// nullptr: there is no such code.
[[nodiscard]] const Code* find(std::string_view code);
[[nodiscard]] std::vector<std::string> names();

/// A code for the terminal.
[[nodiscard]] std::string to_text(const Code& code);
/// All codes, as docs/diagnostics.md has them.
[[nodiscard]] std::string to_markdown();

}  // namespace recipe::codes
