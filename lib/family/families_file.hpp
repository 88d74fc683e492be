// SPDX-License-Identifier: Apache-2.0
// The form of families files. Private to this module.
#pragma once

#include "family/family.hpp"

namespace recipe::family {

/// Merges one parsed file into the definitions of earlier ones; new families come first. What is wrong becomes a
/// diagnostic (family.file). `file` is the place of what has none.
[[nodiscard]] Diagnostics merge_file(const config::Value& document, const std::string& file,
                                     std::vector<Definition>& definitions);

/// Likewise the section `program` of a keys.yaml into the family whose recipes that program takes.
[[nodiscard]] Diagnostics merge_program(const config::Value& description, const std::string& file, Family& family);

}  // namespace recipe::family
