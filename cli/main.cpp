// SPDX-License-Identifier: Apache-2.0
// The command line of srecipe.
#include "commands.hpp"

#include "diagnostic/diagnostic.hpp"
#include "print.hpp"
#include "secret/secret.hpp"
#include "site/site.hpp"
#include "storage/storage.hpp"
#include "trace/trace.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <cerrno>
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <functional>
#include <optional>
#include <sstream>

namespace {

using recipe::cli::Arguments;
using recipe::cli::Format;
using recipe::trace::Level;

Level level_of_environment() {
    const char* text = std::getenv("RECIPE_LOG");
    if (text == nullptr) return Level::off;
    const std::optional<Level> level = recipe::trace::parse_level(text);
    if (!level) recipe::cli::complain("srecipe: RECIPE_LOG is {}, which is none of off, info and debug\n", text);
    return level.value_or(Level::off);
}

/// What CLI11 says of the arguments, or the help that was asked for.
int report(const CLI::App& app, const CLI::Error& said) {
    std::ostringstream text;
    std::ostringstream complaint;
    const int status = app.exit(said, text, complaint);
    recipe::cli::print_text(text.str());
    recipe::cli::complain_text(complaint.str());
    return status;
}

/// What may stand before and after the command.
struct Places {
    std::vector<std::filesystem::path> collections;
    std::string site;
    int verbose = 0;

    void add_to(CLI::App& app) {
        app.add_option("-C,--collection", collections, "another recipe collection; may be repeated, first given first")
            ->type_name("DIR")
            ->allow_extra_args(false);
        app.add_option("--site", site, "site settings ($SLURM_RECIPE_SITE)")->type_name("FILE");
        app.add_flag("-v,--verbose", verbose, "prints on stderr what is done; -vv how ($RECIPE_LOG: info, debug)");
    }
};

/// What a command line says, as CLI11 fills it in.
struct CommandLine {
    Places before;  // the command
    Places after;
    std::vector<std::string> sets;  // --recipe-set
    Arguments arguments;

    /// What -v says, or RECIPE_LOG where that asks for more.
    [[nodiscard]] Level level() const {
        const int times = before.verbose + after.verbose;
        return std::max(times >= 2 ? Level::debug : times == 1 ? Level::info : Level::off, level_of_environment());
    }

    Arguments take() {
        arguments.collections = std::move(before.collections);
        arguments.collections.insert(arguments.collections.end(), after.collections.begin(), after.collections.end());
        if (!before.site.empty()) arguments.site = before.site;
        if (!after.site.empty()) arguments.site = after.site;
        arguments.overrides.insert(arguments.overrides.end(), sets.begin(), sets.end());
        return std::move(arguments);
    }
};

CLI::App* add_command(CLI::App& app, CommandLine& line, const char* name, const char* what) {
    CLI::App* command = app.add_subcommand(name, what);
    line.after.add_to(*command);
    return command;
}

/// A command that takes a recipe and overrides.
CLI::App* add_recipe_command(CLI::App& app, CommandLine& line, const char* name, const char* what) {
    CLI::App* command = add_command(app, line, name, what);
    command->add_option("recipe", line.arguments.recipe, "path under recipes/, its unique base name, or a file")
        ->required()
        ->check([](const std::string& given) { return given.empty() ? std::string("it is empty") : std::string(); },
                "NAME");
    command->add_option("override", line.arguments.overrides,
                        "KEY=VALUE, +KEY=VALUE, ~KEY: as --recipe-set takes them");
    command->add_option("--recipe-set", line.sets, "an override as sbatch takes it; after all others")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    return command;
}

/// The first form is the default.
void add_format(CLI::App* command, Arguments& arguments, std::initializer_list<std::pair<const char*, Format>> forms) {
    const std::vector<std::pair<std::string, Format>> known(forms.begin(), forms.end());
    std::string names;
    for (const auto& [name, form] : known) names += (names.empty() ? "" : "|") + name;
    command
        ->add_option_function<std::string>(
            "--format",
            [&arguments, known](const std::string& name) {
                arguments.format = std::ranges::find(known, name, &std::pair<std::string, Format>::first)->second;
            },
            fmt::format("form of the output; {} if not given", known.front().first))
        ->type_name(names)
        ->check(
            [known, names](const std::string& name) {
                const bool there = std::ranges::any_of(known, [&](const auto& form) { return form.first == name; });
                return there ? std::string() : fmt::format("{} is none of {}", name, names);
            },
            "");
}

/// CLI11 says of a mistyped command only that one is required. Empty: a command was given, or nothing like one.
std::string unknown_command(const CLI::App& app, int argc, char** argv) {
    if (!app.get_subcommands().empty()) return {};
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
        names.push_back(command->get_name());
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "-C" || word == "--collection" || word == "--site") ++i;
        if (word.starts_with('-') || std::ranges::find(names, word) != names.end()) continue;
        const auto close = recipe::nearest(word, names, 1);
        return fmt::format("there is no command `{}`; {}", word,
                           close.empty() ? fmt::format("there are {}", fmt::join(names, ", "))
                                         : fmt::format("did you mean `{}`?", close.front()));
    }
    return {};
}

int run(int argc, char** argv) {
    CLI::App app{
        "Shows, checks and plans recipes for sbatch --recipe=NAME.\n"
        "Recipes are searched in -C DIR, $SLURM_RECIPE_PATH, the site's collections and the installed one.",
        "srecipe"};
    app.set_version_flag("--version", "srecipe " RECIPE_VERSION);
    app.require_subcommand(1);

    CommandLine line;
    Arguments& arguments = line.arguments;
    line.before.add_to(app);
    app.footer("Exit status: 0 good, 1 something is wrong with the recipe (doctor: the installation), 2 usage.");

    std::function<int(const Arguments&)> command;
    const auto use = [&command](int (*function)(const Arguments&)) {
        return [&command, function] { command = function; };
    };

    add_command(app, line, "list", "names all recipes")->callback(use(recipe::cli::list));
    CLI::App* show = add_recipe_command(app, line, "show", "prints a recipe, resolved");
    show->add_option("--select", arguments.select, "print this key only (trainer.num_nodes, cluster.partition)")
        ->type_name("KEY");
    add_format(show, arguments, {{"yaml", Format::yaml}, {"json", Format::json}});
    show->add_flag("--origin", arguments.origin, "prints for each value where it comes from");
    show->add_flag("--unresolved", arguments.unresolved, "prints what stands there before interpolation")
        ->excludes("--origin");
    show->callback(use(recipe::cli::show));
    CLI::App* diff = add_recipe_command(app, line, "diff",
                                        "shows what another recipe, or overrides, change: diff A [B] [OVERRIDE...]");
    add_format(diff, arguments, {{"text", Format::text}, {"json", Format::json}});
    diff->callback(use(recipe::cli::diff));
    CLI::App* check = add_recipe_command(app, line, "check", "reports what is wrong with a recipe");
    add_format(check, arguments, {{"text", Format::text}, {"json", Format::json}});
    check->callback(use(recipe::cli::check));
    CLI::App* plan = add_recipe_command(app, line, "plan", "prints the launch plan as JSON");
    add_format(plan, arguments, {{"json", Format::json}});
    plan->callback(use(recipe::cli::plan));
    add_recipe_command(app, line, "script", "prints a batch script to save and edit")
        ->callback(use(recipe::cli::script));

    CLI::App* fresh = add_command(app, line, "new", "writes a small recipe of your own, to be edited");
    fresh->add_option("file", arguments.recipe, "the file to write; it must not be there")
        ->required()
        ->type_name("FILE");
    fresh->add_option("--from", arguments.from, "a recipe to build on")->type_name("RECIPE");
    fresh
        ->add_option("--program", arguments.program,
                     "your training program; without this and --from train.py, if there "
                     "is one, else the collection's own recipe is built on")
        ->type_name("FILE");
    fresh->callback(use(recipe::cli::new_recipe));

    CLI::App* image =
        add_recipe_command(app, line, "image", "prints the command that makes the squashfs of a recipe's image");
    image->add_flag("--run", arguments.run, "run it, here and now");
    image->callback(use(recipe::cli::image));

    for (CLI::App* forcible : {check, plan, app.get_subcommand("script")})
        forcible->add_flag("--force", arguments.force,
                           "errors of validation become warnings, as --recipe-force has it");
    CLI::App* hardware =
        add_command(app, line, "hardware", "prints what is known of an instance type or an accelerator, or lists all");
    hardware->add_option("name", arguments.name, "as the recipe, Slurm or SageMaker spells it");
    add_format(hardware, arguments, {{"text", Format::text}, {"json", Format::json}});
    hardware->callback(use(recipe::cli::hardware));
    CLI::App* families = add_command(app, line, "families",
                                     "prints what is known of the recipes of one program (a family), or lists all");
    families->add_option("name", arguments.name, "as the list has it");
    add_format(families, arguments, {{"text", Format::text}, {"json", Format::json}});
    families->callback(use(recipe::cli::families));

    CLI::App* explain =
        add_command(app, line, "explain", "explains what a code means and where it comes from, with an example");
    explain->add_option("code", arguments.code, "as in [precision.fp8]");
    explain->add_flag("--all", arguments.all, "all codes, as docs/diagnostics.md has them");
    explain->callback([&] {
        if (arguments.code.empty() && !arguments.all) throw CLI::RequiredError("CODE or --all");
        command = recipe::cli::explain;
    });
    CLI::App* doctor = add_command(
        app, line, "doctor", "reports what is wrong with this installation: plugins, versions, site file, collections");
    // Without a file it is a question of its own.
    CLI::Option* of_site = doctor->get_option("--site");
    of_site->expected(0, 1)->description("site settings; without FILE: print the partitions that they could name");
    doctor->callback([&, of_site] {
        const bool asked = of_site->count() > 0 && (line.after.site.empty() || line.after.site == "true");
        if (asked) line.after.site.clear();
        command = asked ? recipe::cli::propose_partitions : recipe::cli::doctor;
    });
    CLI::App* fit = add_recipe_command(
        app, line, "fit", "predicts how much device memory a recipe needs, and whether the instance type has it");
    fit->get_option("recipe")->required(false);
    fit->add_option("--sweep", arguments.sweep, "a row for each value")->type_name("KEY=a,b,c");
    fit->add_option("--plot", arguments.plot, "draw the parts against the limit, as SVG")->type_name("FILE");
    CLI::Option* measurements =
        fit->add_option("--measurements", arguments.measurements, "predict measured runs instead, a JSON object a line")
            ->type_name("FILE");
    add_format(fit, arguments, {{"text", Format::text}, {"json", Format::json}});
    fit->callback([&] {
        if (arguments.recipe.empty() && measurements->count() == 0)
            throw CLI::RequiredError("RECIPE or --measurements");
        command = recipe::cli::fit;
    });

    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& done) {
        return report(app, done);
    } catch (const CLI::ParseError& error) {
        if (const std::string problem = unknown_command(app, argc, argv); !problem.empty())
            recipe::cli::complain("srecipe: {}\n", problem);
        else
            report(app, error);
        return recipe::cli::exit_usage;
    }
    if (const Level level = line.level(); level != Level::off) {
        recipe::trace::write_to(recipe::trace::write_to_stderr, recipe::secret::redacted_line);
        recipe::trace::set_level(level);
    }
    const recipe::storage::Watch watch{std::chrono::seconds(recipe::site::default_check_seconds)};
    int status = command(line.take());
    if (!watch.silent().empty()) {
        recipe::cli::print_diagnostics({});
        status = recipe::cli::exit_wrong;
    }
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
        recipe::cli::complain("srecipe: the output could not be written: {}\n", std::strerror(errno));
        return recipe::cli::exit_wrong;
    }
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        recipe::cli::complain("srecipe: internal error: {}\n", error.what());
        return recipe::cli::exit_wrong;
    }
}
