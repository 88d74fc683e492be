// SPDX-License-Identifier: Apache-2.0
// What a site makes of diagnostics.
#pragma once

#include "diagnostic/diagnostic.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace recipe {

/// By code; nothing: silenced.
using Severities = std::map<std::string, std::optional<Severity>, std::less<>>;

/// Raises, lowers or silences.
void apply_severities(const Severities& severities, Diagnostics& diagnostics);

}  // namespace recipe
