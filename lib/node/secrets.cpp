// SPDX-License-Identifier: Apache-2.0
// Keeps secrets out of what a node writes down.
#include "node/node.hpp"
#include "secret/secret.hpp"

namespace recipe::node {

std::vector<Assigned> without_secrets(std::vector<Assigned> variables, const std::vector<std::string>& texts) {
    for (Assigned& variable : variables) variable.value = secret::redacted(variable.value, texts);
    return variables;
}

}  // namespace recipe::node
