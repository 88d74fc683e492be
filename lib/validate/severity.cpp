// SPDX-License-Identifier: Apache-2.0
// Which errors a user may force.
#include "validate/validate.hpp"

#include "diagnostic/codes.hpp"

namespace recipe::validate {

std::vector<std::string> forced_codes(const Severities& severities, const Diagnostics& diagnostics) {
    std::vector<std::string> forced;
    for (const Diagnostic& diagnostic : diagnostics) {
        const auto site = severities.find(diagnostic.code.name());
        const std::optional<Severity> severity = site != severities.end() ? site->second : diagnostic.severity;
        if (severity != Severity::error || !may_be_forced(diagnostic.code, severities)) continue;
        if (forced.empty() || forced.back() != diagnostic.code) forced.emplace_back(diagnostic.code);
    }
    return forced;
}

bool may_be_forced(std::string_view code, const Severities& severities) {
    const auto site = severities.find(code);
    // What a site calls an error by name is its policy.
    if (site != severities.end() && site->second == Severity::error) return false;
    const codes::Code* row = codes::find(code);
    return row != nullptr && row->is_rule && !row->fixed;
}

}  // namespace recipe::validate
