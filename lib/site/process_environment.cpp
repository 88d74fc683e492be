// SPDX-License-Identifier: Apache-2.0
// A snapshot of this process's environment.
#include "site/site.hpp"

#include "storage/storage.hpp"

#include <unistd.h>

namespace recipe::site {

config::Environment process_environment() {
    config::Environment environment;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        if (const std::size_t equals = text.find('='); equals != std::string_view::npos)
            environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    // Who starts a command elsewhere without a shell leaves PWD as it was; one that is right may lead through links
    // that are to stay.
    std::error_code error;
    const auto named = environment.find("PWD");
    const auto is_here = [&error](const std::string& directory) {
        return storage::answers(directory) && storage::answers(".") &&
               std::filesystem::equivalent(directory, ".", error) && !error;
    };
    if (named != environment.end() && is_here(named->second)) return environment;
    const std::filesystem::path directory = std::filesystem::current_path(error);
    if (!error) environment.insert_or_assign("PWD", directory.string());
    return environment;
}

}  // namespace recipe::site
