// SPDX-License-Identifier: Apache-2.0
// The second stage: what the rules say of a composition.
#pragma once

#include "planner/composition.hpp"
#include "validate/validate.hpp"

#include <string>
#include <vector>

namespace recipe::planner {

struct Checked {
    validate::Result result;          // diagnostics as composition and rules state them, in this order
    std::vector<std::string> forced;  // codes of the errors that --recipe-force will make warnings
};

/// What a composition is checked against. Points into both.
[[nodiscard]] validate::CheckContext check_context(const SubmitRequest& request, const Composition& composition);

/// `composition` must outlive what this returns, which points into its catalogue.
[[nodiscard]] Checked check(const SubmitRequest& request, const Composition& composition);

}  // namespace recipe::planner
