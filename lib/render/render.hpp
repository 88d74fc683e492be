// SPDX-License-Identifier: Apache-2.0
// What people and programs read: diagnostics on the terminal, in slurmctld's err_msg and as JSON, in the same words,
// and the JSON of answers.
#pragma once

#include "config/value/value.hpp"
#include "diagnostic/diagnostic.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recipe::memory {
struct Assessment;
}

namespace recipe::render {

/// One diagnostic as lines without line ends or prefix: the message with its code; the place and its line with a caret,
/// where there is one; the fix. Control characters are escaped and each line is bounded (1 KiB), since keys and values
/// come from users and may end up in slurmctld's log.
[[nodiscard]] std::vector<std::string> lines(const Diagnostic& diagnostic);

/// All diagnostics for a terminal, worst first, each beginning with its severity; colours when asked for.
[[nodiscard]] std::string text(const Diagnostics& diagnostics, bool colour);

// --- JSON ----------------------------------------------------------------------------------------------------------

/// [{"severity","code","key","source","place","message","fix"}]: `source` is the place as text ("x.yaml:12:3"), `place`
/// null or {"name","line","column","excerpt"}, where 0 is a line or column that the place has not.
[[nodiscard]] config::Value diagnostics_json(const Diagnostics& diagnostics);

/// {"ok":…,"recipe":…,"diagnostics":…}, for people to read.
[[nodiscard]] std::string json(const Diagnostics& diagnostics, std::string_view recipe);

/// Memory in MiB a rank; docs/api.md names the keys.
[[nodiscard]] config::Value fit_json(const memory::Assessment& assessment);

[[nodiscard]] config::Value object(std::initializer_list<std::pair<std::string_view, config::Value>> entries);
[[nodiscard]] config::Value strings(const std::vector<std::string>& texts);

}  // namespace recipe::render
