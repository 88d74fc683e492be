// SPDX-License-Identifier: Apache-2.0
// Counts in Slurm's generic-resource texts.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace recipe::slurm_text {

/// The number in a GRES text ("8", "a10g:8", "gpu:a10g:8,shard:4" with `prefix` "gpu", "gres/gpu=8" of newer Slurms):
/// the sum of the counts of all items that `prefix` names, a missing count being 1. Nothing when no item is one.
[[nodiscard]] std::optional<std::int64_t> gres_count(std::string_view text, std::string_view prefix);

/// True when a list of GRES names, as slurm.conf's GresTypes has it, contains "gpu".
[[nodiscard]] bool has_gpu_type(std::string_view gres_types);

}  // namespace recipe::slurm_text
