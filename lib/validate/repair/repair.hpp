// SPDX-License-Identifier: Apache-2.0
// One fix for all that is wrong with a layout of pipelines. Private to this module.
#pragma once

#include "validate/subject.hpp"

#include <string>

namespace recipe::validate {

/// What to set so that no rule of layouts and batches is broken, with as little as may be taken from the degrees; empty
/// where there is nothing of the kind, or the recipe's layout has no pipelines.
[[nodiscard]] std::string joint_fix(const Subject& subject);

/// Whether it is for errors of this code.
[[nodiscard]] bool is_of_joint_fix(DiagnosticCode code);

}  // namespace recipe::validate
