// SPDX-License-Identifier: Apache-2.0
// Asks the planner what a submission would do.
#include "query/query.hpp"

#include "secret/secret.hpp"

namespace recipe::query {

planner::Outcome plan(const Subject& subject, const Submission& how, const Context& context) {
    planner::SubmitRequest request{
        .tool = how.tool,
        .recipe = subject.recipe,
        .options = how.options,
        .allocated_nodes = how.allocated_nodes,
        .cluster_has_gpus = how.cluster_has_gpus,
        .has_pyxis = how.has_pyxis,
        .needs_entry = how.needs_entry,
        .settings = context.settings,
        .collections = context.where.collections,
        .collections_from = context.where.paths_from,
        .force = how.force,
        .secrets_file = secret::secret_path(secret::directory_of_files(context.where.environment, "")),
        .environment = context.where.environment,
        .working_directory = context.where.working_directory,
        .notes = context.notes};
    for (const config::Override& given : compose_request(subject, context).overrides)
        request.sets.push_back({.text = given.text, .name = given.name});
    return planner::prepare(request);
}

}  // namespace recipe::query
