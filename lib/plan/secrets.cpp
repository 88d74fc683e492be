// SPDX-License-Identifier: Apache-2.0
// References in place of secrets in a plan, and the other way.
#include "plan/plan.hpp"

#include "secret/secret.hpp"

#include <utility>

namespace recipe::plan {
namespace {

/// What becomes of the texts of a plan in which a secret can stand.
struct Change {
    std::function<config::Value(const config::Value&)> config;
    std::function<std::string(const Variable&)> variable;
    std::function<std::string(const std::string&)> text;
    std::function<std::string(std::size_t index, const std::string&)> override_text;
};

/// Both ways lead through these places, so that what is hidden is restored. References are numbered in this order.
LaunchPlan changed(LaunchPlan plan, const Change& change) {
    plan.config = change.config(plan.config);
    for (Variable& variable : plan.environment) variable.value = change.variable(variable);
    for (std::vector<std::string>* texts : {&plan.entry.arguments, &plan.setup, &plan.srun_arguments})
        for (std::string& text : *texts) text = change.text(text);
    for (std::size_t i = 0; i < plan.overrides.size(); ++i)
        plan.overrides[i] = change.override_text(i, plan.overrides[i]);
    return plan;
}

}  // namespace

LaunchPlan hide_secrets(LaunchPlan plan, secret::References& references, const IsSecretOverride& is_secret) {
    return changed(std::move(plan), {.config = [&](const config::Value& config) { return references.in(config); },
                                     .variable =
                                         [&](const Variable& variable) {
                                             return secret::is_secret(variable.name, variable.value)
                                                        ? references.to(variable.value)
                                                        : references.in(variable.value);
                                         },
                                     .text = [&](const std::string& text) { return references.in(text); },
                                     .override_text =
                                         [&](std::size_t index, const std::string& text) {
                                             if (!is_secret(index, text)) return references.in(text);
                                             const std::size_t value = text.find('=') + 1;
                                             return text.substr(0, value) + references.to(text.substr(value));
                                         }});
}

LaunchPlan restore_secrets(LaunchPlan plan, const std::vector<std::string>& texts) {
    if (texts.empty()) return plan;
    const auto restored = [&](const std::string& text) { return secret::restored(text, texts); };
    return changed(std::move(plan),
                   {.config = [&](const config::Value& config) { return secret::restored(config, texts); },
                    .variable = [&](const Variable& variable) { return restored(variable.value); },
                    .text = restored,
                    .override_text = [&](std::size_t, const std::string& text) { return restored(text); }});
}

}  // namespace recipe::plan
