// SPDX-License-Identifier: Apache-2.0
// Gathers the places where a command may ask for a recipe in vain.
#include "spank/client/unused.hpp"

#include "diagnostic/codes/submit.hpp"
#include "spank/client/script_text.hpp"

#include <string_view>

namespace recipe::spank {
namespace {

/// Options that make an allocation which starts nothing itself.
std::string without_steps(const SlurmOptions& options) {
    for (const char* name : {"no-shell", "external"})
        if (options.is_set(name) && options.get(name) != "unset") return std::string("--") + name;
    return {};
}

std::string script_name(const Client& client) {
    if (!client.command_line.command.empty()) return client.command_line.command.front();
    return client.options.is_set("wrap") ? "--wrap" : "stdin";
}

/// --recipe=none, with what only a recipe can use.
Diagnostics contradiction(const Client& client) {
    for (const char* name : {"recipe-set", "recipe-force"})
        if (const TypedOption* typed = client.command_line.find(name))
            return {{.code = codes::submit.no_recipe,
                     .source = {.name = typed->spelling},
                     .message = "--recipe=none goes without a recipe, and " + std::string("--") + name +
                                " would have no effect",
                     .fix = "leave one of them out"}};
    return {};
}

/// Slurm takes the last of an option that is typed twice, and the first recipe would be dropped without a word.
Diagnostics two_recipes(const Client& client) {
    const TypedOption* last = client.command_line.find("recipe");
    for (const TypedOption& typed : client.command_line.options)
        if (typed.name == "recipe" && typed.value != last->value && typed.value != "none")
            return {{.code = codes::submit.conflict,
                     .source = {.name = typed.spelling},
                     .message = typed.spelling + " and " + last->spelling + " name two recipes, and a job has one",
                     .fix = "leave one of them out"}};
    return {};
}

}  // namespace

Diagnostics unused_by(const Client& client, const StoredOptions& stored, const planner::SubmitRequest& request) {
    const bool sbatch = client.tool == planner::Tool::sbatch;
    Diagnostics found = planner::find_unused(
        request, {.command = client.command_line.command,
                  .script = script_text(client, stored),
                  .script_name = script_name(client),
                  .wrapped = sbatch && client.command_line.command.empty() && client.options.is_set("wrap"),
                  .typed = client.command_line.find("recipe") != nullptr || !request.default_of.empty(),
                  .without_steps = without_steps(client.options)});
    append(found, two_recipes(client));
    return found;
}

int refuse_unused(const Client& client, const StoredOptions& stored, std::span<char*> plugin_arguments) {
    if (stored.recipe != nullptr) {  // none
        const Diagnostics problems = contradiction(client);
        report(problems);
        return problems.empty() ? 0 : -1;
    }
    if (client.command_line.heterogeneous) return 0;
    const Expected<site::UserSettings> site = settings_of(client, plugin_arguments);
    if (!site) {
        report(site.error());
        return -1;
    }
    planner::SubmitRequest request{.tool = client.tool,
                                   .settings = std::make_shared<const site::Settings>(site->settings),
                                   .environment = client.environment};
    std::error_code error;
    request.working_directory = std::filesystem::current_path(error);
    Diagnostics found = unused_by(client, stored, request);
    if (Diagnostics silent = planner::silence(); !silent.empty()) found = std::move(silent);
    apply_severities(site->settings.severities, found);
    report(found);
    return has_errors(found) ? -1 : 0;
}

}  // namespace recipe::spank
