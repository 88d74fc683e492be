// SPDX-License-Identifier: Apache-2.0
// Composes a recipe and predicts the memory of its training.
#include "planner/site_type.hpp"
#include "planner/who_runs.hpp"
#include "query/query.hpp"

#include "secret/secret.hpp"
#include "validate/validate.hpp"

#include <utility>

namespace recipe::query {

Expected<Knowledge> load_knowledge(const site::Settings& settings) {
    Expected<hardware::Catalogue> catalogue = hardware::Catalogue::load(settings.hardware_files);
    if (!catalogue) return std::unexpected(std::move(catalogue.error()));
    Expected<family::Families> families = family::Families::load(settings.family_files);
    if (!families) return std::unexpected(std::move(families.error()));
    Expected<models::Catalogue> models = models::Catalogue::load(settings.model_files);
    if (!models) return std::unexpected(std::move(models.error()));
    return Knowledge{std::move(*catalogue), std::move(*families), std::move(*models)};
}

Expected<Fit> fit(const Subject& subject, const std::optional<config::Override>& last, const Context& context,
                  const Knowledge& knowledge, config::Documents& documents) {
    config::ComposeRequest request = compose_request(subject, context);
    request.documents = &documents;
    if (last) request.overrides.push_back(*last);
    Expected<config::Resolved> resolved = config::compose(request);
    if (!resolved) return std::unexpected(std::move(resolved.error()));
    if (auto type = planner::site_type(*context.settings, resolved->root, {})) {
        request.overrides.push_back(std::move(*type));
        resolved = config::compose(request);
        if (!resolved) return std::unexpected(std::move(resolved.error()));
    }
    const planner::WhoRuns program = planner::who_runs(*resolved, true);
    Expected<family::Families> families = planner::families_run_by(program, resolved->root, knowledge.families);
    if (!families) return std::unexpected(std::move(families.error()));
    // A directory of a model is looked into as whoever asks may.
    const storage::Host host{.status_of = storage::path_status, .content = storage::content_of, .exported = {}};
    Fit found{.families = *families,
              .notes = std::move(resolved->notes),
              .problems =
                  validate::check(*resolved,
                                  {.hardware = knowledge.catalogue, .families = *families, .models = &knowledge.models})
                      .diagnostics,
              .assessment = memory::assess(resolved->root, knowledge.catalogue, *families,
                                           {.host = &host, .models = &knowledge.models})};
    apply_severities(context.settings->severities, found.problems);
    std::erase_if(found.problems,
                  [](const Diagnostic& d) { return d.severity != Severity::error || d.code.group() == "memory"; });
    apply_severities(context.settings->severities, found.assessment.diagnostics);
    const std::vector<std::string> secrets = secret::values_of(secret::secrets_of(resolved->root));
    for (Diagnostics* diagnostics : {&found.notes, &found.problems, &found.assessment.diagnostics})
        secret::redact(*diagnostics, secrets);
    return found;
}

}  // namespace recipe::query
