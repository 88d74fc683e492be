// SPDX-License-Identifier: Apache-2.0
// The whole way from a request to a submission.
#include "planner/planner.hpp"

#include "diagnostic/codes/submit.hpp"
#include "planner/check.hpp"
#include "planner/composition.hpp"
#include "planner/draft.hpp"
#include "planner/launch_plan.hpp"
#include "planner/refusal/causes.hpp"
#include "planner/refusal/silence.hpp"
#include "planner/refusal/true_fixes.hpp"
#include "planner/secrets.hpp"
#include "planner/trace/stages.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace recipe::planner {
namespace {

/// What is true of the request whatever its recipe says.
Diagnostics notes_of(const SubmitRequest& request) {
    Diagnostics notes = request.notes;
    if (!request.shadowed_recipe.empty())
        notes.push_back({.code = codes::submit.default_recipe,
                         .severity = Severity::warning,
                         .source = {.name = request.default_of},
                         .message = fmt::format("{}={} beats the script's --recipe={}, as variables beat #SBATCH lines",
                                                request.default_of, request.recipe, request.shadowed_recipe),
                         .fix = fmt::format("--recipe={}", request.shadowed_recipe)});
    if (!request.other_clusters.empty())
        notes.push_back(
            {.code = codes::submit.other_cluster,
             .source = {.name = request.other_clusters},
             .message = fmt::format("{} sends the job to another cluster: whether that has such GPUs, nodes and "
                                    "partitions was not looked at, and paths were looked at here",
                                    request.other_clusters)});
    return notes;
}

/// Somebody whose environment names a recipe may have forgotten it.
Diagnostic reminder(const SubmitRequest& request) {
    return {.code = codes::submit.default_recipe,
            .source = {.name = request.default_of},
            .message = fmt::format("the recipe is that of {}={}", request.default_of, request.recipe),
            .fix = "--recipe=none"};
}

/// Planning meets again some of the errors that a rule has found.
void append_new(Diagnostics& found, Diagnostics more) {
    std::erase_if(more, [&](const Diagnostic& later) {
        return std::ranges::any_of(found, [&](const Diagnostic& d) {
            return d.code == later.code && d.key == later.key && d.severity == later.severity;
        });
    });
    append(found, std::move(more));
}

/// What the site and --recipe-force make of what was found; not of the errors for which there is no plan. Nothing else
/// changes a severity, and nothing is judged twice.
Diagnostics judged(const site::Settings& settings, const std::vector<std::string>& forced, Diagnostics found) {
    trace_severities(settings, forced, found);
    apply_severities(settings.severities, found);
    for (Diagnostic& diagnostic : found)
        if (diagnostic.severity == Severity::error && std::ranges::find(forced, diagnostic.code.name()) != forced.end())
            diagnostic.severity = Severity::warning;
    return found;
}

/// The configuration that the silent place may stand in; nullptr: there is none.
bool ends_in_silence(const SubmitRequest& request, const config::Value* root, Diagnostics& refusal) {
    Diagnostics silent = silence_in(request, root);
    if (silent.empty()) return false;
    refusal = std::move(silent);
    return true;
}

/// How far a request came.
struct Result {
    Diagnostics found;      // as each stage states it
    Diagnostics refusal{};  // errors without whose cure there is no plan: nobody lowers these
    std::vector<std::string> forced{};
    std::vector<secret::Secret> secrets{};
    std::optional<Submission> submission{};
};

Result run_stages(const SubmitRequest& request, Trial* trial = nullptr) {
    trace::Stopwatch watch;
    Result result{.found = notes_of(request)};
    const Expected<Composition> composition = compose(request);
    if (!composition) {
        if (!ends_in_silence(request, nullptr, result.refusal)) append(result.refusal, composition.error());
        return result;
    }
    result.secrets = composition->secrets;
    if (trial != nullptr) {
        trial->composed = true;
        trial->family = composition->family().name;
        const validate::AppliedRules rules =
            validate::applied_rules(composition->resolved, check_context(request, *composition));
        trial->rules = rules.all;
        trial->kept = rules.kept;
    }
    trace_stage("compose", watch);
    trace_composition(*composition);
    const Checked checked = check(request, *composition);
    append(result.found, checked.result.diagnostics);
    if (trial != nullptr) trial->memory = checked.result.memory;
    result.forced = checked.forced;
    trace_stage("check", watch);
    if (ends_in_silence(request, &composition->root(), result.refusal)) return result;
    const Expected<Draft> draft = make_draft(request, *composition, checked);
    if (ends_in_silence(request, &composition->root(), result.refusal)) return result;
    if (!draft) {
        for (const Diagnostic& diagnostic : draft.error())
            (diagnostic.severity == Severity::error ? result.refusal : result.found).push_back(diagnostic);
        return result;
    }
    append(result.found, draft->diagnostics);
    trace_stage("draft", watch);
    Finished finished = finish(request, *composition, checked, *draft);
    append(result.found, std::move(finished.diagnostics));
    if (ends_in_silence(request, &composition->root(), result.refusal)) return result;
    result.submission = std::move(finished.submission);
    return result;
}

Trial try_request(const SubmitRequest& request) {
    Trial trial;
    Result result = run_stages(request, &trial);
    trial.found = std::move(result.found);
    append(trial.found, std::move(result.refusal));
    leave_to_causes(trial.found);
    return trial;
}

/// One error for each cause, with a fix that is true.
void explain(const SubmitRequest& request, bool refused, Diagnostics& diagnostics) {
    leave_to_causes(diagnostics);
    config::Value unresolved;
    if (refused)
        if (const Expected<Composition> composition = compose(request))
            unresolved = unresolved_root(request, *composition);
    if (unresolved.is_map()) blame_origins(unresolved, diagnostics);
    if (!has_fix_to_try(request, diagnostics)) return;
    const auto origin = [&](const std::string& key) {
        return unresolved.is_map() ? origin_of(unresolved, config::full_key(unresolved, key), true) : key;
    };
    keep_true_fixes(request, try_request(request), try_request, diagnostics, origin);
}

}  // namespace

Outcome prepare(const SubmitRequest& request) {
    trace::Stopwatch watch;
    Result result = run_stages(request);
    // What else was found was found without the place.
    if (!silence().empty()) return {.submission = {}, .diagnostics = std::move(result.refusal)};
    for (Diagnostics* found : {&result.found, &result.refusal})
        secret::redact(*found, secret::values_of(result.secrets));
    Outcome outcome{.submission = {}, .diagnostics = judged(*request.settings, result.forced, std::move(result.found))};
    append_new(outcome.diagnostics, std::move(result.refusal));
    if (!has_errors(outcome.diagnostics))
        outcome.submission = std::move(result.submission);
    else if (!request.default_of.empty())
        append(outcome.diagnostics, judged(*request.settings, result.forced, {reminder(request)}));
    explain(request, !outcome.submission, outcome.diagnostics);
    // What was moved to its origin quotes that.
    if (!outcome.submission) secret::redact(outcome.diagnostics, secret::values_of(result.secrets));
    trace::info(
        [&] { return fmt::format("{} in {:.2f} ms", outcome.submission ? "planned" : "refused", watch.lap()); });
    return outcome;
}

}  // namespace recipe::planner
