// SPDX-License-Identifier: Apache-2.0
// Which source gave each variable its value.
#include "node/node.hpp"

#include "diagnostic/codes/node.hpp"
#include "secret/secret.hpp"
#include "slurm_text/shown_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>

namespace recipe::node {
namespace {

constexpr std::array<std::string_view, 4> secret_endings{"TOKEN", "SECRET", "PASSWORD", "KEY"};
constexpr std::array<std::string_view, 2> interface_variables{"NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME"};
constexpr std::string_view exported = "exported";

std::string source_of(const plan::LaunchPlan& plan, plan::VariableOrigin origin) {
    switch (origin) {
        case plan::VariableOrigin::typed:
            return "--recipe-set";
        case plan::VariableOrigin::recipe:
            return "recipe";
        case plan::VariableOrigin::site:
            return "site";
        case plan::VariableOrigin::profile:
            return "instance type " + plan.instance_type.value_or("of the node");
    }
    return "recipe";
}

Assigned assigned_variable(const plan::LaunchPlan& plan, const plan::Variable& variable, const Lookup& now) {
    const std::optional<std::string> has = now(variable.name);
    const bool is_the_plans = variable.origin == plan::VariableOrigin::typed || !has || *has == variable.value;
    if (is_the_plans) return {variable.name, variable.value, source_of(plan, variable.origin)};
    return {variable.name, *has, std::string(exported)};
}

}  // namespace

std::vector<Assigned> assigned(const plan::LaunchPlan& plan, const Facts& facts, const std::vector<Change>& changes,
                               const Lookup& now) {
    std::vector<Assigned> variables;
    for (const plan::Variable& variable : plan.environment) variables.push_back(assigned_variable(plan, variable, now));
    for (const Change& change : changes) {
        if (!change.value) continue;
        const auto known = std::ranges::find(variables, change.name, &Assigned::name);
        if (known != variables.end()) {
            if (change.overwrite) *known = {change.name, *change.value, "the step"};
            continue;
        }
        const std::optional<std::string> has = now(change.name);
        if (!change.overwrite && has && *has != *change.value)
            variables.push_back({change.name, *has, std::string(exported)});
        else if (std::ranges::count(interface_variables, change.name) > 0)
            variables.push_back({change.name, *change.value, "route to " + facts.head});
        else
            variables.push_back({change.name, *change.value, "the step"});
    }
    return variables;
}

std::string redacted(std::string_view name, std::string_view value) {
    std::string upper(name);
    std::ranges::transform(upper, upper.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    const bool secret =
        secret::is_secret_name(name) ||
        std::ranges::any_of(secret_endings, [&](std::string_view ending) { return upper.ends_with(ending); });
    return secret ? "***" : std::string(value);
}

std::string report_line(const Assigned& variable) {
    return fmt::format("{}={} ({})", variable.name, slurm_text::escape_control(redacted(variable.name, variable.value)),
                       variable.source);
}

std::optional<Diagnostic> replaced_exports(const std::vector<Change>& changes, const Lookup& now) {
    std::vector<std::string> replaced;
    for (const Change& change : changes) {
        if (!change.value || !change.overwrite) continue;
        const std::optional<std::string> has = now(change.name);
        if (!has || *has == *change.value) continue;
        replaced.push_back(fmt::format("{}={} (exported: {})", change.name, *change.value,
                                       slurm_text::escape_control(redacted(change.name, *has))));
    }
    if (replaced.empty()) return std::nullopt;
    return Diagnostic{.code = codes::rendezvous.exported,
                      .message = fmt::format("the step sets its own {}", fmt::join(replaced, ", "))};
}

}  // namespace recipe::node
