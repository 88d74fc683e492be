// SPDX-License-Identifier: Apache-2.0
// What srecipe and librecipe.so ask of recipes, once for both: where recipes and settings are, what a recipe composes
// to, whether it can be submitted, and whether its training fits into the devices' memory. Nothing is printed or kept.
#pragma once

#include "config/config.hpp"
#include "diagnostic/diagnostic.hpp"
#include "family/family.hpp"
#include "hardware/hardware.hpp"
#include "memory/memory.hpp"
#include "models/models.hpp"
#include "planner/planner.hpp"
#include "site/site.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace recipe::query {

/// Where a question is asked from.
struct Where {
    std::vector<std::filesystem::path> collections;  // searched before those of the environment and the site
    std::string collections_name = "-C";             // where these were said, for diagnostics
    std::optional<std::filesystem::path> site;       // nothing: see site::load_for_user()
    config::Environment environment;
    std::filesystem::path working_directory;  // absolute: of recipes and paths in them
    /// What relative paths of collections and site files count from; empty: where the process is, and they are shown as
    /// they were typed.
    std::filesystem::path paths_from{};
};

/// What every question needs, read once.
struct Context {
    Where where;
    std::shared_ptr<const site::Settings> settings;  // never null
    std::vector<std::filesystem::path> collections;  // all, in the order of looking
    Diagnostics notes;                               // of finding these; warnings
};

/// Where slurm.conf lies; without Slurm's library a guess, where SLURM_CONF does not say.
[[nodiscard]] std::filesystem::path slurm_conf_file(const config::Environment& environment);

/// Codes: compose.no_collection for a collection of `where` that is not there; site.file.
[[nodiscard]] Expected<Context> make_context(Where where);

/// A recipe and what is changed of it. Diagnostics call the first override "override 1".
struct Subject {
    std::string recipe;
    std::vector<std::string> overrides;
};

/// For config::compose() and config::compose_unresolved().
[[nodiscard]] config::ComposeRequest compose_request(const Subject& subject, const Context& context);

// --- configurations that others may read -----------------------------------------------------------------------------

/// The values to be hidden in what is shown of a configuration. Before interpolation a text may say where a secret
/// comes from, which is none.
[[nodiscard]] std::vector<std::string> hidden_values(const config::Value& root);

/// Without the alias of `recipes` that some recipes refer to, and without secrets.
[[nodiscard]] config::Value readable(const config::Value& root, const std::vector<std::string>& hidden);

// --- submissions -----------------------------------------------------------------------------------------------------

/// How a recipe is submitted, in planner::SubmitRequest's terms.
struct Submission {
    planner::Tool tool = planner::Tool::sbatch;
    std::vector<planner::SlurmOption> options{};
    std::optional<std::int64_t> allocated_nodes{};
    bool cluster_has_gpus = false;
    std::optional<bool> has_pyxis{};
    bool needs_entry = true;
    bool force = false;
};

/// As planner::prepare(). The plan's file of secrets is named and not written.
[[nodiscard]] planner::Outcome plan(const Subject& subject, const Submission& how, const Context& context);

// --- memory ----------------------------------------------------------------------------------------------------------

/// What recipes are held against.
struct Knowledge {
    hardware::Catalogue catalogue;
    family::Families families;
    models::Catalogue models;
};
[[nodiscard]] Expected<Knowledge> load_knowledge(const site::Settings& settings);

/// One key that takes several values, one after the other.
struct Sweep {
    std::string key;
    std::vector<std::string> values;
    std::string name = "--sweep";  // where this was said, for diagnostics

    [[nodiscard]] config::Override with(const std::string& value) const { return {key + '=' + value, name}; }
};
inline constexpr std::size_t max_sweep_values = 100;

/// Whether a recipe's training fits. No text of it holds a secret of the recipe.
struct Fit {
    family::Families families;  // which the assessment points into
    Diagnostics notes;          // of composing
    Diagnostics problems;  // errors that rules found beside memory: of a layout that cannot be, the memory is nobody's
    memory::Assessment assessment;  // refers to the knowledge

    [[nodiscard]] bool ok() const noexcept { return problems.empty() && !has_errors(assessment.diagnostics); }
};

/// `last` comes after the subject's overrides. `documents` are shared by all values of a sweep.
[[nodiscard]] Expected<Fit> fit(const Subject& subject, const std::optional<config::Override>& last,
                                const Context& context, const Knowledge& knowledge, config::Documents& documents);

}  // namespace recipe::query
