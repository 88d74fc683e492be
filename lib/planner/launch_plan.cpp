// SPDX-License-Identifier: Apache-2.0
// Makes the launch plan.
#include "planner/launch_plan.hpp"

#include "planner/secrets.hpp"

#include <utility>

namespace recipe::planner {
namespace {

std::vector<std::string> texts_of(const Composition& composition) {
    std::vector<std::string> texts;
    for (const LeveledOverride& given : composition.overrides) texts.push_back(given.override.text);
    for (const config::Override& meant : composition.slurm_overrides) texts.push_back(meant.text);
    return texts;
}

/// With its secrets, and so without its digest.
plan::LaunchPlan plan_with_secrets(const SubmitRequest& request, const Composition& composition, const Checked& checked,
                                   const Draft& draft) {
    const site::Settings& settings = *request.settings;
    plan::LaunchPlan plan;
    plan.recipe = composition.resolved.recipe;
    plan.resources = draft.job.resources;
    plan.layout = checked.result.layout;
    plan.instance_type = checked.result.instance_type;
    plan.launcher = draft.job.launcher;
    plan.overrides = texts_of(composition);
    plan.forced = checked.forced;
    plan.ports = settings.ports;
    plan.environment = draft.job.environment;
    plan.interfaces_by_route = settings.interfaces_by_route;
    plan.check_seconds = settings.check_seconds;
    plan.written_directories = draft.written_directories;
    plan.setup = draft.job.setup;
    plan.container = draft.container;
    plan.srun_arguments = draft.srun_arguments;
    plan.code = draft.job.program.code;
    plan.entry = draft.job.program.entry;
    plan.results_dir = draft.job.results_dir;
    if (const config::Value* training = composition.root().find(training_root(composition.root())))
        plan.config = *training;
    return plan;
}

/// The plan that travels, which nothing changes any more.
plan::LaunchPlan plan_with_references(plan::LaunchPlan whole, const SubmitRequest& request,
                                      const Composition& composition, const std::optional<SecretFile>& git_token,
                                      secret::References& references) {
    plan::LaunchPlan plan = plan::hide_secrets(
        std::move(whole), references,
        [&](std::size_t index, const std::string& text) { return says_secret(composition, index, text); });
    if (git_token) plan.code->token_file = git_token->path;
    if (git_token || !references.texts().empty()) plan.secrets_file = request.secrets_file;
    plan.digest = plan::digest_of(plan.config);
    return plan;
}

}  // namespace

Finished finish(const SubmitRequest& request, const Composition& composition, const Checked& checked,
                const Draft& draft) {
    Finished finished;
    finished.diagnostics = check_secrets(request, composition, draft);
    std::optional<SecretFile> git_token = git_token_file(request, composition, draft, finished.diagnostics);
    secret::References references(secret::values_of(composition.secrets), request.references_label);
    Submission& submission = finished.submission;
    submission.plan = plan_with_references(plan_with_secrets(request, composition, checked, draft), request,
                                           composition, git_token, references);
    submission.options = draft.options;
    if (git_token) submission.secret_files.push_back(std::move(*git_token));
    if (!submission.plan.secrets_file.empty()) {
        Expected<std::string> text = secret::file_text(references.texts());
        if (text)
            submission.secret_files.push_back({.path = submission.plan.secrets_file, .text = std::move(*text)});
        else
            append(finished.diagnostics, std::move(text.error()));
    }
    Expected<std::string> json = plan::to_json(submission.plan);
    if (json)
        submission.plan_json = std::move(*json);
    else
        append(finished.diagnostics, std::move(json.error()));
    return finished;
}

}  // namespace recipe::planner
