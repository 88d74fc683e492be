// SPDX-License-Identifier: Apache-2.0
// What a site or a user makes of a code.
#include "validate/validate.hpp"

namespace recipe::validate {

std::vector<std::string> force(const Severities& severities, Diagnostics& diagnostics) {
    std::vector<std::string> forced;
    for (Diagnostic& diagnostic : diagnostics) {
        if (diagnostic.severity != Severity::error || !may_be_forced(diagnostic.code, severities)) continue;
        diagnostic.severity = Severity::warning;
        if (forced.empty() || forced.back() != diagnostic.code) forced.push_back(diagnostic.code);
    }
    return forced;
}

bool may_be_forced(std::string_view code, const Severities& severities) {
    const auto site = severities.find(code);
    // What a site calls an error by name is its policy.
    if (site != severities.end() && site->second == Severity::error) return false;
    for (const RuleInfo& rule : rules())
        if (rule.code == code) return rule.can_be_forced;
    return false;
}

}  // namespace recipe::validate
