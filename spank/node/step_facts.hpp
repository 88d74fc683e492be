// SPDX-License-Identifier: Apache-2.0
// What slurmstepd knows about its step, from the SPANK handle and the job's environment.
#pragma once

#include "node/node.hpp"
#include "spank/slurm_headers.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace recipe::spank {

/// A variable of the job's environment; nothing when it is not there or longer than `longest` bytes.
[[nodiscard]] std::optional<std::string> job_variable(spank_t spank, const char* name, std::size_t longest = 64 * 1024);

[[nodiscard]] std::uint32_t item(spank_t spank, spank_item_t name, std::uint32_t otherwise);

/// SLURM_NODEID and its like still are those of whoever called srun, so the items of the handle are asked.
[[nodiscard]] node::Facts facts_of(spank_t spank);

/// The words of the step's command. Of srun --multi-prog they are no command.
[[nodiscard]] std::vector<std::string> command_words(spank_t spank);

/// A step of the user's srun; the others are Slurm's own.
[[nodiscard]] bool is_normal_step(const node::Facts& facts);
[[nodiscard]] bool is_batch_step(const node::Facts& facts);

}  // namespace recipe::spank
