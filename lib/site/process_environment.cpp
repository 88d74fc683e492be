// SPDX-License-Identifier: Apache-2.0
// A snapshot of this process's environment.
#include "site/site.hpp"

#include <unistd.h>

namespace recipe::site {

config::Environment process_environment() {
    config::Environment environment;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        if (const std::size_t equals = text.find('='); equals != std::string_view::npos)
            environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    std::error_code error;
    const std::filesystem::path directory = std::filesystem::current_path(error);
    if (!error) environment.emplace("PWD", directory.string());
    return environment;
}

}  // namespace recipe::site
