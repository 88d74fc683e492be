// What a job step finds on a node: the environment of its tasks, torchrun's rendezvous, and the recipe's configuration.
// Pure functions of the plan and of what Slurm says about the step; slurmstepd and the tests call them alike.
#pragma once

#include "diagnostic/diagnostic.hpp"
#include "plan/plan.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recipe::step {

/// What Slurm knows about one step on one node. Ranks count from 0.
struct Facts {
    std::uint32_t job_id = 0;
    std::uint32_t step_id = 0;
    std::optional<std::uint32_t> array_job_id;    // with array_task_id: the job is a task of an array
    std::uint32_t array_task_id = 0;
    std::uint32_t restart_count = 0;              // times the job was requeued
    std::uint32_t node_rank = 0;                  // this node among the step's nodes
    std::uint32_t node_count = 1;
    std::uint32_t task_count = 1;                 // of the step
    std::uint32_t tasks_here = 1;                 // of the step on this node
    std::uint32_t cpus_here = 0;                  // of the job on this node; 0: not known
    std::string head;                             // address or name of the step's first node
    std::string reserved_ports;                   // SLURM_STEP_RESV_PORTS ("12000-12003"), or empty
    std::optional<std::uint16_t> free_port;       // for a step of one node: a port that is free there now
};

/// One task of the step.
struct Task {
    std::uint32_t rank = 0;        // in the step
    std::uint32_t local_rank = 0;  // on this node
};

/// torchrun: exactly one task per node, which becomes torchrun's agent. direct: one task per device, each a rank.
/// plain: anything else (`srun nvidia-smi`, MPI), which gets the recipe's environment and nothing more.
enum class Kind : std::uint8_t { torchrun, direct, plain };
[[nodiscard]] Kind kind_of(const plan::LaunchPlan& plan, const Facts& facts) noexcept;

/// A change to a task's environment. No value: unset. `overwrite` false: only where the variable is not set.
struct Change {
    std::string name;
    std::optional<std::string> value;
    bool overwrite = true;
    bool operator==(const Change&) const = default;
};

/// The recipe's own variables: `env_vars`, RECIPE_NAME, RECIPE_CONFIG and its directory and name, RECIPE_RESULTS_DIR.
/// The same for all steps of a job, the batch step included.
[[nodiscard]] std::vector<Change> recipe_environment(const plan::LaunchPlan& plan, const Facts& facts);

/// For the batch step: what the generic batch script starts, as words quoted for a shell, and with how many tasks per node.
[[nodiscard]] std::vector<Change> batch_environment(const plan::LaunchPlan& plan);

/// The rendezvous of a torchrun or direct step; empty for a plain one. Code rendezvous.no_head when the step has several
/// nodes and the first one's name is unknown.
[[nodiscard]] Expected<std::vector<Change>> rendezvous_environment(const plan::LaunchPlan& plan, const Facts& facts,
                                                                   const Task& task);

/// The port on the step's head node. Slurm's reserved ports are used when the step has them. Otherwise neighbouring jobs
/// and steps get neighbouring ports: two meet only when their numbers (16 * job id + step id) are a multiple of the
/// range's size apart, so the jobs that run side by side do not.
[[nodiscard]] std::uint16_t rendezvous_port(const plan::PortRange& range, const Facts& facts);

/// `<results_dir>/<job id>`, or `<results_dir>/<array job id>_<index>`.
[[nodiscard]] std::string job_directory(const plan::LaunchPlan& plan, const Facts& facts);

/// The file that RECIPE_CONFIG names. The digest is part of the name: a step with a recipe of its own writes beside the
/// job's, and a requeued job finds its own.
[[nodiscard]] std::string config_file(const plan::LaunchPlan& plan, const Facts& facts);

/// What stands in that file: YAML, with the job's directory in place of the plan's placeholder.
[[nodiscard]] std::string config_text(const plan::LaunchPlan& plan, const Facts& facts);

/// The batch script of every job that was submitted without one.
[[nodiscard]] std::string_view generic_batch_script() noexcept;

/// The same with #SBATCH lines for a recipe and its overrides, to be saved and edited.
[[nodiscard]] Expected<std::string> batch_script_for(std::string_view recipe, const std::vector<std::string>& overrides);

/// A word as a POSIX shell reads it back.
[[nodiscard]] std::string shell_quoted(std::string_view word);

}  // namespace recipe::step
