// SPDX-License-Identifier: Apache-2.0
// Slurm's time limits as texts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace recipe::slurm_text {

/// Minutes of a Slurm time text ("90", "1:30:00", "2-12", "UNLIMITED" = nullopt inside), rounded up: the forms of
/// sbatch(1), --time. The outer optional is empty when the text is no time.
[[nodiscard]] std::optional<std::optional<std::int64_t>> parse_time_limit(std::string_view text);

/// "[days-]HH:MM:00", as Slurm writes it.
[[nodiscard]] std::string format_time_limit(std::int64_t minutes);

}  // namespace recipe::slurm_text
