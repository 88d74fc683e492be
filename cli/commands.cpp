// SPDX-License-Identifier: Apache-2.0
// The commands that list, show, compare, check, plan and explain.
#include "context.hpp"

#include "config/config.hpp"
#include "diagnostic/codes.hpp"
#include "diagnostic/codes/compose.hpp"
#include "diagnostic/codes/tools.hpp"
#include "inspect/inspect.hpp"
#include "node/node.hpp"
#include "planner/planner.hpp"
#include "render/render.hpp"
#include "secret/secret.hpp"
#include "site/site.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>

namespace recipe::cli {
namespace {

using config::Value;

/// As a batch job without a script.
planner::Outcome prepare(const Arguments& arguments, const query::Context& context) {
    return query::plan(subject_of(arguments), {.force = arguments.force}, context);
}

/// Who asks for just a secret's own key gets it; who asks for an address does not ask for its password.
bool asks_for_secret(const Value& root, const std::string& key) {
    return std::ranges::any_of(secret::secrets_of(root),
                               [&](const secret::Secret& each) { return each.key == key && !each.in_url; });
}

void print_value(const Value& value, Format format) {
    if (format == Format::json)
        print_json(value);
    else if (value.is_map() || value.is_list())
        print_data(config::to_yaml(value));
    else
        print_data(value.is_null() ? "null\n" : config::to_python_text(value) + '\n');
}

/// The key that --select means: `recipes.` may be left out of it, as of an override's.
Expected<std::string> selected(const Value& root, const std::string& key) {
    if (const std::string full = config::full_key(root, key); key.empty() || root.at(full) != nullptr) return full;
    return refuse({.code = codes::compose.unknown_key,
                   .key = key,
                   .source = {.name = "--select"},
                   .message = fmt::format("the resolved recipe has no key `{}`", key)});
}

}  // namespace

int list(const Arguments& arguments) {
    const Expected<query::Context> context = make_context(arguments);
    if (!context) return fail(context.error());
    print_diagnostics(context->notes);
    const auto recipes = config::list_recipes(context->collections);
    if (!recipes) return fail(recipes.error());
    for (const config::RecipeFile& recipe : *recipes) say("{}\n", recipe.name);
    return exit_good;
}

int show(const Arguments& arguments) {
    const Expected<query::Context> context = make_context(arguments);
    if (!context) return fail(context.error());
    print_diagnostics(context->notes);
    config::Documents documents;
    config::ComposeRequest request = query::compose_request(subject_of(arguments), *context);
    request.documents = &documents;
    auto resolved = arguments.unresolved ? config::compose_unresolved(request) : config::compose(request);
    if (!resolved) return fail(resolved.error());
    const std::vector<std::string> secrets = query::hidden_values(resolved->root);
    secret::redact(resolved->notes, secrets);
    print_diagnostics(resolved->notes);
    const Expected<std::string> key = selected(resolved->root, arguments.select);
    if (!key) return fail(key.error());
    const bool as_it_is = asks_for_secret(resolved->root, *key);
    const Value root = key->empty() ? query::readable(resolved->root, secrets)
                       : as_it_is   ? std::move(resolved->root)
                                    : secret::redacted(resolved->root, secrets);
    const auto node_of = [&key](const Value& from) { return key->empty() ? &from : from.at(*key); };
    if (!arguments.origin) {
        print_value(*node_of(root), arguments.format);
        return exit_good;
    }
    auto before = config::compose_unresolved(request);
    if (!before) return fail(before.error());
    if (!as_it_is) before->root = secret::redacted(before->root, secrets);
    const Value* unresolved = node_of(before->root);
    const auto origins = inspect::origins(*node_of(root), unresolved != nullptr ? *unresolved : Value(), *key);
    if (arguments.format == Format::json)
        print_json(inspect::origins_json(origins));
    else
        print_text(inspect::origins_text(origins));
    return exit_good;
}

/// `diff A B [OVERRIDE...]` compares two recipes, `diff A [OVERRIDE...]` a recipe with itself, overridden.
int diff(const Arguments& arguments) {
    const Expected<query::Context> context = make_context(arguments);
    if (!context) return fail(context.error());
    print_diagnostics(context->notes);
    Arguments before = arguments;
    Arguments after = arguments;
    const auto is_recipe = [](const std::string& text) {
        return !text.contains('=') && !text.starts_with('~') && !text.starts_with('+');
    };
    if (!arguments.overrides.empty() && is_recipe(arguments.overrides.front())) {
        after.recipe = arguments.overrides.front();
        after.overrides.erase(after.overrides.begin());
        before.overrides = after.overrides;
    } else {
        before.overrides.clear();
    }
    const auto left = config::compose(query::compose_request(subject_of(before), *context));
    const auto right = config::compose(query::compose_request(subject_of(after), *context));
    Diagnostics problems;
    if (!left) append(problems, left.error());
    if (!right) append(problems, right.error());
    if (!problems.empty()) return fail(problems);
    const Value left_root = query::readable(left->root, query::hidden_values(left->root));
    const Value right_root = query::readable(right->root, query::hidden_values(right->root));
    const auto differences = inspect::differences(left_root, right_root);
    if (arguments.format == Format::json)
        print_json(inspect::differences_json(differences));
    else
        print_text(inspect::differences_text(differences));
    return exit_good;
}

int check(const Arguments& arguments) {
    const Expected<query::Context> context = make_context(arguments);
    if (!context) return fail(context.error());
    const planner::Outcome outcome = prepare(arguments, *context);
    if (arguments.format == Format::json) {
        print_json(render::json(outcome.diagnostics, arguments.recipe));
    } else {
        print_diagnostics(outcome.diagnostics);
        if (outcome.submission)
            say("{}: {} × {} devices, {}\n", outcome.submission->plan.recipe, outcome.submission->plan.layout.nodes,
                outcome.submission->plan.layout.devices_per_node,
                outcome.diagnostics.empty() ? "nothing is wrong with it" : "would be submitted");
    }
    return outcome.submission ? exit_good : exit_wrong;
}

int plan(const Arguments& arguments) {
    const Expected<query::Context> context = make_context(arguments);
    if (!context) return fail(context.error());
    const planner::Outcome outcome = prepare(arguments, *context);
    print_diagnostics(outcome.diagnostics);
    if (!outcome.submission) return exit_wrong;
    const Expected<Value> json = config::from_json(outcome.submission->plan_json, plan::max_bytes);
    if (!json) return fail(json.error());
    print_json(*json);
    return exit_good;
}

int script(const Arguments& arguments) {
    const Expected<query::Context> context = make_context(arguments);
    if (!context) return fail(context.error());
    const planner::Outcome outcome = prepare(arguments, *context);
    print_diagnostics(outcome.diagnostics);
    if (!outcome.submission) return exit_wrong;
    const Expected<std::string> text = node::batch_script_for(arguments.recipe, arguments.overrides);
    if (!text) return fail(text.error());
    print_data(*text);
    return exit_good;
}

int explain(const Arguments& arguments) {
    if (arguments.all) {
        print_text(codes::to_markdown());
        return exit_good;
    }
    const codes::Code* code = codes::find(arguments.code);
    if (code == nullptr) {
        const auto names = nearest(arguments.code, codes::names());
        return fail({{.code = codes::cli.unknown_code,
                      .key = arguments.code,
                      .source = {.name = "explain"},
                      .message = names.empty() ? "there is no such code; `srecipe explain --all` lists them"
                                               : fmt::format("there is no such code; did you mean {}?",
                                                             fmt::join(names, " or "))}});
    }
    print_text(codes::to_text(*code));
    return exit_good;
}

}  // namespace recipe::cli
