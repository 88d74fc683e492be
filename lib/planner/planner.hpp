// SPDX-License-Identifier: Apache-2.0
// From what a user typed to a plan and a set of Slurm options: the whole way, without Slurm.
//
// A Slurm option that says what a recipe key says (-N and trainer.num_nodes) is another spelling of one setting.
// Spellings have levels; the higher one wins, and only spellings of the same level can disagree, which is refused with
// both named.
#pragma once

#include "config/value/value.hpp"
#include "diagnostic/diagnostic.hpp"
#include "plan/plan.hpp"
#include "planner/container/image.hpp"
#include "site/site.hpp"
#include "storage/storage.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace recipe::planner {

/// Who said something, weakest first. `script`: an #SBATCH line; `environment`: SBATCH_*, SALLOC_* or SLURM_*.
enum class Level : std::uint8_t { script, environment, command_line };

/// A Slurm option that is set. `name` is the long one ("nodes"), `value` as Slurm keeps it, `spelling` as the user
/// wrote it ("-N 2", "SBATCH_TIMELIMIT=10", "#SBATCH --nodes=2").
struct SlurmOption {
    std::string name;
    std::string value;
    Level level = Level::command_line;
    std::string spelling;
};

/// An option that a recipe reads or fills in, and the end of the name of the variable that sets it ("" where there is
/// none; sbatch(1), salloc(1) and srun(1), INPUT ENVIRONMENT VARIABLES).
struct KnownOption {
    const char* name;
    const char* variable;
};
[[nodiscard]] std::span<const KnownOption> known_options() noexcept;

/// One --recipe-set. `name` is what diagnostics call it; empty: "--recipe-set N".
struct RecipeSet {
    std::string text;
    Level level = Level::command_line;
    std::string name{};
};

enum class Tool : std::uint8_t {
    sbatch,
    salloc,
    srun,         // makes its own allocation
    srun_in_job,  // what it inherits from the allocation bounds its step and asks for nothing
};

struct SubmitRequest {
    Tool tool = Tool::sbatch;
    std::string recipe;
    std::string default_of{};       // "SBATCH_RECIPE": the variable that named the recipe, when nothing stronger did
    std::string shadowed_recipe{};  // the one of an #SBATCH line that this variable beats
    std::string other_clusters{};   // "--clusters=b": how the job was sent away from this cluster
    std::vector<RecipeSet> sets;    // in the order Slurm met them
    std::vector<std::string> inherited_overrides;  // of the job that this step runs in, below all sets
    std::vector<SlurmOption> options;              // only those that are set; inherited ones left out for srun_in_job
    std::optional<std::int64_t> allocated_nodes;   // for srun_in_job
    std::optional<std::int64_t> listed_nodes{};    // names in the list that the option "nodelist" stands for
    std::string job_digest;                        // for srun_in_job: of the job's own plan; empty: it has none
    bool cluster_has_gpus = false;                 // a gpu GRES exists on this cluster
    bool cluster_requeues = false;    // JobRequeue of its slurm.conf; false as well where that is not known
    std::optional<bool> has_pyxis{};  // pyxis is in this command's plugin stack; nothing: not known
    bool needs_entry = false;         // no script was given: the recipe must say what to run
    std::shared_ptr<const site::Settings> settings = std::make_shared<const site::Settings>();  // never null
    std::vector<std::filesystem::path> collections{};  // that the user named (-C); see site::collections
    std::filesystem::path collections_from{};          // what relative ones count from; likewise
    storage::Host host = storage::this_host();         // what paths lead to
    bool force = false;                                // errors of rules become warnings, where the site lets them
    std::string secrets_file{};      // where the caller writes the recipe's secrets; see secret::is_file_of_ours
    std::string references_label{};  // of the references to them, see secret::References
    config::Environment environment;
    std::filesystem::path working_directory;  // of the command: what a recipe's file is named from
    std::filesystem::path job_directory{};    // of the job: what paths in the recipe count from; empty: the same
    Diagnostics notes{};                      // of whoever made the request; they come first in the outcome
};

/// A Slurm option to set, since nobody did or since a higher level says otherwise.
struct OptionToSet {
    std::string name;
    std::string value;
    bool operator==(const OptionToSet&) const = default;
};

/// A file of secrets, to be written for the user alone before the job is submitted.
struct SecretFile {
    std::string path;
    std::string text;
};

struct Submission {
    plan::LaunchPlan plan;
    std::string plan_json;
    std::vector<OptionToSet> options;
    std::vector<SecretFile> secret_files{};
    std::vector<std::string> typed_secrets{};  // the secrets' values, and what was typed for them
    std::string configuration{};  // what plan.configuration_file is to hold; empty: the plan has room for it
};

struct Outcome {
    std::optional<Submission> submission;  // present if and only if no diagnostic is an error
    Diagnostics diagnostics;
};

/// Composes, validates and plans: Composition, Checked, Draft and LaunchPlan, each made once of those before it. What
/// the site and --recipe-force make of diagnostics is applied once, at the end. Reads files of the collections and
/// looks at the recipe's paths, writes nothing. A job for another cluster is checked against nothing that this one has,
/// and asks for the GPUs that its recipe wants. Codes of its own: launch.entry_missing, launch.code_batch,
/// launch.code_token, submit.conflict, submit.node_range, submit.tasks_per_node, submit.gpus, submit.allocation,
/// submit.nothing_to_run, submit.no_pyxis, submit.default_recipe, submit.other_cluster; all of config, validate and
/// plan; and secret.literal, secret.visible and secret.file. Neither a plan nor a diagnostic holds a secret of the
/// recipe.
[[nodiscard]] Outcome prepare(const SubmitRequest& request);

/// The error paths.no_answer where storage::answers() was false in this thread, else nothing: what does not answer, and
/// `key`, whose place it is. prepare() has found it itself, and in whose place.
[[nodiscard]] Diagnostics silence(std::string key = {});

/// Where a command may ask for a recipe and Slurm does not listen.
struct UnreadPlaces {
    std::vector<std::string> command;  // the script or command and its arguments, as typed
    std::string script;         // text of what `command` begins with, of --wrap, or of stdin; empty: not to be had
    std::string script_name;    // what diagnostics call it
    bool wrapped = false;       // the text is --wrap's
    bool typed = false;         // --recipe was typed, or a variable names it: what a script says is beaten
    std::string without_steps;  // "--no-shell": the allocation runs nothing that could be given the recipe
};

/// What was asked for there and would not be used. `request.recipe` is the recipe that is used; empty: none. Codes
/// submit.after_script, submit.script_line, submit.no_shell, submit.no_variable. Severities are as the codes have them.
[[nodiscard]] Diagnostics find_unused(const SubmitRequest& request, const UnreadPlaces& places);

/// Sees to it that Slurm can open the logs that the user named, and read the file on stdin (-i): creates their
/// directories with `make`, unless it knows that a job's Slurm does. Code submit.log for a log that cannot be opened.
using MakeDirectory = std::function<std::error_code(const std::string&)>;
[[nodiscard]] Diagnostics prepare_logs(const SubmitRequest& request, const MakeDirectory& make,
                                       bool slurm_makes_directories);

/// mkdir -p, and whether files can be made there.
[[nodiscard]] std::error_code make_writable_directory(const std::string& directory);

/// Creates the results directory with `make`. When that fails, the log moves to the working directory (the "output" and
/// "error" options of `submission` lose their directory) and a warning says so.
[[nodiscard]] Diagnostics create_results_directory(Submission& submission,
                                                   const MakeDirectory& make = make_writable_directory);

}  // namespace recipe::planner
