// SPDX-License-Identifier: Apache-2.0
// Composes a request's recipe, and reads the data that it is checked against.
#include "planner/composition.hpp"

#include "planner/custom_form.hpp"
#include "planner/site_type.hpp"
#include "planner/slurm/slurm_options.hpp"
#include "planner/who_runs.hpp"

#include <utility>

namespace recipe::planner {
namespace {

using config::Value;

config::ComposeRequest compose_request(const SubmitRequest& request, config::Documents& documents,
                                       const std::vector<LeveledOverride>& overrides,
                                       const std::vector<config::Override>& slurm_overrides) {
    // A recipe that names no experiment directory gets the job's own, whose name is known on the node.
    config::ComposeRequest compose{
        .collections =
            site::collections(request.collections, request.environment, *request.settings, request.collections_from),
        .recipe = request.recipe,
        .null_defaults = {{"recipes.exp_manager.exp_dir", "${recipes.run.results_dir}/%j", "recipes.run.results_dir"}},
        .environment = request.environment,
        .working_directory = request.working_directory,
        .documents = &documents,
        .devices_of = [settings = request.settings](std::string_view instance) {
            return hardware::devices_of(instance, settings->hardware_files);
        }};
    for (const LeveledOverride& given : overrides) compose.overrides.push_back(given.override);
    compose.overrides.insert(compose.overrides.end(), slurm_overrides.begin(), slurm_overrides.end());
    return compose;
}

/// What the site says of the partition. A step's job has been given its type; another cluster is another site.
std::optional<config::Override> type_of_partition(const SubmitRequest& request, const Value& root) {
    if (!request.other_clusters.empty() || !request.job_digest.empty()) return std::nullopt;
    std::optional<std::string_view> partition;
    if (const SlurmOption* option = find_option(request, "partition")) partition = option->value;
    if (request.tool == Tool::srun_in_job)
        if (const auto of_job = request.environment.find("SLURM_JOB_PARTITION"); of_job != request.environment.end())
            partition = of_job->second;
    return site_type(*request.settings, root, partition);
}

/// With the request's --recipe-sets and, where they win, its Slurm options.
Expected<config::Resolved> resolve(const SubmitRequest& request, const std::vector<LeveledOverride>& overrides,
                                   std::vector<config::Override>& slurm_overrides) {
    config::Documents documents;
    Expected<config::Resolved> resolved = config::compose(compose_request(request, documents, overrides, {}));
    if (!resolved) return resolved;
    if (std::optional<config::Override> type = type_of_partition(request, resolved->root)) {
        slurm_overrides.push_back(std::move(*type));
        resolved = config::compose(compose_request(request, documents, overrides, slurm_overrides));
        if (!resolved) return resolved;
    }
    Diagnostics notes;
    Expected<std::vector<config::Override>> winning = reconcile_options(request, overrides, *resolved, notes);
    if (!winning) return std::unexpected(std::move(winning.error()));
    slurm_overrides.insert(slurm_overrides.end(), winning->begin(), winning->end());

    if (!winning->empty()) resolved = config::compose(compose_request(request, documents, overrides, slurm_overrides));
    if (resolved) append(resolved->notes, std::move(notes));
    return resolved;
}

/// A recipe that names no instance type is not checked against any, so the catalogue need not be read.
Expected<hardware::Catalogue> catalogue_for(const SubmitRequest& request, const Value& root) {
    const Value* instance_type = root.find("instance_type");
    if (instance_type == nullptr || instance_type->is_null()) return hardware::Catalogue();
    return hardware::Catalogue::load(request.settings->hardware_files);
}

}  // namespace

Expected<Composition> compose(const SubmitRequest& request) {
    std::vector<LeveledOverride> overrides = overrides_of(request);
    std::vector<config::Override> slurm_overrides;
    Expected<config::Resolved> resolved = resolve(request, overrides, slurm_overrides);
    if (!resolved) return std::unexpected(std::move(resolved.error()));
    bring_to_common_form(resolved->root);
    Expected<hardware::Catalogue> catalogue = catalogue_for(request, resolved->root);
    if (!catalogue) return std::unexpected(std::move(catalogue.error()));
    Expected<family::Families> families = family::Families::load(request.settings->family_files);
    if (!families) return std::unexpected(std::move(families.error()));
    Expected<models::Catalogue> models = models::Catalogue::load(request.settings->model_files);
    if (!models) return std::unexpected(std::move(models.error()));
    std::vector<secret::Secret> secrets = secret::secrets_of(resolved->root);
    WhoRuns program = who_runs(*resolved, request.needs_entry, &request.host);
    families = families_run_by(program, resolved->root, *families);
    if (!families) return std::unexpected(std::move(families.error()));
    return Composition{.resolved = std::move(*resolved),
                       .overrides = std::move(overrides),
                       .slurm_overrides = std::move(slurm_overrides),
                       .catalogue = std::move(*catalogue),
                       .models = std::move(*models),
                       .families = std::move(*families),
                       .secrets = std::move(secrets),
                       .program_keys = std::move(program.keys)};
}

Value unresolved_root(const SubmitRequest& request, const Composition& composition) {
    config::Documents documents;
    Expected<config::Resolved> before = config::compose_unresolved(
        compose_request(request, documents, composition.overrides, composition.slurm_overrides));
    return before ? std::move(before->root) : Value();
}

}  // namespace recipe::planner
