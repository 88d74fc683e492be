// SPDX-License-Identifier: Apache-2.0
// Slurm's time limits as texts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace recipe::slurm_text {

/// Minutes: 24855 days. Slurm counts the seconds of a limit in 31 bits; a longer one it takes for another number,
/// without a word (--time=71582790 is two minutes).
inline constexpr std::int64_t max_time_limit = std::int64_t{24855} * 1440;

/// Minutes of a Slurm time text ("90", "1:30:00", "2-12", "UNLIMITED" = nullopt inside), rounded up: the forms of
/// sbatch(1), --time. The outer optional is empty when the text is no time, or longer than max_time_limit.
[[nodiscard]] std::optional<std::optional<std::int64_t>> parse_time_limit(std::string_view text);

/// "[days-]HH:MM:00", as Slurm writes it.
[[nodiscard]] std::string format_time_limit(std::int64_t minutes);

}  // namespace recipe::slurm_text
