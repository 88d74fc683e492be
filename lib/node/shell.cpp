// SPDX-License-Identifier: Apache-2.0
// Quotes words for a POSIX shell.
#include "node/node.hpp"

namespace recipe::node {

std::string shell_quoted(std::string_view word) {
    std::string quoted = "'";
    for (const char c : word) {
        if (c == '\'')
            quoted += "'\\''";
        else
            quoted += c;
    }
    return quoted += '\'';
}

}  // namespace recipe::node
