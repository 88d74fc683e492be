// SPDX-License-Identifier: Apache-2.0
// Which site file counts, and how much of it can be used.
#include "site/reading.hpp"

#include "config/config.hpp"
#include "diagnostic/codes/tools.hpp"
#include "storage/storage.hpp"
#include "trace/trace.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <cerrno>

namespace recipe::site {
namespace {

constexpr std::string_view variable = "SLURM_RECIPE_SITE";

/// A link that leads nowhere, a directory, what may not be looked at and what does not answer are there.
bool is_there(const std::filesystem::path& file) {
    if (!storage::answers(file.parent_path().string())) return true;
    struct stat status{};
    return lstat(file.c_str(), &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

std::filesystem::path named_by_variable(const config::Environment& environment) {
    const auto found = environment.find(variable);
    return found != environment.end() ? found->second : std::string();
}

Diagnostic not_for_users(const std::filesystem::path& named, const std::filesystem::path& used) {
    return {.code = codes::site.user_file,
            .source = {.name = std::string(variable)},
            .message = fmt::format("{} is not used: {} holds for everybody, and does not say `user_site: true`",
                                   named.string(), used.string()),
            .fix = fmt::format("unset {}", variable)};
}

}  // namespace

std::filesystem::path settings_file(const std::optional<std::filesystem::path>& named,
                                    const config::Environment& environment, const std::filesystem::path& slurm_conf) {
    if (named) return *named;
    if (std::filesystem::path found = named_by_variable(environment); !found.empty()) return found;
    if (!slurm_conf.empty()) {
        const std::filesystem::path beside = slurm_conf.parent_path() / "recipe.yaml";
        if (is_there(beside)) return beside;
    }
    return data_directory().empty() ? std::filesystem::path() : data_directory() / "etc/recipe.yaml";
}

Reading read(const std::filesystem::path& file) {
    trace::info([&] { return fmt::format("site settings: {}", file.string()); });
    Reading found;
    if (file.empty()) {
        found.problems = {{.code = codes::site.file,
                           .message = "there is no site file, and the installation's share/slurm-recipe is not beside "
                                      "what reads it"}};
        return found;
    }
    const Expected<config::Value> document = config::load_yaml(file);
    if (!document) {
        found.problems = document.error();
        return found;
    }
    Expected<Settings> settings = settings_of(*document);
    if (settings) {
        found.policy = settings->policy;
        found.settings = std::move(*settings);
        return found;
    }
    found.problems = std::move(settings.error());
    // An empty one beside a mistake may be what a wrong indentation has left of it.
    if (const config::Value* map = document->find("policy"); map != nullptr && map->size() > 0)
        if (Expected<Policy> policy = read_policy(*map, "policy")) found.policy = std::move(*policy);
    return found;
}

Expected<Settings> load(const std::filesystem::path& file) {
    Reading found = read(file);
    if (!found.settings) return std::unexpected(std::move(found.problems));
    return std::move(*found.settings);
}

Expected<UserSettings> load_for_user(const std::optional<std::filesystem::path>& system,
                                     const config::Environment& environment, const std::filesystem::path& slurm_conf,
                                     const std::filesystem::path& from) {
    const auto below = [&](const std::filesystem::path& file) { return file.empty() ? file : from / file; };
    const std::filesystem::path file = below(settings_file(system, {}, slurm_conf));
    Expected<Settings> settings = load(file);
    if (!settings) return std::unexpected(std::move(settings.error()));
    const std::filesystem::path named = below(named_by_variable(environment));
    if (named.empty() || named == file) return UserSettings{.settings = std::move(*settings), .notes = {}};
    if (!settings->user_site)
        return UserSettings{.settings = std::move(*settings), .notes = {not_for_users(named, file)}};
    settings = load(named);
    if (!settings) return std::unexpected(std::move(settings.error()));
    return UserSettings{.settings = std::move(*settings), .notes = {}};
}

}  // namespace recipe::site
