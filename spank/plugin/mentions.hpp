// SPDX-License-Identifier: Apache-2.0
// Whether a command that was given no recipe may have meant to be: asked of every command, so it is a few comparisons
// and one look at the script. Nothing of the C++ library that is not inline. What it finds, librecipe_spank.so looks
// at closely.
#pragma once

namespace recipe::spank {

/// Texts that end with a zero byte are one and the same; neither is where one is null.
[[nodiscard]] inline bool is_same(const char* a, const char* b) {
    if (a == nullptr || b == nullptr) return false;
    while (*a != '\0' && *a == *b) ++a, ++b;
    return *a == *b;
}

/// The command's name, as program_invocation_short_name has it: a variable of another library is looked up in every
/// command.
[[nodiscard]] const char* command_name(int argc, char* const* argv);

/// Any variable that may be one of ours, by its name: one that inherited_variables.hpp or hooks.hpp names, or one that
/// variables_mention_recipe() looks for. The environment of most commands has none, and one look tells.
[[nodiscard]] bool environment_mentions_recipe(const char* const* environment);

/// Any word that may be --recipe or one of its kin, or an abbreviation of it.
[[nodiscard]] bool words_may_name_recipe(int argc, char* const* argv);

/// Any word that has "--recipe" in it, such as the text of --wrap.
[[nodiscard]] bool words_mention_recipe(int argc, char* const* argv);

/// A variable that looks like one of ours and is none. `command`: "sbatch", "salloc" or "srun".
[[nodiscard]] bool variables_mention_recipe(const char* command);

/// The script or command `word` is a script and has "--recipe" in it. A command's name is not looked for along PATH.
[[nodiscard]] bool script_mentions_recipe(const char* word, bool along_path);

/// "--recipe" stands in it.
[[nodiscard]] bool text_mentions_recipe(const char* text);

/// Likewise what stdin is, if that is a file.
[[nodiscard]] bool stdin_mentions_recipe();

/// The descriptor that a script's name stands for: /dev/stdin, or /dev/fd/63 of a shell's <(...); -1: none.
[[nodiscard]] int descriptor_named(const char* word);

/// What stands ready in the pipe on stdin, or in that which a word names, without taking it out; null where it is no
/// pipe. Never freed.
[[nodiscard]] const char* peek_piped_script(int argc, char* const* argv);

}  // namespace recipe::spank
