// SPDX-License-Identifier: Apache-2.0
// Requests of recipes with hostile values, as text: what fails can be read, and typed at srecipe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace recipe::fuzz {

/// The first line is "RECIPE HOW"; each line after it is an option of Slurm ("--nodes=2") or an override.
struct Request {
    std::string recipe;
    std::string how;  // a Slurm command and whether it brings a script: "sbatch", "script", "salloc", "srun", "step"
    std::vector<std::string> lines{};
};

[[nodiscard]] Request request_of(std::string_view text);
[[nodiscard]] std::string to_text(const Request& request);

/// The recipes that are drawn: each family's, in the collection of the unit tests (`custom` is a file beside it), and
/// those of our own.
[[nodiscard]] const std::vector<std::string>& recipes();

/// Changes one thing: recipe, command, an override of a key that rules read, an option, or its value.
void change(Request& request, std::minstd_rand& random);

}  // namespace recipe::fuzz
