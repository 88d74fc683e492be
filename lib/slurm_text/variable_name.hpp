// SPDX-License-Identifier: Apache-2.0
// Names of environment variables.
#pragma once

#include <array>
#include <string_view>

namespace recipe::slurm_text {

/// The options of torchrun that a step's rendezvous sets, by the variables that torchrun reads their defaults from
/// (torch.distributed.argparse_util: PET_<OPTION>).
namespace rendezvous {
inline constexpr std::string_view node_count = "PET_NNODES";
inline constexpr std::string_view processes = "PET_NPROC_PER_NODE";
inline constexpr std::string_view node_rank = "PET_NODE_RANK";
inline constexpr std::string_view backend = "PET_RDZV_BACKEND";
inline constexpr std::string_view endpoint = "PET_RDZV_ENDPOINT";
inline constexpr std::string_view id = "PET_RDZV_ID";
inline constexpr std::string_view settings = "PET_RDZV_CONF";
inline constexpr std::array all{node_count, processes, node_rank, backend, endpoint, id, settings};
}  // namespace rendezvous

/// A name that a shell can export: letters, digits and underscores, no digit first, at most 255 bytes (Slurm's limit).
[[nodiscard]] bool is_variable_name(std::string_view name) noexcept;

/// Why neither a recipe nor a site nor a plan may set a variable: it is how Slurm, we, or a step's rendezvous tell a
/// job what it is ("Slurm tells a job and its steps what they are by it"). "": they may.
[[nodiscard]] std::string_view reserved_because(std::string_view name) noexcept;

}  // namespace recipe::slurm_text
