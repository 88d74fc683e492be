// SPDX-License-Identifier: Apache-2.0
// Whether a command that was given no recipe may have meant to be: asked of every command, so it is a few comparisons
// and one look at the script. Nothing of the C++ library that is not inline. What it finds, librecipe_spank.so looks
// at closely.
#pragma once

#include <string_view>

namespace recipe::spank {

/// Any word that may be --recipe or one of its kin, or an abbreviation of it.
[[nodiscard]] bool words_may_name_recipe(int argc, char* const* argv);

/// Any word that has "--recipe" in it, such as the text of --wrap.
[[nodiscard]] bool words_mention_recipe(int argc, char* const* argv);

/// A variable that looks like one of ours and is none. `command`: "sbatch", "salloc" or "srun".
[[nodiscard]] bool variables_mention_recipe(std::string_view command);

/// The script or command `word` is a script and has "--recipe" in it. A command's name is not looked for along PATH.
[[nodiscard]] bool script_mentions_recipe(const char* word, bool along_path);

/// Likewise what stdin is, if that is a file.
[[nodiscard]] bool stdin_mentions_recipe();

/// The descriptor that a script's name stands for: /dev/stdin, or /dev/fd/63 of a shell's <(...); -1: none.
[[nodiscard]] int descriptor_named(std::string_view word);

/// What stands ready in the pipe on stdin, or in that which a word names, without taking it out; null where it is no
/// pipe. Never freed.
[[nodiscard]] const char* peek_piped_script(int argc, char* const* argv);

}  // namespace recipe::spank
