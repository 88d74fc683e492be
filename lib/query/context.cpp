// SPDX-License-Identifier: Apache-2.0
// Finds the site file and the collections, and makes requests for the composer.
#include "diagnostic/codes/compose.hpp"
#include "query/query.hpp"

#include "secret/secret.hpp"
#include "storage/storage.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <utility>

namespace recipe::query {

using config::Value;

std::filesystem::path slurm_conf_file(const config::Environment& environment) {
    const auto named = environment.find("SLURM_CONF");
    return named != environment.end() ? named->second : "/etc/slurm/slurm.conf";
}

namespace {

/// Who names a file asks about that one. Where nobody does, the answer is what sbatch would say.
Expected<site::UserSettings> settings_for(const Where& where) {
    const std::filesystem::path& from = where.paths_from;
    if (!where.site)
        return site::load_for_user(std::nullopt, where.environment, from / slurm_conf_file(where.environment), from);
    Expected<site::Settings> settings = site::load(from / *where.site);
    if (!settings) return std::unexpected(std::move(settings.error()));
    return site::UserSettings{.settings = std::move(*settings), .notes = {}};
}

}  // namespace

Expected<Context> make_context(Where where) {
    const std::filesystem::path& from = where.paths_from;
    Expected<site::UserSettings> found = settings_for(where);
    if (!found) return std::unexpected(std::move(found.error()));
    const std::int64_t seconds = found->settings.check_seconds;
    if (storage::Watch* watch = storage::current_watch())
        watch->set_limit(std::chrono::seconds(seconds > 0 ? seconds : site::max_check_seconds));
    Diagnostics notes = std::move(found->notes);
    for (const std::filesystem::path& named : where.collections) {
        const std::filesystem::path folder = from / named;
        if (storage::is_directory(folder.string())) {
            append(notes, site::without_recipes(folder, where.collections_name));
            continue;
        }
        return refuse({.code = codes::compose.no_collection,
                       .key = folder.string(),
                       .source = {.name = where.collections_name},
                       .message = fmt::format("there is no folder {}", folder.string())});
    }
    Context context{.where = std::move(where),
                    .settings = std::make_shared<const site::Settings>(std::move(found->settings)),
                    .collections = {},
                    .notes = std::move(notes)};
    const Where& here = context.where;
    append(context.notes, site::missing_collections(here.environment, here.paths_from));
    context.collections = site::collections(here.collections, here.environment, *context.settings, here.paths_from);
    return context;
}

config::ComposeRequest compose_request(const Subject& subject, const Context& context) {
    config::ComposeRequest request{.collections = context.collections,
                                   .recipe = subject.recipe,
                                   .environment = context.where.environment,
                                   .working_directory = context.where.working_directory,
                                   .devices_of = [settings = context.settings](std::string_view instance) {
                                       return hardware::devices_of(instance, settings->hardware_files);
                                   }};
    for (const std::string& text : subject.overrides)
        request.overrides.push_back({text, fmt::format("override {}", request.overrides.size() + 1)});
    return request;
}

std::vector<std::string> hidden_values(const Value& root) {
    std::vector<std::string> values = secret::values_of(secret::secrets_of(root));
    std::erase_if(values, [](const std::string& value) { return value.starts_with("${") && value.ends_with('}'); });
    return values;
}

Value readable(const Value& root, const std::vector<std::string>& hidden) {
    Value copy = secret::redacted(root, hidden);
    copy.erase("training");
    return copy;
}

}  // namespace recipe::query
