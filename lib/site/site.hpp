// SPDX-License-Identifier: Apache-2.0
// What an administrator decides for all users of a cluster, and where the product's own data lies.
#pragma once

#include "config/value/value.hpp"
#include "diagnostic/severities.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recipe::site {

/// What the site lets jobs do. slurmctld holds jobs to it.
struct Policy {
    std::vector<std::string> require_recipe;  // partitions where every job must have one
    std::vector<std::string> instance_types;  // canonical; empty: any
    std::vector<std::pair<std::string, std::int64_t>>
        max_nodes;  // by glob of the recipe's name; the first that matches
    std::map<std::string, std::string, std::less<>> default_partition;  // by canonical instance type
    std::vector<std::string> operators;  // users who may change jobs to what would be refused at submission

    bool operator==(const Policy&) const = default;
};

/// Ports from which rendezvous ports are derived, both ends included.
struct PortRange {
    std::int64_t first = 25000;
    std::int64_t last = 29399;

    bool operator==(const PortRange&) const = default;
};

inline constexpr std::int64_t default_check_seconds = 10;
/// A longer wait would be one of srun's own time-outs.
inline constexpr std::int64_t max_check_seconds = 60;

/// What the site knows of its file systems.
struct Paths {
    std::vector<std::string> shared;  // directories that all nodes share, whatever their file system is
    bool strict = false;              // a path on a disk of one host is an error

    bool operator==(const Paths&) const = default;
};

/// All that the site file says. It is read once and passed on whole.
struct Settings {
    std::vector<std::filesystem::path> collections;     // searched before the installed one
    std::vector<std::filesystem::path> hardware_files;  // that extend the installed catalogue
    std::vector<std::filesystem::path> model_files;     // likewise for the shapes of models
    std::vector<std::filesystem::path> family_files;    // likewise for the families of recipes
    PortRange ports;                                    // from which rendezvous ports are derived
    Severities severities;                              // what the site makes of a code
    Policy policy;
    std::vector<std::pair<std::string, std::string>> node_types;       // host list and the instance type of its nodes
    std::vector<std::pair<std::string, std::string>> partition_types;  // glob and the instance type of its nodes
    std::chrono::seconds inventory_refresh{60};                        // how old slurmctld's inventory snapshot may get
    std::vector<std::pair<std::string, std::string>> environment;      // variables of every job, below the recipe's own
    bool interfaces_by_route = false;  // NCCL_SOCKET_IFNAME and GLOO_SOCKET_IFNAME lead to the head node
    Paths paths;
    std::int64_t check_seconds = default_check_seconds;  // that a node's checks may take; 0: left out
    bool user_site = false;                              // users may name a site file of their own
};

/// The folder that holds recipes_collection/ and etc/: share/slurm-recipe beside or above whichever of our objects this
/// code is part of, in the build tree and when installed, from any working directory. Empty when there is none.
[[nodiscard]] const std::filesystem::path& data_directory();

/// This process's environment, read once. PWD is always there and leads to where the process is, since recipes refer to
/// it, cron does not set it, and what starts a process elsewhere may leave an old one.
[[nodiscard]] config::Environment process_environment();

/// What plugstack.conf gives spank_recipe.so: `recipes=DIR[:DIR...]` and `site=FILE`. Anything else is refused with
/// code site.plugin_argument.
struct PluginArguments {
    std::vector<std::filesystem::path> collections;
    std::optional<std::filesystem::path> site;
};
[[nodiscard]] Expected<PluginArguments> read_plugin_arguments(const std::vector<std::string_view>& words);

/// The site file: `named` if given, else $SLURM_RECIPE_SITE, else recipe.yaml beside slurm.conf where something of that
/// name is (what cannot be read is not passed over), else etc/recipe.yaml of the data directory. `slurm_conf`: the path
/// of slurm.conf, or empty. Empty where there is no data directory, either.
[[nodiscard]] std::filesystem::path settings_file(const std::optional<std::filesystem::path>& named,
                                                  const config::Environment& environment,
                                                  const std::filesystem::path& slurm_conf);

/// The instance type of these partitions' nodes; nothing where one has none, or they differ. Of no partition, which is
/// the cluster's default one: where all partitions have the same.
[[nodiscard]] std::optional<std::string> instance_type_of(const Settings& settings,
                                                          const std::vector<std::string_view>& partitions);

/// Unknown keys and wrong types are refused with code site.file.
[[nodiscard]] Expected<Settings> load(const std::filesystem::path& file);
[[nodiscard]] Expected<Settings> settings_of(const config::Value& document);

/// A site file as far as it can be used.
struct Reading {
    std::optional<Settings> settings;  // nothing: there is a mistake in it
    std::optional<Policy> policy;      // nothing: it cannot be told; a mistake elsewhere in the file leaves it
    Diagnostics problems;
};
[[nodiscard]] Reading read(const std::filesystem::path& file);

/// What a user's process goes by.
struct UserSettings {
    Settings settings;
    Diagnostics notes;  // site.user_file: a file that the user names is not for users of this site to name
};
/// The file that the site names (`system`, else as settings_file() without the variable), or the one that the user's
/// $SLURM_RECIPE_SITE does where the former says `user_site: true`. `from`: what relative paths count from.
[[nodiscard]] Expected<UserSettings> load_for_user(const std::optional<std::filesystem::path>& system,
                                                   const config::Environment& environment,
                                                   const std::filesystem::path& slurm_conf,
                                                   const std::filesystem::path& from = {});

/// Where recipes are looked for: `named` (in their order), then $SLURM_RECIPE_PATH (colon-separated), then the site's,
/// then the installed collection. `from`: what relative paths count from; empty: where the process is.
[[nodiscard]] std::vector<std::filesystem::path> collections(const std::vector<std::filesystem::path>& named,
                                                             const config::Environment& environment,
                                                             const Settings& settings,
                                                             const std::filesystem::path& from = {});

/// A warning (compose.search_path) where a folder, which `name` says is a collection, has no recipe.
[[nodiscard]] Diagnostics without_recipes(const std::filesystem::path& folder, const std::string& name);
/// The same for each folder of $SLURM_RECIPE_PATH, and where one is not there; `from` as above.
[[nodiscard]] Diagnostics missing_collections(const config::Environment& environment,
                                              const std::filesystem::path& from = {});

}  // namespace recipe::site
