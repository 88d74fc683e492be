// SPDX-License-Identifier: Apache-2.0
// Puts secrets back in place of their references.
#include "node/node.hpp"
#include "secret/secret.hpp"

namespace recipe::node {
namespace {

void restore(std::vector<std::string>& strings, const std::vector<std::string>& texts) {
    for (std::string& string : strings) string = secret::restored(string, texts);
}

}  // namespace

plan::LaunchPlan with_secrets(plan::LaunchPlan plan, const std::vector<std::string>& texts) {
    if (texts.empty()) return plan;
    restore(plan.overrides, texts);
    restore(plan.setup, texts);
    restore(plan.srun_arguments, texts);
    restore(plan.entry.arguments, texts);
    for (plan::Variable& variable : plan.environment) variable.value = secret::restored(variable.value, texts);
    plan.config = secret::restored(plan.config, texts);
    return plan;
}

std::vector<Assigned> without_secrets(std::vector<Assigned> variables, const std::vector<std::string>& texts) {
    for (Assigned& variable : variables) variable.value = secret::redacted(variable.value, texts);
    return variables;
}

}  // namespace recipe::node
