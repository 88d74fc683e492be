// SPDX-License-Identifier: Apache-2.0
// The lines of a batch script that are meant to give sbatch options.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace recipe::planner {

/// A line that begins as #SBATCH does, or nearly so, and has an option that begins with a prefix.
struct Directive {
    enum class State : std::uint8_t {
        read,           // by sbatch
        after_command,  // sbatch reads no options behind the first line that is no comment
        misspelt,       // a comment to sbatch, which wants #SBATCH at the very beginning, in capital letters
    };
    State state = State::read;
    int line = 0;                      // from 1
    int command_line = 0;              // of the script's first command; 0: none before this line
    std::string text;                  // the line without blanks around it
    std::vector<std::string> options;  // its words, up to a comment
};

/// Those of `script` by the rules of sbatch(1). Scripts inside the script (here-documents, and all behind a second
/// "#!") are left out, and so is "##SBATCH", which is how people switch a line off.
[[nodiscard]] std::vector<Directive> find_directives(std::string_view script, std::string_view option_prefix);

}  // namespace recipe::planner
