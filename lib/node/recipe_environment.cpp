// SPDX-License-Identifier: Apache-2.0
// The variables that every step of a job gets.
#include "node/node.hpp"
#include "slurm_text/shell_words.hpp"

#include <filesystem>

namespace recipe::node {

namespace {

std::string shell_text(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + slurm_text::shell_quoted(word);
    return text;
}

/// The program as a shell starts it, within srun: on the node, or in the container, which has the directory as well.
std::string command_of(const plan::Entry& entry, plan::Launcher launcher) {
    const bool python = !entry.module.empty() || entry.program.ends_with(".py");
    std::string command;
    // Each node makes the copy, and none ever sees half of one.
    if (!entry.configuration.empty())
        command =
            "sh -c 'cp -f -- \"$RECIPE_CONFIG\" \"$1.$SLURMD_NODENAME.$$\" && mv -f -- \"$1.$SLURMD_NODENAME.$$\" "
            "\"$1\" && shift && exec \"$@\"' recipe " +
            slurm_text::shell_quoted(entry.configuration) + ' ';
    if (!entry.directory.empty())
        command +=
            "sh -c 'cd -- \"$1\" && shift && exec \"$@\"' recipe " + slurm_text::shell_quoted(entry.directory) + ' ';
    if (entry.is_shell())
        command += "bash ";
    else if (launcher == plan::Launcher::torchrun)
        command += python ? "torchrun " : "torchrun --no-python ";
    else if (python)
        command += "python3 ";
    command +=
        entry.module.empty() ? slurm_text::shell_quoted(entry.program) : "-m " + slurm_text::shell_quoted(entry.module);
    if (!entry.arguments.empty()) command += ' ' + shell_text(entry.arguments);
    return command;
}

/// Those that a job which submits another has must not reach it.
std::vector<Change> code_changes(const std::optional<plan::Code>& code) {
    if (!code)
        return {{"RECIPE_CODE", std::nullopt},
                {"RECIPE_CODE_URL", std::nullopt},
                {"RECIPE_CODE_BRANCH", std::nullopt},
                {"RECIPE_CODE_COMMIT", std::nullopt},
                {"RECIPE_CODE_TOKEN_FILE", std::nullopt}};
    return {{"RECIPE_CODE", std::string(code_script())},
            {"RECIPE_CODE_URL", code->url},
            {"RECIPE_CODE_BRANCH", code->branch},
            {"RECIPE_CODE_COMMIT", code->commit},
            {"RECIPE_CODE_TOKEN_FILE", code->token_file}};
}

std::vector<Change> entry_changes(const plan::LaunchPlan& plan, const Facts& facts) {
    if (plan.entry.empty())
        return {{"RECIPE_COMMAND", std::nullopt},
                {"RECIPE_SECRET_COMMAND", std::nullopt},
                {"RECIPE_TASKS_PER_NODE", std::nullopt},
                {"RECIPE_SRUN_ARGUMENTS", std::nullopt},
                {"RECIPE_SETUP", std::nullopt}};
    std::string setup;
    for (const std::string& line : plan.setup) setup += line + '\n';
    const std::string command = command_of(entry_of(plan, facts), plan.launcher);
    // srun's own words go to slurmctld and its accounting, where others read them; variables do not.
    const bool secret = !plan.secrets_file.empty();
    return {{"RECIPE_COMMAND", secret ? std::string(R"(sh -c 'eval "exec $RECIPE_SECRET_COMMAND"')") : command},
            {"RECIPE_SECRET_COMMAND", secret ? std::optional(command) : std::nullopt},
            {"RECIPE_TASKS_PER_NODE", std::to_string(plan.tasks_per_node())},
            {"RECIPE_SRUN_ARGUMENTS", shell_text(plan.srun_arguments)},
            {"RECIPE_SETUP", std::move(setup)}};
}

}  // namespace

std::vector<Change> recipe_paths(const plan::LaunchPlan& plan, const Facts& facts) {
    const std::filesystem::path file = config_file(plan, facts);
    std::vector<Change> changes{
        {"RECIPE_NAME", plan.recipe},
        {"RECIPE_CONFIG", file.string()},
        {"RECIPE_CONFIG_DIR", file.parent_path().string()},
        {"RECIPE_CONFIG_NAME", file.filename().string()},
        {"RECIPE_RESULTS_DIR", results_directory(plan, facts)},
    };
    if (const auto cloned = code_directory(plan, facts))
        changes.push_back({"RECIPE_CODE_DIR", *cloned});
    else if (!plan.entry.directory.empty())
        changes.push_back({"RECIPE_CODE_DIR", plan.entry.directory});
    return changes;
}

std::vector<Change> recipe_environment(const plan::LaunchPlan& plan, const Facts& facts) {
    std::vector<Change> changes = recipe_paths(plan, facts);
    // Typed on the command line beats exported by the user beats the rest, which the plan has ordered already.
    for (const plan::Variable& variable : plan.environment)
        changes.push_back({variable.name, variable.value, variable.origin == plan::VariableOrigin::typed});
    return changes;
}

std::vector<Change> batch_environment(const plan::LaunchPlan& plan, const Facts& facts) {
    std::vector<Change> changes = entry_changes(plan, facts);
    const std::vector<Change> code = code_changes(plan.code);
    changes.insert(changes.end(), code.begin(), code.end());
    return changes;
}

}  // namespace recipe::node
