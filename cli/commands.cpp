#include "context.hpp"

#include "codes/codes.hpp"
#include "config/config.hpp"
#include "render/render.hpp"
#include "site/site.hpp"
#include "step/step.hpp"
#include "submit/submit.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace recipe::cli {
namespace {

using config::Value;

submit::Outcome prepare(const Arguments& arguments, const Context& context) {
    submit::Request request{.recipe = arguments.recipe,
                            .needs_entry = true,
                            .collections = context.collections,
                            .hardware_files = site::hardware_files(context.settings),
                            .family_files = site::family_files(context.settings),
                            .ports = context.settings.ports,
                            .severities = context.settings.severities,
                            .force = arguments.force,
                            .environment = context.environment,
                            .working_directory = working_directory()};
    for (const std::string& text : arguments.overrides) request.sets.push_back({text});
    return submit::prepare(request);
}

/// Without the alias of `recipes` that some recipes refer to.
Value shown(const Value& root) {
    Value copy = root;
    copy.erase("training");
    return copy;
}

void print_value(const Value& value, Format format) {
    if (format == Format::json) fmt::print("{}\n", config::to_json(value, 2));
    else if (value.is_map() || value.is_list()) fmt::print("{}", config::to_yaml(value));
    else fmt::print("{}\n", value.is_null() ? "null" : config::to_python_text(value));
}

}  // namespace

int list(const Arguments& arguments) {
    const Expected<Context> context = make_context(arguments);
    if (!context) return wrong(context.error());
    const auto recipes = config::list_recipes(context->collections);
    if (!recipes) return wrong(recipes.error());
    for (const config::RecipeFile& recipe : *recipes) fmt::print("{}\n", recipe.name);
    return exit_good;
}

int show(const Arguments& arguments) {
    const Expected<Context> context = make_context(arguments);
    if (!context) return wrong(context.error());
    const auto resolved = config::compose(compose_request(arguments, *context));
    if (!resolved) return wrong(resolved.error());
    complain(resolved->notes);
    if (arguments.select.empty()) {
        print_value(shown(resolved->root), arguments.format);
        return exit_good;
    }
    const Value* selected = resolved->root.at(arguments.select);
    if (selected == nullptr)
        return wrong({{.code = "compose.unknown_key",
                       .key = arguments.select,
                       .source = {.name = "--select"},
                       .message = fmt::format("the resolved recipe has no key `{}`", arguments.select)}});
    print_value(*selected, arguments.format);
    return exit_good;
}

int check(const Arguments& arguments) {
    const Expected<Context> context = make_context(arguments);
    if (!context) return wrong(context.error());
    const submit::Outcome outcome = prepare(arguments, *context);
    if (arguments.format == Format::json) {
        fmt::print("{}\n", render::json(outcome.diagnostics, arguments.recipe));
    } else {
        complain(outcome.diagnostics);
        if (outcome.submission)
            fmt::print("{}: {} × {} devices, {}\n", outcome.submission->plan.recipe,
                       outcome.submission->plan.layout.nodes, outcome.submission->plan.layout.devices_per_node,
                       outcome.diagnostics.empty() ? "nothing is wrong with it" : "would be submitted");
    }
    return outcome.submission ? exit_good : exit_wrong;
}

int plan(const Arguments& arguments) {
    const Expected<Context> context = make_context(arguments);
    if (!context) return wrong(context.error());
    const submit::Outcome outcome = prepare(arguments, *context);
    complain(outcome.diagnostics);
    if (!outcome.submission) return exit_wrong;
    const Expected<Value> json = config::from_json(outcome.submission->plan_json, plan::max_bytes);
    if (!json) return wrong(json.error());
    fmt::print("{}\n", config::to_json(*json, 2));
    return exit_good;
}

int script(const Arguments& arguments) {
    const Expected<Context> context = make_context(arguments);
    if (!context) return wrong(context.error());
    const submit::Outcome outcome = prepare(arguments, *context);
    complain(outcome.diagnostics);
    if (!outcome.submission) return exit_wrong;
    const Expected<std::string> text = step::batch_script_for(arguments.recipe, arguments.overrides);
    if (!text) return wrong(text.error());
    fmt::print("{}", *text);
    return exit_good;
}

int explain(const Arguments& arguments) {
    if (arguments.all) {
        fmt::print("{}", codes::to_markdown());
        return exit_good;
    }
    const codes::Code* code = codes::find(arguments.code);
    if (code == nullptr) {
        const auto names = nearest(arguments.code, codes::names());
        return wrong({{.code = "cli.unknown_code",
                       .key = arguments.code,
                       .source = {.name = "explain"},
                       .message = names.empty() ? "there is no such code; `srecipe explain --all` lists them"
                                                : fmt::format("there is no such code; did you mean {}?",
                                                              fmt::join(names, " or "))}});
    }
    fmt::print("{}", codes::to_text(*code));
    return exit_good;
}

}  // namespace recipe::cli
