// SPDX-License-Identifier: Apache-2.0
// Runs all rules on a configuration.
#include "config/compose/compose.hpp"
#include "validate/ranks/ranks.hpp"
#include "validate/repair/repair.hpp"
#include "validate/rule.hpp"

#include "diagnostic/codes/layout.hpp"
#include "diagnostic/codes/model.hpp"
#include "trace/trace.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>

namespace recipe::validate {
namespace {

/// Of one rule; a recipe may have the same mistake in thousands of places.
constexpr std::size_t max_findings = 20;

/// All tables, in the order in which problems are reported.
std::array<std::span<const Rule>, 17> tables() {
    return {kinds_rules(),          devices_rules(),    precision_rules(),    kernel_rules(),    layout_rules(),
            model_parallel_rules(), ranks_rules(),      verl_rules(),         deepspeed_rules(), batch_rules(),
            values_rules(),         program_rules(),    program_keys_rules(), data_rules(),      paths_rules(),
            environment_rules(),    unknown_key_rules()};
}

/// What a program makes of a key that the recipe lacks is known of the program that the family is written for, and of
/// one that describes itself. Of another it is a guess, and a guess refuses nothing.
Severity severity_of(const Subject& subject, DiagnosticCode code, const Finding& finding) {
    const Severity severity = finding.severity.value_or(code.severity());
    const bool is_a_guess = !subject.family.program_known && (finding.at.value == nullptr || finding.of_program);
    return is_a_guess ? std::min(severity, Severity::warning) : severity;
}

Diagnostic diagnostic_of(const Subject& subject, DiagnosticCode code, Finding finding) {
    return {.code = code,
            .severity = severity_of(subject, code, finding),
            .key = std::move(finding.at.key),
            .source = finding.at.value != nullptr ? finding.at.value->position().source() : Source{},
            .message = std::move(finding.message),
            .fix = std::move(finding.fix),
            .explains = std::move(finding.explains)};
}

Diagnostics diagnostics_of(const Subject& subject, std::vector<std::vector<std::string>>& other_fixes) {
    Diagnostics diagnostics;
    for (const auto& table : tables()) {
        for (const Rule& rule : table) {
            if (!rule.applies(subject)) continue;
            Findings findings = rule.check(subject);
            const std::size_t more = findings.size() - std::min(findings.size(), max_findings);
            findings.resize(findings.size() - more);
            if (more > 0) findings.back().message += fmt::format(" (and {} more of this kind)", more);
            for (Finding& finding : findings) {
                other_fixes.push_back(std::move(finding.other_fixes));
                diagnostics.push_back(diagnostic_of(subject, rule.code, std::move(finding)));
            }
        }
    }
    return diagnostics;
}

/// The last resort of each error of a layout.
void offer_joint_fix(const Subject& subject, const Diagnostics& diagnostics,
                     std::vector<std::vector<std::string>>& other_fixes) {
    std::string fix;
    for (std::size_t index = 0; index < diagnostics.size(); ++index) {
        if (diagnostics[index].severity != Severity::error || !is_of_joint_fix(diagnostics[index].code)) continue;
        if (fix.empty()) fix = joint_fix(subject);
        if (fix.empty()) return;
        other_fixes[index].push_back(fix);
    }
}

/// Whether the memory model would compute with impossible numbers. More devices than a node has are possible: the
/// same ranks on more nodes need the same memory each; and kernels that do not run would need it as well.
bool is_of_layout(const Diagnostic& d) {
    if (d.severity != Severity::error || d.code == codes::devices.exceeds || d.code == codes::devices.kernels)
        return false;
    return d.code.group() == "devices" || d.code.group() == "layout" || d.code.group() == "batch";
}

/// That the entry script refuses a value is not worth saying where the hardware cannot do it either.
void leave_to_better_reasons(Diagnostics& diagnostics) {
    std::vector<std::string> keys;
    for (const Diagnostic& d : diagnostics)
        if (d.severity == Severity::error && d.code.group() != "program") keys.push_back(d.key);
    std::erase_if(diagnostics, [&](const Diagnostic& d) {
        return d.code == codes::program.unsupported && std::ranges::find(keys, d.key) != keys.end();
    });
}

/// Which rules had something to look at. Asked again, so that nothing is kept for the trace while it is off.
void trace_rules(const Subject& subject) {
    trace::debug([&] {
        std::vector<std::string_view> applied;
        std::size_t others = 0;
        for (const auto& table : tables())
            for (const Rule& rule : table)
                if (rule.applies(subject))
                    applied.push_back(rule.code.name());
                else
                    ++others;
        return fmt::format("{} rules apply, {} do not: {}", applied.size(), others, fmt::join(applied, " "));
    });
}

}  // namespace

AppliedRules applied_rules(const config::Resolved& resolved, const CheckContext& against) {
    const Subject subject(resolved.root, against);
    AppliedRules rules;
    for (const auto& table : tables()) {
        for (const Rule& rule : table) {
            if (!rule.applies(subject)) continue;
            rules.all.insert(rule.code.name());
            if (rule.check(subject).empty()) rules.kept.insert(rule.code.name());
        }
    }
    return rules;
}

Result check(const config::Resolved& resolved, const CheckContext& against) {
    const Subject subject(resolved.root, against);
    Result result{.layout = subject.layout,
                  .instance_type = subject.instance_type,
                  .instance = subject.instance,
                  .accelerator = subject.accelerator,
                  .needs = {},
                  .diagnostics = {}};
    add_formats(subject, result.needs);
    add_kernels(subject, result.needs);
    trace_rules(subject);
    std::vector<std::vector<std::string>> other_fixes;
    result.diagnostics = diagnostics_of(subject, other_fixes);
    offer_joint_fix(subject, result.diagnostics, other_fixes);
    keep_good_fixes(subject.root, result.diagnostics, other_fixes, [&](const config::Value& changed) {
        std::vector<std::vector<std::string>> ignored;
        return diagnostics_of(Subject(changed, against), ignored);
    });
    leave_to_better_reasons(result.diagnostics);
    if (std::ranges::none_of(result.diagnostics, is_of_layout)) check_memory(subject, against, result);
    return result;
}

}  // namespace recipe::validate
