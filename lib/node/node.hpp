// SPDX-License-Identifier: Apache-2.0
// What a job step finds on a node: the environment of its tasks, torchrun's rendezvous, and the recipe's configuration.
// Pure functions of the plan and of what Slurm says about the step; slurmstepd and the tests call them alike.
#pragma once

#include "diagnostic/diagnostic.hpp"
#include "plan/plan.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recipe::node {

/// What a step's command says of the step, as far as its words show it.
enum class Command : std::uint8_t {
    launcher,  // torchrun and its like: runs once on each node and makes the node's processes
    own,       // the recipe's own program, without a launcher
    script,    // another program of Python's
    helper,    // a tool that trains nothing, such as nvidia-smi, rsync or ray
    hidden,    // a shell, a container's runtime, a program that nobody knows: a launcher may be behind it
};

/// What the user says of a step with --recipe-step.
enum class Role : std::uint8_t { automatic, train, helper };

/// What Slurm knows about one step on one node. Ranks count from 0.
struct Facts {
    std::uint32_t job_id = 0;
    std::uint32_t step_id = 0;
    std::optional<std::uint32_t> array_job_id;  // with array_task_id: the job is a task of an array
    std::uint32_t array_task_id = 0;
    std::uint32_t restart_count = 0;  // times the job was requeued
    std::uint32_t node_rank = 0;      // this node among the step's nodes, in Slurm's order
    std::uint32_t node_count = 1;
    std::uint32_t task_count = 1;       // of the step
    std::uint32_t tasks_here = 1;       // of the step on this node
    std::uint32_t cpus_here = 0;        // of the job on this node; 0: not known
    std::string head;                   // address or name of the node that has the step's first task
    std::string interface;              // the network interface that leads to it; empty: not asked for or unknown
    bool has_first_task = false;        // this node does: the head node
    std::string reserved_ports;         // SLURM_STEP_RESV_PORTS ("12000-12003"), or empty
    std::optional<std::uint16_t> port;  // that the head node has found free; nothing: rendezvous_port() computes it
    std::optional<std::uint16_t> free_port;  // for a step of one node: a port that is free there now
    Command command = Command::hidden;
    Role role = Role::automatic;
    bool own_world = false;  // the launcher's arguments give it another world than the step's nodes
};

/// One task of the step.
struct Task {
    std::uint32_t rank = 0;        // in the step
    std::uint32_t local_rank = 0;  // on this node
};

/// torchrun: exactly one task per node, which becomes torchrun's agent. direct: one task per device, each a rank.
/// plain: anything else (`srun nvidia-smi`, MPI), which gets the recipe's environment and nothing more.
/// Tasks alone do not make a step the recipe's: its command and its role may say that it is none.
enum class Kind : std::uint8_t { torchrun, direct, plain };
[[nodiscard]] Kind kind_of(const plan::LaunchPlan& plan, const Facts& facts) noexcept;

/// Whether the step trains for certain, so that what is wrong with it ends it. For any other a rendezvous is an offer,
/// and problems are warnings.
[[nodiscard]] bool trains(const plan::LaunchPlan& plan, const Facts& facts) noexcept;

/// Completes `facts`, whose step has its nodes, with what the words of the step's command say.
void read_command(const plan::LaunchPlan& plan, const std::vector<std::string>& words, Facts& facts);

/// "train", "helper"; anything else is automatic.
[[nodiscard]] Role role_of(std::string_view text) noexcept;

/// Code node.tasks: a launcher that runs several times on a node, a training step with tasks of no known form (errors),
/// or the recipe's program started in a way that leaves it without a world (a warning).
[[nodiscard]] std::optional<Diagnostic> tasks_problem(const plan::LaunchPlan& plan, const Facts& facts);

/// A change to a task's environment. No value: unset. `overwrite` false: only where the variable is not set.
struct Change {
    std::string name;
    std::optional<std::string> value;
    bool overwrite = true;
    bool operator==(const Change&) const = default;
};

/// RECIPE_NAME, RECIPE_CONFIG and its directory and name, RECIPE_RESULTS_DIR, and with code of a repository's or the
/// user's own directory RECIPE_CODE_DIR.
[[nodiscard]] std::vector<Change> recipe_paths(const plan::LaunchPlan& plan, const Facts& facts);

/// These, and the plan's variables: `env_vars` and what site and instance type add. The same for all steps of a job,
/// the batch step included.
[[nodiscard]] std::vector<Change> recipe_environment(const plan::LaunchPlan& plan, const Facts& facts);

/// For the batch step: what the generic batch script starts and with which options of srun, as words quoted for a
/// shell, with how many tasks per node, and the commands that come first. RECIPE_CODE is code_script(), and
/// RECIPE_CODE_* what it reads.
[[nodiscard]] std::vector<Change> batch_environment(const plan::LaunchPlan& plan, const Facts& facts);

/// The rendezvous of a torchrun or direct step; empty for a plain one. Code rendezvous.no_head when the step has
/// several nodes and the first one's name is unknown.
[[nodiscard]] Expected<std::vector<Change>> rendezvous_environment(const plan::LaunchPlan& plan, const Facts& facts,
                                                                   const Task& task);

// --- values of variables -----------------------------------------------------------------------------------------

/// The value that a variable of a process has; nothing: it is not set.
using Lookup = std::function<std::optional<std::string>(const std::string& name)>;

/// A variable as a task gets it. `source`: who said so, for people ("recipe", "exported", "the step", ...).
struct Assigned {
    std::string name;
    std::string value;
    std::string source;
    bool operator==(const Assigned&) const = default;
};

/// What the plan's variables and then `changes` come to beside what the process has already. A value that the process
/// has and the plan would give too is the plan's: an outer step of the job has set it.
[[nodiscard]] std::vector<Assigned> assigned(const plan::LaunchPlan& plan, const Facts& facts,
                                             const std::vector<Change>& changes, const Lookup& now);

/// "NAME=VALUE (source)", on one line. Values of names that end with TOKEN, SECRET, PASSWORD or KEY read ***.
[[nodiscard]] std::string report_line(const Assigned& variable);
[[nodiscard]] std::string redacted(std::string_view name, std::string_view value);

/// A hint about exported variables that `changes` replace by other values; code rendezvous.exported.
[[nodiscard]] std::optional<Diagnostic> replaced_exports(const std::vector<Change>& changes, const Lookup& now);

// --- secrets -------------------------------------------------------------------------------------------------------

/// Variables for people to read: these texts read *** in their values, whatever the names.
[[nodiscard]] std::vector<Assigned> without_secrets(std::vector<Assigned> variables,
                                                    const std::vector<std::string>& texts);

// --- containers ----------------------------------------------------------------------------------------------------

/// An option of pyxis, named as Slurm does in variables: "container_image". `value` is empty for one that takes none.
struct PyxisOption {
    std::string_view name;  // one of those that pyxis_share knows, never a text of the plan
    std::string value;
    bool operator==(const PyxisOption&) const = default;
};

struct PyxisShare {
    std::vector<PyxisOption> options;
    std::vector<plan::Mount>
        by_hook;  // mounts that no option carries: the user's own stands there, or pyxis takes no such path
};

/// What pyxis is to get for a step. `own`: the value that the user gave an option (by its name), which wins.
[[nodiscard]] PyxisShare pyxis_share(const plan::Container& container, const Lookup& own);

/// What etc/enroot/hooks.d reads: "ro" or "rw", with "+nofail" for an optional one, source and target on a line, with
/// tabs between.
[[nodiscard]] std::string hook_mounts(const std::vector<plan::Mount>& mounts);
inline constexpr const char* hook_variable = "SLURM_RECIPE_MOUNTS";

/// Code node.mounts, a warning: without the hook these are missing in the container, where the user's own mounts do not
/// hold them.
[[nodiscard]] std::optional<Diagnostic> mounts_problem(const std::vector<plan::Mount>& by_hook, const Lookup& own);

/// Code node.own_image: the step does not run in the recipe's image.
[[nodiscard]] std::optional<Diagnostic> image_hint(const plan::Container& container, const Lookup& own);

// --- checks --------------------------------------------------------------------------------------------------------

/// What a task sees of its node's accelerators.
struct VisibleDevices {
    std::optional<std::string> visible_gpus;        // CUDA_VISIBLE_DEVICES or another maker's
    std::optional<std::uint32_t> gpus_of_step;      // SLURM_GPUS_ON_NODE: of the step on this node
    std::uint32_t device_files = 0;                 // /dev/nvidiaN or /dev/neuronN that the task may open
    std::string variable = "CUDA_VISIBLE_DEVICES";  // where visible_gpus is from
    std::string files;                              // of which device_files are; empty: the plan's kind has its own
    const hardware::Kind* kind = nullptr;           // of the installed catalogue, whose files there are; null: none
    std::uint32_t present_files = 0;                // that there are, whether the task may open them or not
};

/// What programs of the devices' maker want to be told beside what Slurm tells them, or must not be told twice
/// (`repeats` and `part_variable` of etc/hardware.yaml). `sys`: what a file below /sys holds.
[[nodiscard]] std::vector<Change> device_environment(const VisibleDevices& visible, const Lookup& now,
                                                     const Lookup& sys);

/// Code node.devices: fewer devices than a torchrun or direct step needs on each node. What Slurm gave the step counts;
/// device files where Slurm says nothing. Always nothing for CPUs.
[[nodiscard]] std::optional<Diagnostic> device_problem(const plan::LaunchPlan& plan, const Facts& facts,
                                                       const VisibleDevices& visible);

/// Code node.world: the degrees do not divide the world of the step's real nodes. A step of other nodes than the recipe
/// says whose world they divide is allowed; node_count_hint, code node.count, says so.
[[nodiscard]] std::optional<Diagnostic> world_problem(const plan::LaunchPlan& plan, const Facts& facts);
[[nodiscard]] std::optional<Diagnostic> node_count_hint(const plan::LaunchPlan& plan, const Facts& facts);

/// A problem of one node in one sentence, which renders as one line: "on node NAME: what; the way out".
[[nodiscard]] Diagnostic on_node(std::string_view node, const Diagnostic& problem);

/// The image as a path on the node; nothing: none, or one that a registry has.
[[nodiscard]] std::optional<std::string> image_path(const plan::LaunchPlan& plan);

/// The plan's written directories for this step, `%j` replaced.
[[nodiscard]] std::vector<std::string> written_directories(const plan::LaunchPlan& plan, const Facts& facts);

// --- the manifest --------------------------------------------------------------------------------------------------

/// What distinguishes one file from another of the same name.
struct FileIdentity {
    std::uint64_t bytes = 0;
    std::int64_t modified = 0;  // seconds since 1970
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
};

/// One start of a recipe in a job, as far as the plan does not know it.
struct Start {
    std::int64_t time = 0;  // seconds since 1970
    std::string host;       // that writes it
    std::string nodes;      // as Slurm lists them
    std::string slurm_version;
    std::optional<FileIdentity> image;  // of image_path(); nothing: not there
    std::optional<std::string> commit;  // that was checked out in code_directory(); nothing: not yet
    std::vector<Assigned> environment;
};

/// `existing` with this start added: JSON, one list of starts, nothing that was there changed or lost. Nothing: the
/// start, which is a configuration and a number of requeues, is there already. Where the job's start was recorded
/// before its code was cloned, this adds the commit. Code node.manifest when `existing` is not a manifest. Empty
/// `existing`: a new one.
[[nodiscard]] Expected<std::optional<std::string>> manifest_with(std::string_view existing,
                                                                 const plan::LaunchPlan& plan, const Facts& facts,
                                                                 const Start& start);
inline constexpr std::size_t max_manifest_bytes = 16 * 1024 * 1024;
/// Where a job's report of its variables is kept, which is printed when the file is created: once per start.
[[nodiscard]] std::string report_file(const plan::LaunchPlan& plan, const Facts& facts);
[[nodiscard]] std::string manifest_file(const plan::LaunchPlan& plan, const Facts& facts);

// --- files and addresses -------------------------------------------------------------------------------------------

/// The ports on which the step may meet at its head node, best first: the first one that the head node finds free is
/// facts.port there, and the others learn it. Slurm's reserved ports are used when the step has them. Otherwise
/// neighbouring jobs and steps begin with neighbouring ports: two begin with one only when their numbers (16 * job id +
/// step id) are a multiple of the range's size apart, so the jobs that run side by side do not. Further ones are those
/// of steps that hardly any job has.
[[nodiscard]] std::vector<std::uint16_t> rendezvous_ports(const site::PortRange& range, const Facts& facts);

/// facts.port, or the best.
[[nodiscard]] std::uint16_t rendezvous_port(const site::PortRange& range, const Facts& facts);

/// `<results_dir>/<job id>`, or `<results_dir>/<array job id>_<index>`.
[[nodiscard]] std::string job_directory(const plan::LaunchPlan& plan, const Facts& facts);

/// Where a step writes, which RECIPE_RESULTS_DIR names: the job's directory, or in it one of the configuration's own
/// when the step has another configuration than its job.
[[nodiscard]] std::string results_directory(const plan::LaunchPlan& plan, const Facts& facts);

/// The file that RECIPE_CONFIG names. The digest is part of the name: a step with a recipe of its own writes beside the
/// job's, and a requeued job finds its own.
[[nodiscard]] std::string config_file(const plan::LaunchPlan& plan, const Facts& facts);

/// What stands in that file: YAML, with results_directory() in place of the plan's placeholder.
[[nodiscard]] std::string config_text(const plan::LaunchPlan& plan, const Facts& facts);

/// Where the job's clone lies; nothing: the plan has no repository.
[[nodiscard]] std::optional<std::string> code_directory(const plan::LaunchPlan& plan, const Facts& facts);

/// The plan's entry with results_directory() in place of the placeholder, and with the arguments that name the
/// configuration.
[[nodiscard]] plan::Entry entry_of(const plan::LaunchPlan& plan, const Facts& facts);

/// What a batch script evaluates to have the code cloned: POSIX shell, without anything of the recipe. It reads
/// RECIPE_CODE_DIR, RECIPE_CODE_URL, RECIPE_CODE_BRANCH, RECIPE_CODE_COMMIT, RECIPE_CODE_TOKEN_FILE and
/// RECIPE_RESULTS_DIR, clones into a new directory beside RECIPE_CODE_DIR and renames that; on failure it says so in
/// one line and ends the script.
[[nodiscard]] std::string_view code_script() noexcept;

/// The batch script of every job that was submitted without one.
[[nodiscard]] std::string_view generic_batch_script() noexcept;

/// The same with #SBATCH lines for a recipe and its overrides, to be saved and edited.
[[nodiscard]] Expected<std::string> batch_script_for(std::string_view recipe,
                                                     const std::vector<std::string>& overrides);

}  // namespace recipe::node
