// SPDX-License-Identifier: Apache-2.0
// What the stages of planning trace, where that takes more than a line.
#pragma once

#include "planner/composition.hpp"
#include "trace/trace.hpp"

#include <string_view>

namespace recipe::planner {

/// The recipe, its overrides with who gave them and what they set, and which of two on one key wins. Secrets are
/// hidden.
void trace_composition(const Composition& composition);

/// What the site or --recipe-force makes of a code.
void trace_severities(const site::Settings& settings, const std::vector<std::string>& forced, const Diagnostics& found);

/// "compose: 0.8 ms"
void trace_stage(std::string_view name, trace::Stopwatch& watch);

}  // namespace recipe::planner
