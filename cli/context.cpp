// SPDX-License-Identifier: Apache-2.0
// Reads the environment and the site file once, and prints diagnostics.
#include "context.hpp"

#include "diagnostic/codes/compose.hpp"

#include <fmt/format.h>

namespace recipe::cli {

int fail(const Diagnostics& diagnostics) {
    print_diagnostics(diagnostics);
    return exit_wrong;
}

Expected<query::Context> make_context(const Arguments& arguments) {
    std::error_code error;
    return query::make_context({.collections = arguments.collections,
                                .site = arguments.site,
                                .environment = site::process_environment(),
                                .working_directory = std::filesystem::current_path(error)});
}

query::Subject subject_of(const Arguments& arguments) {
    return {.recipe = arguments.recipe, .overrides = arguments.overrides};
}

}  // namespace recipe::cli
