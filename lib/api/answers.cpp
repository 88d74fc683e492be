// SPDX-License-Identifier: Apache-2.0
// What each function answers.
#include "api/api.hpp"

#include "api/request.hpp"
#include "config/config.hpp"
#include "config/python/utf8.hpp"
#include "diagnostic/codes/model.hpp"
#include "diagnostic/codes/tools.hpp"
#include "plan/plan.hpp"
#include "render/render.hpp"
#include "secret/secret.hpp"
#include "storage/storage.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace recipe::api {
namespace {

using config::Value;

Value text(std::string_view text) {
    return Value::string(std::string(text));
}

/// What a function has found, before it is text.
struct Findings {
    bool ok = true;
    Diagnostics diagnostics{};
    Value fields = Value::map();
};

Findings nothing(Diagnostics diagnostics) {
    return {.ok = false, .diagnostics = std::move(diagnostics)};
}

/// Bytes of a file's name or of the environment may be anything.
std::string as_utf8(std::string_view rest) {
    std::string valid;
    for (;;) {
        const std::size_t bad = config::find_invalid_utf8(rest);
        valid += rest.substr(0, bad);
        if (bad == std::string_view::npos) return valid;
        config::append_utf8(valid, U'\uFFFD');
        rest.remove_prefix(bad + 1);
    }
}

/// `recipe` as it was asked for; empty: no recipe was.
Answer to_answer(Status status, const Findings& findings, std::string_view recipe) {
    Value answer = render::object({{"ok", Value::boolean(findings.ok)}});
    if (!recipe.empty()) answer.set(text("recipe"), text(recipe));
    answer.set(text("diagnostics"), render::diagnostics_json(findings.diagnostics));
    for (const config::Entry& field : findings.fields.entries()) answer.set(field.key, field.value);
    return {.status = status, .json = as_utf8(config::to_json(answer))};
}

Findings compose(const Request& request, const query::Context& context) {
    Expected<config::Resolved> resolved = config::compose(query::compose_request(request.subject, context));
    if (!resolved) return nothing(std::move(resolved.error()));
    const std::vector<std::string> hidden = query::hidden_values(resolved->root);
    secret::redact(resolved->notes, hidden);
    return {.diagnostics = std::move(resolved->notes),
            .fields = render::object({{"file", text(resolved->recipe_file.string())},
                                      {"collection", text(resolved->collection.string())},
                                      {"config", query::readable(resolved->root, hidden)}})};
}

Findings check(const Request& request, const query::Context& context) {
    planner::Outcome outcome = query::plan(request.subject, request.submission, context);
    return {.ok = outcome.submission.has_value(), .diagnostics = std::move(outcome.diagnostics)};
}

Findings plan(const Request& request, const query::Context& context) {
    planner::Outcome outcome = query::plan(request.subject, request.submission, context);
    Findings findings{.ok = outcome.submission.has_value(), .diagnostics = std::move(outcome.diagnostics)};
    if (!outcome.submission) return findings;
    Expected<Value> json = config::from_json(outcome.submission->plan_json, plan::max_bytes);
    if (!json) return nothing(std::move(json.error()));
    Value options = Value::map();
    for (const planner::OptionToSet& option : outcome.submission->options)
        options.set(text(option.name), text(option.value));
    findings.fields = render::object({{"plan", std::move(*json)}, {"options", std::move(options)}});
    return findings;
}

/// A row has its own diagnostics: with one value of a sweep a recipe fits, with the next it does not.
Findings fit_one(query::Fit fit) {
    Findings findings{.ok = fit.ok(), .diagnostics = std::move(fit.notes), .fields = render::fit_json(fit.assessment)};
    append(findings.diagnostics, std::move(fit.problems));
    append(findings.diagnostics, std::move(fit.assessment.diagnostics));
    return findings;
}

Findings fit_sweep(const Request& request, const query::Context& context, const query::Knowledge& knowledge) {
    config::Documents documents;
    Value rows = Value::list();
    for (const std::string& value : request.sweep->values) {
        Expected<query::Fit> fit =
            query::fit(request.subject, request.sweep->with(value), context, knowledge, documents);
        if (!fit) return nothing(std::move(fit.error()));
        Findings findings = fit_one(std::move(*fit));
        Value& row = findings.fields;
        row.set(text("value"), text(value));
        row.set(text("ok"), Value::boolean(findings.ok));
        row.set(text("diagnostics"), render::diagnostics_json(findings.diagnostics));
        rows.push_back(std::move(row));
    }
    return {.fields = render::object(
                {{"fit", render::object({{"key", text(request.sweep->key)}, {"rows", std::move(rows)}})}})};
}

Findings fit(const Request& request, const query::Context& context) {
    const Expected<query::Knowledge> knowledge = query::load_knowledge(*context.settings);
    if (!knowledge) return nothing(knowledge.error());
    if (request.sweep) return fit_sweep(request, context, *knowledge);
    config::Documents documents;
    Expected<query::Fit> fit = query::fit(request.subject, std::nullopt, context, *knowledge, documents);
    if (!fit) return nothing(std::move(fit.error()));
    Findings findings = fit_one(std::move(*fit));
    findings.fields = render::object({{"fit", std::move(findings.fields)}});
    return findings;
}

Findings list(const Request&, const query::Context& context) {
    Expected<std::vector<config::RecipeFile>> recipes = config::list_recipes(context.collections);
    if (!recipes) return nothing(std::move(recipes.error()));
    Value list = Value::list();
    for (const config::RecipeFile& recipe : *recipes)
        list.push_back(render::object({{"name", text(recipe.name)},
                                       {"file", text(recipe.file.string())},
                                       {"collection", text(recipe.collection.string())}}));
    std::vector<std::string> collections;
    for (const std::filesystem::path& collection : context.collections) collections.push_back(collection.string());
    return {.fields = render::object({{"recipes", std::move(list)}, {"collections", render::strings(collections)}})};
}

Findings version() {
    return {.fields = render::object({{"version", text(RECIPE_VERSION)},
                                      {"api", Value::integer(api_version)},
                                      {"plan", Value::integer(plan::version)},
                                      {"data", text(site::data_directory().string())}})};
}

struct Row {
    Function function;
    Findings (*find)(const Request& request, const query::Context& context);
    bool notes = true;  // those of the context are not among the diagnostics yet
};
constexpr std::array rows{Row{Function::compose, compose}, Row{Function::check, check, false},
                          Row{Function::plan, plan, false}, Row{Function::fit, fit}, Row{Function::list, list}};

Findings find(Function function, const Request& request) {
    const auto* const row = std::ranges::find(rows, function, &Row::function);
    if (row == rows.end()) return version();
    Expected<query::Context> context = query::make_context(request.where);
    if (!context) return nothing(std::move(context.error()));
    Findings findings = row->find(request, *context);
    if (row->notes)
        findings.diagnostics.insert(findings.diagnostics.begin(), context->notes.begin(), context->notes.end());
    return findings;
}

/// What was found while a place is silent was found without it.
Findings without_silence(Findings findings) {
    Diagnostics silent = planner::silence();
    if (silent.empty()) return findings;
    for (Diagnostic& each : findings.diagnostics)
        if (each.code == codes::paths.no_answer && !each.key.empty()) silent = Diagnostics{std::move(each)};
    return nothing(std::move(silent));
}

}  // namespace

Answer answer(Function function, std::string_view json) {
    // Before the request is read, since it may name files. make_context() sets the site's own limit.
    const storage::Watch watch{std::chrono::seconds(site::default_check_seconds)};
    const Expected<Request> request = read_request(function, json);
    if (!request) return to_answer(Status::bad_request, nothing(request.error()), {});
    const Findings findings = without_silence(find(function, *request));
    return to_answer(findings.ok ? Status::ok : Status::refused, findings, request->subject.recipe);
}

Answer failure(std::string_view what) {
    return to_answer(Status::failed,
                     nothing({{.code = codes::api.failed, .message = fmt::format("librecipe has failed: {}", what)}}),
                     {});
}

}  // namespace recipe::api
