// SPDX-License-Identifier: Apache-2.0
// The form of families files. Private to this module.
#pragma once

#include "family/family.hpp"

namespace recipe::family {

/// Merges one parsed file into the definitions of earlier ones; new families come first. What is wrong becomes a
/// diagnostic (family.file). `file` is the place of what has none.
[[nodiscard]] Diagnostics merge_file(const config::Value& document, const std::string& file,
                                     std::vector<Definition>& definitions);

}  // namespace recipe::family
