#include "validate/rule.hpp"

#include <array>

namespace recipe::validate {
namespace {

/// All tables, in the order in which problems are reported.
std::array<std::span<const Rule>, 5> tables() {
    return {devices_rules(), precision_rules(), layout_rules(), data_rules(), paths_rules()};
}

Diagnostic diagnostic_of(const RuleInfo& rule, Finding finding) {
    return {.severity = rule.severity,
            .code = std::string(rule.code),
            .key = std::move(finding.at.key),
            .source = finding.at.value != nullptr ? finding.at.value->position().source() : Source{},
            .message = std::move(finding.message),
            .fix = std::move(finding.fix)};
}

}  // namespace

Result check(const config::Resolved& resolved, const Against& against) {
    const Subject subject(resolved, against);
    Result result{.layout = subject.layout,
                  .instance_type = subject.instance_type,
                  .instance = subject.instance,
                  .accelerator = subject.accelerator};
    for (const auto& table : tables()) {
        for (const Rule& rule : table) {
            if (!rule.applies(subject)) continue;
            for (Finding& finding : rule.check(subject))
                result.diagnostics.push_back(diagnostic_of(rule.info, std::move(finding)));
        }
    }
    return result;
}

const std::vector<RuleInfo>& rules() {
    static const std::vector<RuleInfo> all = [] {
        std::vector<RuleInfo> infos;
        for (const auto& table : tables())
            for (const Rule& rule : table) infos.push_back(rule.info);
        return infos;
    }();
    return all;
}

}  // namespace recipe::validate
