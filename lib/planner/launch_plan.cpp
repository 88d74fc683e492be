// SPDX-License-Identifier: Apache-2.0
// Makes the launch plan.
#include "planner/launch_plan.hpp"

#include "diagnostic/codes/node.hpp"
#include "planner/secrets.hpp"
#include "planner/trace/stages.hpp"
#include "slurm_text/shown_text.hpp"
#include "trace/trace.hpp"

#include <fmt/format.h>
#include <utility>

namespace recipe::planner {
namespace {

constexpr std::size_t digest_shown = 12;  // as in the job's comment and the name of the configuration's file

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
    plan.needs = checked.result.needs;
    plan.needs_forced = request.force && plan.needs.any();
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

/// The plan with all that its secrets leave in it.
plan::LaunchPlan completed(plan::LaunchPlan hidden, const SubmitRequest& request, std::string digest,
                           const std::optional<SecretFile>& git_token, const secret::References& references) {
    if (git_token) hidden.code->token_file = git_token->path;
    if (git_token || !references.texts().empty()) hidden.secrets_file = request.secrets_file;
    hidden.digest = std::move(digest);
    return hidden;
}

/// A step with another configuration than its job has a place of its own: in the job's its program would take the
/// checkpoints of the job's other steps for its own. A requeued job's step finds it again, so that the labels of
/// references, which differ from srun to srun, are left out.
std::string step_key(const SubmitRequest& request, const Composition& composition, const Checked& checked,
                     const Draft& draft, const std::string& digest) {
    if (request.tool != Tool::srun_in_job) return {};
    std::string key = digest;
    if (!request.references_label.empty()) {
        secret::References unlabelled(secret::values_of(composition.secrets));
        key = plan::digest_of(plan::hide_secrets(plan_with_secrets(request, composition, checked, draft), unlabelled,
                                                 [&](std::size_t index, const std::string& text) {
                                                     return says_secret(composition, index, text);
                                                 })
                                  .config);
    }
    return key != request.job_digest ? key.substr(0, plan::step_key_digits) : std::string();
}

/// The files that the plan names. Code secret.file.
std::vector<SecretFile> secret_files(const plan::LaunchPlan& plan, std::optional<SecretFile> git_token,
                                     const secret::References& references, Diagnostics& diagnostics) {
    std::vector<SecretFile> files;
    if (git_token) files.push_back(std::move(*git_token));
    if (plan.secrets_file.empty()) return files;
    Expected<std::string> text = secret::file_text(references.texts());
    if (text)
        files.push_back({.path = plan.secrets_file, .text = std::move(*text)});
    else
        append(diagnostics, std::move(text.error()));
    return files;
}

/// Whether a number of the plan may be beyond what slurmctld takes.
bool has_large_number(const plan::LaunchPlan& plan) {
    constexpr std::int64_t large = 1000;
    constexpr std::int64_t large_minutes = 100'000;
    constexpr std::int64_t large_memory = std::int64_t{1} << 20;  // MiB
    const validate::Layout& l = plan.layout;
    const auto& memory = plan.needs.memory;
    return std::max({l.nodes, l.devices_per_node, l.tensor, l.shard, l.expert, l.context,
                     plan.resources.ranks_per_chip}) > large ||
           plan.resources.time_limit.value_or(0) > large_minutes || plan.resources.time_limit.value_or(0) < 0 ||
           (memory && std::max(memory->high, memory->outside) > large_memory);
}

/// Whether a plan may have what no node would read: NUL, another encoding, long texts, deep nesting, long lists.
/// Brackets and quotes within texts count as well: reading the plan tells.
bool is_unusual(const plan::LaunchPlan& plan, std::string_view json) {
    constexpr std::size_t long_text = 1000;
    constexpr std::size_t long_list = 15;
    constexpr int deep = 50;
    std::size_t text = 0;
    int depth = 0;
    for (const char c : json) {
        if (static_cast<unsigned char>(c) >= 0x80) return true;
        text = c == '"' ? 0 : text + 1;
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        if (text > long_text || depth > deep) return true;
    }
    return json.contains("\\u0000") || plan.written_directories.size() > long_list || plan.setup.size() > long_list ||
           plan.srun_arguments.size() > long_list || plan.entry.arguments.size() > long_list;
}

/// What is written is read as the nodes and slurmctld do, where it is not what most recipes are.
void check_readable(const plan::LaunchPlan& plan, std::string_view json, std::string_view config, Diagnostics& found) {
    const auto refuse = [&](std::string_view what, const Diagnostics& why) {
        found.push_back({.code = codes::plan.text,
                         .message = fmt::format("no node would take this recipe's {}: {}", what,
                                                slurm_text::escape_control(why.front().message))});
    };
    if (has_large_number(plan) || is_unusual(plan, json)) {
        trace::debug([] { return std::string("the plan is unusual, and is read back as the nodes will read it"); });
        if (const Expected<plan::LaunchPlan> read = plan::from_json(json); !read) return refuse("plan", read.error());
    }
    if (!plan.configuration_file) return;
    if (const Expected<config::Value> kept = plan::configuration_from_json(plan, config); !kept)
        refuse("configuration", kept.error());
}

/// The plan's file for its configuration has the random name of the file of its secrets.
std::string configuration_path(const SubmitRequest& request, const plan::LaunchPlan& plan) {
    const std::string secrets = request.secrets_file.empty() ? secret::secret_path({}) : request.secrets_file;
    return plan::configuration_path(plan.results_dir, std::string_view(secrets).substr(secrets.rfind('/') + 1));
}

/// What travels. A plan that has no room for its configuration names a file for it.
Expected<std::string> travelling(const SubmitRequest& request, plan::LaunchPlan& plan, std::string_view config) {
    Expected<std::string> json = plan::to_json(plan, config);
    if (json) return json;
    plan.configuration_file = {.path = configuration_path(request, plan), .bytes = config.size()};
    return plan::to_json(plan, config);
}

}  // namespace

Finished finish(const SubmitRequest& request, const Composition& composition, const Checked& checked,
                const Draft& draft) {
    trace::Stopwatch watch;
    Diagnostics found = check_secrets(request, composition, draft);
    std::optional<SecretFile> git_token = git_token_file(request, composition, draft, found);
    secret::References references(secret::values_of(composition.secrets), request.references_label);
    plan::LaunchPlan hidden = plan::hide_secrets(
        plan_with_secrets(request, composition, checked, draft), references,
        [&](std::size_t index, const std::string& text) { return says_secret(composition, index, text); });
    trace_stage("hide secrets", watch);

    std::string config = plan::config_json(hidden.config);
    plan::LaunchPlan plan = completed(std::move(hidden), request, plan::digest_of_json(config), git_token, references);
    plan.step_key = step_key(request, composition, checked, draft, plan.digest);
    std::vector<SecretFile> files = secret_files(plan, std::move(git_token), references, found);
    Expected<std::string> json = travelling(request, plan, config);
    const bool refused =
        has_errors(draft.diagnostics) || (has_errors(checked.result.diagnostics) && checked.forced.empty());
    if (!json)
        append(found, std::move(json.error()));
    else if (!refused)
        check_readable(plan, *json, config, found);
    trace_stage("serialise", watch);
    trace::info([&] {
        return fmt::format("plan: {} bytes of at most {}, digest {}, {} secrets apart from it", json ? json->size() : 0,
                           plan::max_bytes, std::string_view(plan.digest).substr(0, digest_shown),
                           references.texts().size());
    });
    if (plan.configuration_file)
        trace::info([&] { return fmt::format("its configuration: {} bytes in a file of its own", config.size()); });
    else
        config.clear();
    return {.submission = {.plan = std::move(plan),
                           .plan_json = json ? std::move(*json) : std::string(),
                           .options = draft.options,
                           .secret_files = std::move(files),
                           .typed_secrets = typed_secrets(composition),
                           .configuration = std::move(config)},
            .diagnostics = std::move(found)};
}

}  // namespace recipe::planner
