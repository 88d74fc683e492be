// What an administrator decides for all users of a cluster, and where the product's own data lies.
#pragma once

#include "config/config.hpp"
#include "plan/plan.hpp"

#include <filesystem>
#include <optional>
#include <vector>

namespace recipe::site {

struct Settings {
    std::vector<std::filesystem::path> collections;     // searched before the installed one
    std::vector<std::filesystem::path> hardware_files;  // read after the installed catalogue, which they extend
    std::vector<std::filesystem::path> family_files;    // likewise for the families of recipes
    plan::PortRange ports;
    validate::Severities severities;                    // what the site makes of a code
    std::vector<std::pair<std::string, std::string>> environment;  // variables of every job, below the recipe's own
    bool interfaces_by_route = false;                   // NCCL_SOCKET_IFNAME and GLOO_SOCKET_IFNAME lead to the head node
    std::int64_t check_seconds = plan::LaunchPlan{}.check_seconds;  // that a node's checks may take; 0: left out
};

/// The folder that holds recipes_collection/ and etc/: share/slurm-recipe beside or above whichever of our objects this code
/// is part of, in the build tree and when installed, from any working directory. Empty when there is none.
[[nodiscard]] const std::filesystem::path& data_directory();

/// This process's environment, read once. PWD is always there, since recipes refer to it and cron does not set it.
[[nodiscard]] config::Environment process_environment();

/// The site file: `named` if given, else $SLURM_RECIPE_SITE, else etc/recipe.yaml of the data directory.
[[nodiscard]] std::filesystem::path settings_file(const std::optional<std::filesystem::path>& named,
                                                  const config::Environment& environment);

/// Unknown keys and wrong types are refused with code site.file.
[[nodiscard]] Expected<Settings> load(const std::filesystem::path& file);

/// Where recipes are looked for: `named` (in their order), then $SLURM_RECIPE_PATH (colon-separated), then the site's,
/// then the installed collection.
[[nodiscard]] std::vector<std::filesystem::path> collections(const std::vector<std::filesystem::path>& named,
                                                             const config::Environment& environment,
                                                             const Settings& settings);

/// The installed catalogue and the site's additions to it.
[[nodiscard]] std::vector<std::filesystem::path> hardware_files(const Settings& settings);
/// Likewise for the families of recipes.
[[nodiscard]] std::vector<std::filesystem::path> family_files(const Settings& settings);

}  // namespace recipe::site
