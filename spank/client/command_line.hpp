// SPDX-License-Identifier: Apache-2.0
// What the user typed, read from argv with Slurm's own option table: Slurm's option state does not distinguish a typed
// option from one of an #SBATCH line.
#pragma once

#include <string>
#include <vector>

namespace recipe::spank {

struct TypedOption {
    std::string name;      // long name, "nodes"
    std::string value;     // empty for flags
    std::string spelling;  // as typed, "-N 4" or "--nodes=4"
};

struct CommandLine {
    bool readable = false;       // Slurm's option table was to be had
    bool complete = true;        // the table knew every option
    bool has_command = false;    // sbatch: a script; srun, salloc: a command
    bool heterogeneous = false;  // a ":" separates components
    std::vector<TypedOption> options;
    std::vector<std::string> command;  // the script or command and its arguments

    [[nodiscard]] const TypedOption* find(const std::string& name) const;  // the last one, as Slurm takes it
    [[nodiscard]] int count(const std::string& name) const;
};

[[nodiscard]] CommandLine read_command_line(int argc, char** argv);

/// argv of this process; read once, and again when plugins that were loaded after us had options to add.
[[nodiscard]] const CommandLine& own_command_line();
[[nodiscard]] const CommandLine& own_command_line(int argc, char** argv);

/// argv of this process with one blank between two words, as Slurm keeps it with the job (22.05 to 26.05,
/// slurm_option_get_argv_str): where these texts and other secrets stand in it, as secret::cuts_text. Empty: the words
/// cannot be read.
[[nodiscard]] std::string secret_places(const std::vector<std::string>& texts);

}  // namespace recipe::spank
