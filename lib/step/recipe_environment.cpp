#include "step/step.hpp"

#include <filesystem>

namespace recipe::step {

std::vector<Change> recipe_paths(const plan::LaunchPlan& plan, const Facts& facts) {
    const std::filesystem::path file = config_file(plan, facts);
    return {
        {"RECIPE_NAME", plan.recipe},
        {"RECIPE_CONFIG", file.string()},
        {"RECIPE_CONFIG_DIR", file.parent_path().string()},
        {"RECIPE_CONFIG_NAME", file.filename().string()},
        {"RECIPE_RESULTS_DIR", job_directory(plan, facts)},
    };
}

std::vector<Change> recipe_environment(const plan::LaunchPlan& plan, const Facts& facts) {
    std::vector<Change> changes = recipe_paths(plan, facts);
    // Typed on the command line beats exported by the user beats the rest, which the plan has ordered already.
    for (const plan::Variable& variable : plan.environment)
        changes.push_back({variable.name, variable.value, variable.origin == plan::Origin::typed});
    return changes;
}

std::vector<Change> batch_environment(const plan::LaunchPlan& plan) {
    if (plan.entry.program.empty())
        return {{"RECIPE_COMMAND", std::nullopt},
                {"RECIPE_TASKS_PER_NODE", std::nullopt},
                {"RECIPE_SRUN_ARGUMENTS", std::nullopt},
                {"RECIPE_SETUP", std::nullopt}};
    const bool python = plan.entry.program.ends_with(".py");
    std::string command;
    if (plan.launcher == plan::Launcher::torchrun) command = python ? "torchrun " : "torchrun --no-python ";
    else if (python) command = "python3 ";
    command += shell_quoted(plan.entry.program);
    for (const std::string& argument : plan.entry.arguments) command += ' ' + shell_quoted(argument);
    std::string options;
    for (const std::string& argument : plan.srun_arguments) options += (options.empty() ? "" : " ") + shell_quoted(argument);
    std::string setup;
    for (const std::string& line : plan.setup) setup += line + '\n';
    return {{"RECIPE_COMMAND", std::move(command)},
            {"RECIPE_TASKS_PER_NODE", std::to_string(plan.tasks_per_node())},
            {"RECIPE_SRUN_ARGUMENTS", std::move(options)},
            {"RECIPE_SETUP", std::move(setup)}};
}

}  // namespace recipe::step
