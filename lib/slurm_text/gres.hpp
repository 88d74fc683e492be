// SPDX-License-Identifier: Apache-2.0
// Counts in Slurm's generic-resource texts.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recipe::slurm_text {

/// The number in a GRES text ("8", "a10g:8", "gpu:a10g:8,shard:4" with `prefix` "gpu", "gres/gpu=8" of newer Slurms):
/// the sum of the counts of all items that `prefix` names, a missing count being 1. Nothing when no item is one.
[[nodiscard]] std::optional<std::int64_t> gres_count(std::string_view text, std::string_view prefix);

/// The types that the items of `prefix` name, as they are written: "a10g" of "gpu:a10g:8(S:0-1)", "gres/gpu:a10g=8" and
/// "gpu:a10g"; none of "gpu:8". They point into `text`.
[[nodiscard]] std::vector<std::string_view> gres_types(std::string_view text, std::string_view prefix);
template <std::same_as<std::string> Text>
void gres_types(Text&& text, std::string_view prefix) = delete;  // they would point nowhere

/// True when a list of GRES names, as slurm.conf's GresTypes has it, contains "gpu".
[[nodiscard]] bool has_gpu_type(std::string_view gres_types);

}  // namespace recipe::slurm_text
