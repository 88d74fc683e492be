// What an administrator decides for all users of a cluster, and where the product's own data lies.
#pragma once

#include "config/config.hpp"
#include "plan/plan.hpp"

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace recipe::site {

struct Settings {
    std::vector<std::filesystem::path> collections;     // searched before the installed one
    std::vector<std::filesystem::path> hardware_files;  // read after the installed catalogue, which they extend
    std::vector<std::filesystem::path> family_files;    // likewise for the families of recipes
    plan::PortRange ports;
    validate::Severities severities;                    // what the site makes of a code
};

/// The folder that holds recipes_collection/ and etc/: share/slurm-recipe beside or above whichever of our objects this code
/// is part of, in the build tree and when installed, from any working directory. Empty when there is none.
[[nodiscard]] const std::filesystem::path& data_directory();

/// This process's environment, read once. PWD is always there, since recipes refer to it and cron does not set it.
[[nodiscard]] config::Environment process_environment();

/// What plugstack.conf gives spank_recipe.so: `recipes=DIR[:DIR...]` and `site=FILE`. Anything else is refused with code
/// site.plugin_argument.
struct PluginArguments {
    std::vector<std::filesystem::path> collections;
    std::optional<std::filesystem::path> site;
};
[[nodiscard]] Expected<PluginArguments> read_plugin_arguments(const std::vector<std::string_view>& words);

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

/// A warning (compose.search_path) for each folder of $SLURM_RECIPE_PATH that is not there.
[[nodiscard]] Diagnostics missing_collections(const config::Environment& environment);

/// The installed catalogue and the site's additions to it.
[[nodiscard]] std::vector<std::filesystem::path> hardware_files(const Settings& settings);
/// Likewise for the families of recipes.
[[nodiscard]] std::vector<std::filesystem::path> family_files(const Settings& settings);

}  // namespace recipe::site
