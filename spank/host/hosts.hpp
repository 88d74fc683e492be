// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace recipe::spank {

/// How srun passes the address of the node of the first task to the step's nodes. SLURM_* variables survive every
/// --export.
inline constexpr const char* head_variable = "SLURM_RECIPE_HEAD";

/// The name at this place of a Slurm host list, counted from 0 ("n[3-5]" has n4 at 1); empty when it has none there.
[[nodiscard]] std::string host_at(const char* list, std::size_t place);
/// How many different names it has; nothing when it is no list.
[[nodiscard]] std::optional<std::int64_t> count_hosts(const std::string& list);
[[nodiscard]] inline std::string first_host(const char* list) {
    return host_at(list, 0);
}

}  // namespace recipe::spank
