// SPDX-License-Identifier: Apache-2.0
// Names of environment variables.
#pragma once

#include <string_view>

namespace recipe::slurm_text {

/// A name that a shell can export: letters, digits and underscores, no digit first, at most 255 bytes (Slurm's limit).
[[nodiscard]] bool is_variable_name(std::string_view name) noexcept;

}  // namespace recipe::slurm_text
