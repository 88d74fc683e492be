// SPDX-License-Identifier: Apache-2.0
// Finds what was asked of recipes in places where Slurm does not look for options.
#include "planner/planner.hpp"

#include "config/compose/compose.hpp"
#include "diagnostic/codes/compose.hpp"
#include "diagnostic/codes/submit.hpp"
#include "planner/slurm/directives.hpp"
#include "secret/secret.hpp"
#include "storage/storage.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace recipe::planner {
namespace {

constexpr std::string_view option = "--recipe";

std::string_view name_of(Tool tool) {
    switch (tool) {
        case Tool::sbatch:
            return "sbatch";
        case Tool::salloc:
            return "salloc";
        case Tool::srun:
        case Tool::srun_in_job:
            return "srun";
    }
    return "";
}

config::ComposeRequest compose_request(const SubmitRequest& request, const std::string& recipe) {
    return {.collections = site::collections(request.collections, request.environment, *request.settings,
                                             request.collections_from),
            .recipe = recipe,
            .environment = request.environment,
            .working_directory = request.working_directory};
}

/// A file anywhere is a recipe if it says what recipes say: a program of the user's own may read YAML as well.
bool is_recipe(const config::Resolved& resolved) {
    if (resolved.recipe_file.string() != resolved.recipe) return true;  // it lies in a collection
    constexpr std::array sections{"recipes.run", "recipes.trainer", "recipes.training_config", "training_cfg"};
    return std::ranges::any_of(sections, [&](const char* section) {
        const config::Value* value = resolved.root.at(section);
        return value != nullptr && !value->is_null();
    });
}

/// The file of the recipe that `name` names; empty: it names none. One that cannot be read is one all the same.
std::string recipe_named(const SubmitRequest& request, const std::string& name) {
    if (name.empty() || name == "none") return {};
    const Expected<config::Resolved> resolved = config::compose_unresolved(compose_request(request, name));
    if (resolved) return is_recipe(*resolved) ? resolved->recipe_file.string() : std::string();
    const bool unknown = std::ranges::any_of(resolved.error(), [](const Diagnostic& diagnostic) {
        return diagnostic.code == codes::compose.unknown_recipe || diagnostic.code == codes::compose.no_collection;
    });
    const bool some_file = storage::is_file((request.working_directory / name).string());
    return unknown || some_file ? std::string() : name;
}

/// Whether the recipe that is used has such a key.
bool changes_the_recipe(const SubmitRequest& request, const std::string& override) {
    config::ComposeRequest compose = compose_request(request, request.recipe);
    compose.overrides.push_back({.text = override, .name = "--recipe-set"});
    return config::compose_unresolved(compose).has_value();
}

/// A word of the script's arguments that reads as an option of ours, with its value in the same word or the next.
struct Argument {
    std::string name;
    std::string value;
    std::string spelling;
};

/// `salloc srun --recipe=x`: the option is read, by that command.
bool takes_recipes(std::string_view word) {
    constexpr std::array<std::string_view, 4> commands{"sbatch", "salloc", "srun", "srecipe"};
    return std::ranges::find(commands, word.substr(word.rfind('/') + 1)) != commands.end();
}

std::vector<Argument> arguments_of(const std::vector<std::string>& command) {
    std::vector<Argument> arguments;
    if (command.empty() || takes_recipes(command.front())) return arguments;
    for (std::size_t i = 1; i < command.size(); ++i) {
        const std::string& word = command[i];
        if (takes_recipes(word)) break;
        const std::size_t equals = word.find('=');
        const std::string name = word.substr(0, equals);
        if (name != option && name != "--recipe-set" && name != "--recipe-force") continue;
        Argument argument{.name = name, .value = {}, .spelling = word};
        if (equals != std::string::npos)
            argument.value = word.substr(equals + 1);
        else if (name != "--recipe-force" && i + 1 < command.size()) {
            argument.value = command[++i];
            argument.spelling += ' ' + argument.value;
        }
        argument.spelling = secret::redacted_command_line(argument.spelling);
        arguments.push_back(std::move(argument));
    }
    return arguments;
}

class Finder {
public:
    Finder(const SubmitRequest& request, const UnreadPlaces& places) : request_(request), places_(places) {}

    Diagnostics run() {
        arguments();
        script();
        if (!places_.without_steps.empty() && !request_.recipe.empty()) no_shell();
        variables();
        return std::move(found_);
    }

private:
    std::string_view tool() const { return name_of(request_.tool); }
    bool has_recipe() const { return !request_.recipe.empty(); }

    void arguments() {
        const std::vector<Argument> given = arguments_of(places_.command);
        if (given.empty()) return;
        const std::string used = has_recipe() ? recipe_named(request_, request_.recipe) : std::string();
        for (const Argument& argument : given) {
            if (argument.name == option) {
                const std::string named = recipe_named(request_, argument.value);
                if (!named.empty() && named != used) after_script(argument);
            } else if (has_recipe() && (argument.value.empty() || changes_the_recipe(request_, argument.value))) {
                after_script(argument);
            }
        }
    }

    void after_script(const Argument& argument) {
        const std::string& script = places_.command.front();
        found_.push_back(
            {.code = codes::submit.after_script,
             .source = {.name = argument.spelling},
             .message = fmt::format("{} stands after {}, so it is an argument of that and {} does not read it; if it "
                                    "is meant so, say --recipe=none before {}",
                                    argument.spelling, script, tool(), script),
             .fix = fmt::format("{} {} {}", tool(), argument.spelling, script)});
    }

    /// Of a line, those options of ours that would have had an effect.
    std::string lost_options(const Directive& line) const {
        std::string lost;
        for (const std::string& word : line.options) {
            if (!word.starts_with(option)) continue;
            const bool names_it = word == option || word.starts_with("--recipe=");
            if (names_it && places_.typed) continue;
            lost += (lost.empty() ? "" : " ") + word;
            if (word == option || word == "--recipe-set") lost += " ...";
        }
        return lost;
    }

    void script() {
        const bool by_sbatch = request_.tool == Tool::sbatch && !places_.wrapped;
        // A batch script as the command of an srun that has a recipe is run by that.
        if (!by_sbatch && !places_.wrapped && has_recipe()) return;
        for (Directive& line : find_directives(places_.script, option)) {
            const std::string lost = secret::redacted_command_line(lost_options(line));
            line.text = secret::redacted_command_line(line.text);
            if (lost.empty() || (by_sbatch && line.state == Directive::State::read)) continue;
            if (!by_sbatch && line.state != Directive::State::read) continue;
            found_.push_back({.code = codes::submit.script_line,
                              .source = {.name = places_.script_name, .line = line.line},
                              .message = why_unread(line),
                              .fix = fix_of(line, lost, by_sbatch)});
        }
    }

    std::string why_unread(const Directive& line) const {
        if (places_.wrapped)
            return fmt::format("`{}` is part of --wrap, of which sbatch reads no #SBATCH lines", line.text);
        if (request_.tool != Tool::sbatch)
            return fmt::format("{} reads no #SBATCH lines, and would run {} without its `{}`", tool(),
                               places_.script_name, line.text);
        if (line.state == Directive::State::after_command)
            return fmt::format("`{}` stands after the script's first command (line {}), where sbatch reads no options",
                               line.text, line.command_line);
        return fmt::format(
            "`{}` is a comment to sbatch, which reads lines that begin with #SBATCH, in the first column "
            "and in capitals; a line that is to stay switched off begins with ##",
            line.text);
    }

    std::string fix_of(const Directive& line, const std::string& lost, bool by_sbatch) const {
        if (places_.wrapped) return fmt::format("sbatch {} --wrap=...", lost);
        if (!by_sbatch) return fmt::format("{} {} {}", tool(), lost, places_.script_name);
        if (line.command_line != 0) return fmt::format("#SBATCH {} above line {}", lost, line.command_line);
        return "#SBATCH " + lost;
    }

    void no_shell() {
        found_.push_back(
            {.code = codes::submit.no_shell,
             .source = {.name = places_.without_steps},
             .message = fmt::format("{} leaves nothing that hands the recipe on: steps of `srun --jobid` would run "
                                    "without it. Name it where steps are started, or let {} start a command",
                                    places_.without_steps, tool()),
             .fix =
                 fmt::format("--recipe=none here, and srun --jobid=... --recipe={} for the steps", request_.recipe)});
    }

    void variables() {
        struct Variable {
            Tool tool;
            const char* name;
            const char* instead;
        };
        constexpr std::array variables{Variable{Tool::sbatch, "SBATCH_RECIPE_SET", "--recipe-set=KEY=VALUE"},
                                       Variable{Tool::sbatch, "SBATCH_RECIPE_FORCE", "--recipe-force"},
                                       Variable{Tool::salloc, "SALLOC_RECIPE_SET", "--recipe-set=KEY=VALUE"},
                                       Variable{Tool::salloc, "SALLOC_RECIPE_FORCE", "--recipe-force"},
                                       Variable{Tool::srun, "SLURM_RECIPE_SET", "--recipe-set=KEY=VALUE"},
                                       Variable{Tool::srun, "SLURM_RECIPE_FORCE", "--recipe-force"},
                                       Variable{Tool::srun, "SRUN_RECIPE", "SLURM_RECIPE=NAME"}};
        const Tool tool_here = request_.tool == Tool::srun_in_job ? Tool::srun : request_.tool;
        for (const auto& [tool_of_it, name, instead] : variables) {
            if (tool_of_it != tool_here || !request_.environment.contains(name)) continue;
            if (places_.typed && std::string_view(name) == "SRUN_RECIPE") continue;  // beaten, were it one
            found_.push_back(
                {.code = codes::submit.no_variable,
                 .source = {.name = name},
                 .message = fmt::format("there is no variable {}: it is set, and {} would not use it", name, tool()),
                 .fix = fmt::format("unset {}; use {}", name, instead)});
        }
    }

    const SubmitRequest& request_;
    const UnreadPlaces& places_;
    Diagnostics found_{};
};

}  // namespace

Diagnostics find_unused(const SubmitRequest& request, const UnreadPlaces& places) {
    return Finder(request, places).run();
}

}  // namespace recipe::planner
