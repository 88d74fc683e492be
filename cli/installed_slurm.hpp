// SPDX-License-Identifier: Apache-2.0
// This host's Slurm, asked with its own command: what its configuration is, and what plugstack.conf loads.
#pragma once

#include "diagnostic/diagnostic.hpp"
#include "plugin_file.hpp"

#include <map>
#include <string>
#include <vector>

namespace recipe::cli {

struct InstalledSlurm {
    std::optional<SlurmVersion> here;  // of this host's commands
    std::optional<SlurmVersion> controller;
    std::map<std::string, std::string> configuration;  // as `scontrol show config` prints it

    /// Empty when it is not there or "(null)".
    [[nodiscard]] std::string setting(const std::string& key) const;
    /// The file with this name in the first directory of PluginDir that has it; empty when none does.
    [[nodiscard]] std::filesystem::path in_plugin_directories(const std::string& name) const;
};

/// Code doctor.slurm when no cluster answers.
[[nodiscard]] Expected<InstalledSlurm> ask_slurm();

/// What scontrol prints of all nodes, a line each. Code doctor.slurm when no cluster answers.
[[nodiscard]] Expected<std::string> ask_nodes();
/// The names that a host list stands for; none where it is no list.
[[nodiscard]] std::vector<std::string> host_names(const std::string& list);

/// One line of plugstack.conf that loads a plugin.
struct PlugstackLine {
    Source source;
    bool required = false;
    std::string path;
    std::vector<std::string> arguments;
};

/// The lines of a plugstack.conf and of what it includes, in Slurm's order. Code doctor.plugstack for a file that
/// cannot be read or includes itself.
[[nodiscard]] Expected<std::vector<PlugstackLine>> read_plugstack(const std::filesystem::path& file);

}  // namespace recipe::cli
