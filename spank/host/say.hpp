// SPDX-License-Identifier: Apache-2.0
// The one way by which a process of Slurm's says something of a recipe: what a terminal or a log would obey is escaped
// here, whatever it is from (slurm_text/shown_text.hpp). Each line begins with "recipe: ".
#pragma once

#include <string_view>

namespace recipe::spank {

/// slurm_error(): the command's stderr, or slurmd's log and the step's stderr.
void say_error(std::string_view line) noexcept;
/// slurm_info(), which -Q silences.
void say_info(std::string_view line) noexcept;
/// slurm_spank_log(): the command's or the step's stderr, without a word of Slurm's before it.
void say_note(std::string_view line) noexcept;

}  // namespace recipe::spank
