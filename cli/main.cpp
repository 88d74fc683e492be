#include "commands.hpp"

#include <CLI/CLI.hpp>
#include <exception>
#include <fmt/format.h>
#include <functional>

namespace {

using recipe::cli::Arguments;
using recipe::cli::Format;

/// A command that takes a recipe and overrides.
CLI::App* add_recipe_command(CLI::App& app, Arguments& arguments, const char* name, const char* what) {
    CLI::App* command = app.add_subcommand(name, what);
    command->add_option("recipe", arguments.recipe, "path under recipes/, its unique base name, or a file")->required();
    command->add_option("override", arguments.overrides, "KEY=VALUE, +KEY=VALUE, ~KEY: as --recipe-set takes them");
    return command;
}

void add_format(CLI::App* command, Arguments& arguments, const std::map<std::string, Format>& formats) {
    command->add_option("--format", arguments.format, "form of the output")
        ->transform(CLI::CheckedTransformer(formats, CLI::ignore_case))
        ->default_str(formats.begin()->first);
}

int run(int argc, char** argv) {
    CLI::App app{"Shows, checks and plans recipes for sbatch --recipe=NAME.\n"
                 "Recipes are looked for in -C DIR, $SLURM_RECIPE_PATH, the site's collections and the installed one.",
                 "srecipe"};
    app.set_version_flag("--version", "srecipe " RECIPE_VERSION);
    app.require_subcommand(1);
    app.fallthrough();

    Arguments arguments;
    std::string site;
    app.add_option("-C,--collection", arguments.collections, "another recipe collection; may be repeated, first given first")
        ->type_name("DIR")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_option("--site", site, "site settings ($SLURM_RECIPE_SITE)")->type_name("FILE");
    app.footer("Exit status: 0 good, 1 something is wrong with the recipe, 2 usage.");

    std::function<int(const Arguments&)> command;
    const auto use = [&command](int (*function)(const Arguments&)) { return [&command, function] { command = function; }; };

    app.add_subcommand("list", "names all recipes")->callback(use(recipe::cli::list));
    CLI::App* show = add_recipe_command(app, arguments, "show", "prints a recipe, resolved");
    show->add_option("--select", arguments.select, "print this key only, from the root (recipes.trainer.num_nodes)")
        ->type_name("KEY");
    add_format(show, arguments, {{"yaml", Format::yaml}, {"json", Format::json}});
    show->callback(use(recipe::cli::show));
    CLI::App* check = add_recipe_command(app, arguments, "check", "tells what is wrong with a recipe");
    add_format(check, arguments, {{"text", Format::text}, {"json", Format::json}});
    check->callback(use(recipe::cli::check));
    CLI::App* plan = add_recipe_command(app, arguments, "plan", "prints the launch plan as JSON");
    add_format(plan, arguments, {{"json", Format::json}});
    plan->callback(use(recipe::cli::plan));
    add_recipe_command(app, arguments, "script", "prints a batch script to save and edit")->callback(use(recipe::cli::script));

    for (CLI::App* forcible : {check, plan, app.get_subcommand("script")})
        forcible->add_flag("--force", arguments.force, "errors of validation become warnings, as --recipe-force has it");
    CLI::App* explain = app.add_subcommand("explain", "tells what a code means, where it comes from, and an example");
    explain->add_option("code", arguments.code, "as in [precision.fp8]");
    explain->add_flag("--all", arguments.all, "all codes, as docs/diagnostics.md has them");
    explain->callback(use(recipe::cli::explain));
    CLI::App* fit = app.add_subcommand("fit", "tells how much device memory a recipe needs, and whether it has it");
    fit->add_option("recipe", arguments.recipe, "path under recipes/, its unique base name, or a file");
    fit->add_option("override", arguments.overrides, "KEY=VALUE, +KEY=VALUE, ~KEY: as --recipe-set takes them");
    fit->add_option("--sweep", arguments.sweep, "a row for each value")->type_name("KEY=a,b,c");
    fit->add_option("--plot", arguments.plot, "draw the parts against the limit, as SVG")->type_name("FILE");
    CLI::Option* measurements =
        fit->add_option("--measurements", arguments.measurements, "predict measured runs instead, a JSON object a line")
            ->type_name("FILE");
    add_format(fit, arguments, {{"text", Format::text}, {"json", Format::json}});
    fit->callback([&] {
        if (arguments.recipe.empty() && measurements->count() == 0) throw CLI::RequiredError("RECIPE or --measurements");
        command = recipe::cli::fit;
    });

    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& done) {
        return app.exit(done);
    } catch (const CLI::ParseError& error) {
        app.exit(error);
        return recipe::cli::exit_usage;
    }
    if (!site.empty()) arguments.site = site;
    return command(arguments);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        fmt::print(stderr, "srecipe: internal error: {}\n", error.what());
        return recipe::cli::exit_wrong;
    }
}
