// SPDX-License-Identifier: Apache-2.0
// SPDX-License-Identifier: Apache-2.0
// Where the project's own files are. The only object of the unit tests that depends on it.
#include "source_file.hpp"

std::string recipe::source_file(std::string_view relative) {
    std::string path = RECIPE_SOURCE_DIR;
    return relative.empty() ? path : path.append("/").append(relative);
}
