// SPDX-License-Identifier: Apache-2.0
// What every command needs, read once, and how it says what is wrong.
#pragma once

#include "commands.hpp"

#include "config/config.hpp"
#include "site/site.hpp"

#include <memory>

namespace recipe::cli {

struct Context {
    config::Environment environment = site::process_environment();
    std::shared_ptr<const site::Settings> settings;  // never null
    std::vector<std::filesystem::path> collections;
    Diagnostics notes;  // of finding these
};

/// Where slurm.conf lies; without Slurm's library a guess, where SLURM_CONF does not say.
[[nodiscard]] std::filesystem::path slurm_conf_file(const config::Environment& environment);

[[nodiscard]] Expected<Context> make_context(const Arguments& arguments);
/// What diagnostics call the override with this number, from 1.
[[nodiscard]] std::string override_name(std::size_t number);
[[nodiscard]] config::ComposeRequest compose_request(const Arguments& arguments, const Context& context);
[[nodiscard]] std::filesystem::path working_directory();

/// Prints on stderr.
void print_diagnostics(const Diagnostics& diagnostics);
/// The same, and the exit status.
int fail(const Diagnostics& diagnostics);

}  // namespace recipe::cli
