// SPDX-License-Identifier: Apache-2.0
// Reads the environment and the site file once, and prints diagnostics.
#include "context.hpp"

#include "diagnostic/codes/compose.hpp"
#include "render/render.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <cstdio>

namespace recipe::cli {

void print_diagnostics(const Diagnostics& diagnostics) {
    fmt::print(stderr, "{}", render::text(diagnostics, isatty(STDERR_FILENO) == 1));
}

int fail(const Diagnostics& diagnostics) {
    print_diagnostics(diagnostics);
    return exit_wrong;
}

std::filesystem::path slurm_conf_file(const config::Environment& environment) {
    const auto named = environment.find("SLURM_CONF");
    return named != environment.end() ? named->second : "/etc/slurm/slurm.conf";
}

Expected<Context> make_context(const Arguments& arguments) {
    Context context;
    const std::filesystem::path file =
        site::settings_file(arguments.site, context.environment, slurm_conf_file(context.environment));
    Expected<site::Settings> settings = site::load(file);
    if (!settings) return std::unexpected(std::move(settings.error()));
    context.settings = std::make_shared<const site::Settings>(std::move(*settings));
    for (const std::filesystem::path& named : arguments.collections) {
        std::error_code error;
        if (std::filesystem::is_directory(named, error)) continue;
        return refuse({.code = codes::compose.no_collection,
                       .key = named.string(),
                       .source = {.name = "-C"},
                       .message = fmt::format("there is no folder {}", named.string())});
    }
    context.notes = site::missing_collections(context.environment);
    context.collections = site::collections(arguments.collections, context.environment, *context.settings);
    return context;
}

std::filesystem::path working_directory() {
    std::error_code error;
    return std::filesystem::current_path(error);
}

std::string override_name(std::size_t number) {
    return fmt::format("override {}", number);
}

config::ComposeRequest compose_request(const Arguments& arguments, const Context& context) {
    config::ComposeRequest request{.collections = context.collections,
                                   .recipe = arguments.recipe,
                                   .environment = context.environment,
                                   .working_directory = working_directory()};
    for (const std::string& text : arguments.overrides)
        request.overrides.push_back({text, override_name(request.overrides.size() + 1)});
    return request;
}

}  // namespace recipe::cli
