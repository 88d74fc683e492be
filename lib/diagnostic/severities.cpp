// SPDX-License-Identifier: Apache-2.0
// Gives diagnostics the severity that the site has for their code.
#include "diagnostic/severities.hpp"

namespace recipe {

void apply_severities(const Severities& severities, Diagnostics& diagnostics) {
    std::erase_if(diagnostics, [&](Diagnostic& diagnostic) {
        const auto found = severities.find(diagnostic.code.name());
        if (found == severities.end()) return false;
        if (!found->second) return true;
        diagnostic.severity = *found->second;
        return false;
    });
}

}  // namespace recipe
