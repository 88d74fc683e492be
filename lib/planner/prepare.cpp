// SPDX-License-Identifier: Apache-2.0
// The whole way from a request to a submission.
#include "planner/planner.hpp"

#include "memory/memory.hpp"
#include "planner/code.hpp"
#include "planner/container/container.hpp"
#include "planner/custom_form.hpp"
#include "planner/make.hpp"
#include "planner/secrets.hpp"
#include "planner/slurm/options_to_set.hpp"
#include "planner/slurm/reconcile_options.hpp"
#include "planner/slurm/slurm_options.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace recipe::planner {
namespace {

using config::Value;

config::ComposeRequest compose_request(const SubmitRequest& request, config::Documents& documents,
                                       const std::vector<LeveledOverride>& overrides,
                                       const std::vector<config::Override>& slurm_overrides) {
    // A recipe that names no experiment directory gets the job's own, whose name is known on the node.
    config::ComposeRequest compose{
        .collections = site::collections(request.collections, request.environment, *request.settings),
        .recipe = request.recipe,
        .null_defaults = {{"recipes.exp_manager.exp_dir", "${recipes.run.results_dir}/%j", "recipes.run.results_dir"}},
        .environment = request.environment,
        .working_directory = request.working_directory,
        .documents = &documents};
    for (const LeveledOverride& given : overrides) compose.overrides.push_back(given.override);
    compose.overrides.insert(compose.overrides.end(), slurm_overrides.begin(), slurm_overrides.end());
    return compose;
}

/// Composes with the request's --recipe-sets and, where they win, its Slurm options.
Expected<config::Resolved> resolve(const SubmitRequest& request, const std::vector<LeveledOverride>& overrides,
                                   std::vector<config::Override>& slurm_overrides) {
    config::Documents documents;
    Expected<config::Resolved> resolved = config::compose(compose_request(request, documents, overrides, {}));
    if (!resolved) return resolved;
    Expected<std::vector<config::Override>> winning = reconcile_options(request, overrides, *resolved);
    if (!winning) return std::unexpected(std::move(winning.error()));
    slurm_overrides = std::move(*winning);

    if (slurm_overrides.empty()) return resolved;
    return config::compose(compose_request(request, documents, overrides, slurm_overrides));
}

/// A recipe that names no instance type is not held against any, so the catalogue need not be read.
Expected<hardware::Catalogue> catalogue_for(const SubmitRequest& request, const config::Resolved& resolved) {
    const Value* instance_type = resolved.root.find("instance_type");
    if (instance_type == nullptr || instance_type->is_null()) return hardware::Catalogue();
    return hardware::Catalogue::load(site::hardware_files(*request.settings));
}

/// Whether `git` says what runs, in place of launch.entry_script.
bool brings_code(const Value& root) {
    return std::ranges::any_of(
        std::array{"git.repo_url_or_path", "git.entry_script", "git.entry_module"}, [&](const char* key) {
            const Value* value = root.at(key);
            return value != nullptr && value->as_string() != nullptr && !value->as_string()->empty();
        });
}

/// What the entry script says of itself. A file that cannot be read says nothing: the script will.
std::optional<Value> program_keys(const config::Resolved& resolved) {
    if (brings_code(resolved.root)) return std::nullopt;
    const Value* script = resolved.root.at("launch.entry_script");
    if (script == nullptr || !script->is_string()) return std::nullopt;
    const std::filesystem::path file = (resolved.collection / *script->as_string()).parent_path() / "keys.yaml";
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) return std::nullopt;
    Expected<Value> limits = config::load_yaml(file);
    if (!limits) return std::nullopt;
    return std::move(*limits);
}

void check_allocation(const SubmitRequest& request, const plan::LaunchPlan& plan, Diagnostics& diagnostics) {
    if (!request.allocated_nodes || plan.layout.nodes <= *request.allocated_nodes) return;
    diagnostics.push_back({.code = "submit.allocation",
                           .key = "trainer.num_nodes",
                           .message = fmt::format("the recipe wants {} nodes and this allocation has {}",
                                                  plan.layout.nodes, *request.allocated_nodes),
                           .fix = fmt::format("--recipe-set=trainer.num_nodes={}", *request.allocated_nodes)});
}

void check_pyxis(const SubmitRequest& request, const plan::LaunchPlan& plan, Diagnostics& diagnostics) {
    if (!plan.container || request.has_pyxis != false || !request.other_clusters.empty()) return;
    diagnostics.push_back(
        {.code = "submit.no_pyxis",
         .key = "container",
         .message = fmt::format("the recipe wants the container {}, and the SPANK plugin pyxis, which starts "
                                "containers, is not in this cluster's plugin stack",
                                plan.container->image),
         .fix = "--recipe-set=container=null"});
}

bool writes_checkpoints(const Value& root) {
    const Value* wanted = root.at("recipes.exp_manager.create_checkpoint_callback");
    const Value* kept = root.at("recipes.exp_manager.checkpoint_callback_params.save_top_k");
    return (wanted == nullptr || wanted->as_bool() != false) && (kept == nullptr || kept->as_int() != 0);
}

/// Where the program writes, for the nodes, and what no other host's view of it can mend.
void take_writes(const SubmitRequest& request, const config::Resolved& resolved, const family::Families& families,
                 plan::LaunchPlan& plan, Diagnostics& diagnostics) {
    const std::vector<planner::Write> writes =
        planner::writes_of(resolved.root, families.of(resolved.root), plan.results_dir);
    plan.written_directories = planner::outside_results(writes);
    planner::Durability against{
        .nodes = plan.layout.nodes, .shared = request.settings->paths.shared, .strict = request.settings->paths.strict};
    if (writes_checkpoints(resolved.root)) against.checkpoint_bytes = memory::checkpoint_bytes(resolved.root, families);
    append(diagnostics, planner::durability(writes, against, request.host));
}

/// The image, its mounts and pyxis' switches.
void fill_container(const SubmitRequest& request, const config::Resolved& resolved, const family::Families& families,
                    plan::LaunchPlan& plan, Diagnostics& diagnostics) {
    const planner::PathContext here{
        .environment = request.environment, .host = request.host, .working_directory = request.working_directory};
    Expected<std::optional<std::string>> image = planner::image_of(resolved.root, here, diagnostics);
    if (!image) return append(diagnostics, std::move(image.error()));
    if (*image) plan.container = plan::Container{.image = std::move(**image)};
    planner::take_srun_arguments(resolved.root, plan, diagnostics);
    if (!plan.container) return;
    const std::vector<planner::MountRequest> slurm_overrides =
        planner::mount_requests_of(resolved.root, families.of(resolved.root), plan, here, diagnostics);
    Expected<std::vector<plan::Mount>> mounts = planner::mounts_of(slurm_overrides, request.host, diagnostics);
    if (!mounts) return append(diagnostics, std::move(mounts.error()));
    plan.container->mounts = std::move(*mounts);
    // A key may name a place in the container; the nodes look at what the user mounts there.
    for (std::string& directory : plan.written_directories)
        directory = planner::source_of(directory, plan.container->mounts);
}

/// Planning meets again some of what validation has reported.
void append_new(Diagnostics& diagnostics, Diagnostics more) {
    std::erase_if(more, [&](const Diagnostic& later) {
        return std::ranges::any_of(diagnostics,
                                   [&](const Diagnostic& d) { return d.code == later.code && d.key == later.key; });
    });
    append(diagnostics, std::move(more));
}

Outcome refused(Diagnostics diagnostics) {
    return {.submission = std::nullopt, .diagnostics = std::move(diagnostics)};
}

/// What is true of the request whatever its recipe says.
Diagnostics notes_of(const SubmitRequest& request) {
    Diagnostics notes = request.notes;
    if (!request.shadowed_recipe.empty())
        notes.push_back({.severity = Severity::warning,
                         .code = "submit.default_recipe",
                         .source = {.name = request.default_of},
                         .message = fmt::format("{}={} beats the script's --recipe={}, as variables beat #SBATCH lines",
                                                request.default_of, request.recipe, request.shadowed_recipe),
                         .fix = fmt::format("--recipe={}", request.shadowed_recipe)});
    if (!request.other_clusters.empty())
        notes.push_back(
            {.severity = Severity::hint,
             .code = "submit.other_cluster",
             .source = {.name = request.other_clusters},
             .message = fmt::format("{} sends the job to another cluster: whether that has such GPUs, nodes and "
                                    "partitions was not looked at, and paths were looked at here",
                                    request.other_clusters)});
    return notes;
}

/// Somebody whose environment names a recipe may have forgotten it.
Diagnostic reminder(const SubmitRequest& request) {
    return {.severity = Severity::hint,
            .code = "submit.default_recipe",
            .source = {.name = request.default_of},
            .message = fmt::format("the recipe is that of {}={}", request.default_of, request.recipe),
            .fix = "--recipe=none"};
}

Outcome decide(const SubmitRequest& request) {
    const std::vector<LeveledOverride> overrides = overrides_of(request);
    std::vector<config::Override> slurm_overrides;
    Expected<config::Resolved> resolved = resolve(request, overrides, slurm_overrides);
    if (!resolved) return refused(std::move(resolved.error()));
    bring_to_common_form(resolved->root);
    Expected<hardware::Catalogue> catalogue = catalogue_for(request, *resolved);
    if (!catalogue) return refused(std::move(catalogue.error()));
    Expected<family::Families> families = family::Families::load(site::family_files(*request.settings));
    if (!families) return refused(std::move(families.error()));

    const std::vector<secret::Secret> secrets = secret::secrets_of(resolved->root);
    Diagnostics diagnostics = std::move(resolved->notes);
    const std::optional<Value> limits = program_keys(*resolved);
    validate::Result checked = validate::check(*resolved, {.hardware = *catalogue,
                                                           .families = *families,
                                                           .look_at_files = true,
                                                           .program_keys = limits ? &*limits : nullptr});
    append(diagnostics, std::move(checked.diagnostics));
    apply_severities(request.settings->severities, diagnostics);
    std::vector<std::string> forced;
    if (request.force) forced = validate::force(request.settings->severities, diagnostics);

    PlanInputs inputs{.cluster_has_gpus = request.cluster_has_gpus || !request.other_clusters.empty(),
                      .user_spelled_gpus = spells_gpus(request),
                      .ports = request.settings->ports,
                      .typed_variables = typed_variables(overrides, *resolved),
                      .site_environment = request.settings->environment,
                      .interfaces_by_route = request.settings->interfaces_by_route,
                      .check_seconds = request.settings->check_seconds,
                      .family = &families->of(resolved->root),
                      .runs_entry = request.needs_entry};
    if (checked.instance != nullptr) inputs.profile_environment = catalogue->environment_of(*checked.instance);
    for (const LeveledOverride& given : overrides) inputs.overrides.push_back(given.override.text);
    for (const config::Override& requested : slurm_overrides) inputs.overrides.push_back(requested.text);
    Expected<plan::LaunchPlan> plan = make(*resolved, checked, inputs, diagnostics);
    if (!plan) {
        append_new(diagnostics, std::move(plan.error()));
        redact(secrets, diagnostics);
        return refused(std::move(diagnostics));
    }
    plan->forced = std::move(forced);
    take_writes(request, *resolved, *families, *plan, diagnostics);
    fill_container(request, *resolved, *families, *plan, diagnostics);
    check_pyxis(request, *plan, diagnostics);
    apply_severities(request.settings->severities, diagnostics);  // what planning said
    check_allocation(request, *plan, diagnostics);
    check_code(request, *plan, diagnostics);

    Expected<std::vector<OptionToSet>> options = options_to_set(request, *plan, resolved->root);
    if (!options) append(diagnostics, std::move(options.error()));
    const auto unresolved = [&] {
        config::Documents documents;
        Expected<config::Resolved> before =
            config::compose_unresolved(compose_request(request, documents, overrides, slurm_overrides));
        return before ? std::move(before->root) : Value();
    };
    std::vector<SecretFile> files = hide_secrets({request, *resolved, overrides, secrets, unresolved},
                                                 options ? *options : std::vector<OptionToSet>(), *plan, diagnostics);
    apply_severities(request.settings->severities, diagnostics);
    redact(secrets, diagnostics);
    Expected<std::string> json = plan::to_json(*plan);
    if (!json) append(diagnostics, std::move(json.error()));
    if (has_errors(diagnostics)) return refused(std::move(diagnostics));
    return {.submission = Submission{std::move(*plan), std::move(*json), std::move(*options), std::move(files)},
            .diagnostics = std::move(diagnostics)};
}

}  // namespace

Outcome prepare(const SubmitRequest& request) {
    Outcome outcome = decide(request);
    Diagnostics notes = notes_of(request);
    if (!outcome.submission && !request.default_of.empty()) outcome.diagnostics.push_back(reminder(request));
    apply_severities(request.settings->severities, notes);
    outcome.diagnostics.insert(outcome.diagnostics.begin(), notes.begin(), notes.end());
    if (has_errors(notes)) outcome.submission.reset();
    return outcome;
}

}  // namespace recipe::planner
