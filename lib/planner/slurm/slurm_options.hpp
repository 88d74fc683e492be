// SPDX-License-Identifier: Apache-2.0
// What Slurm options say in a recipe's terms.
#pragma once

#include "planner/planner.hpp"
#include "slurm_text/gres.hpp"

namespace recipe::planner {

/// The option with this long name, if it is set.
[[nodiscard]] const SlurmOption* find_option(const SubmitRequest& request, std::string_view name);

/// The value of -N. Nothing when it is not given. A range and anything that is no count are refused.
[[nodiscard]] Expected<std::optional<std::int64_t>> node_count(const SlurmOption* nodes);

/// A number of nodes that follows from other options, and those options as one.
struct ImpliedNodes {
    std::int64_t nodes = 0;
    SlurmOption by;
};

/// What -n and --ntasks-per-node come to together, as Slurm reckons where -N is not given.
[[nodiscard]] std::optional<ImpliedNodes> nodes_of_tasks(const SubmitRequest& request);

/// The value of a numeric option; nothing when it is not given or no count.
[[nodiscard]] std::optional<std::int64_t> count_of(const SubmitRequest& request, std::string_view name);

/// True when the user asked for GPUs in any spelling; then nothing is filled in.
[[nodiscard]] bool spells_gpus(const SubmitRequest& request);

/// Devices per node that a spelling of GPUs means, and the option that said so.
struct GpuRequest {
    std::int64_t devices_per_node = 0;
    const SlurmOption* option = nullptr;
    bool uneven = false;  // a total that the nodes cannot share evenly; devices_per_node is rounded down
};

/// The GPU options of one job that say something about the devices of a node, given its number of nodes. Options that
/// leave the number open (--gpus-per-socket) say nothing. `launcher_tasks`: tasks per node where nobody said a number.
[[nodiscard]] std::vector<GpuRequest> gpu_requests(const SubmitRequest& request, std::int64_t nodes,
                                                   std::int64_t launcher_tasks);

/// Tasks per node that the request asks for with --ntasks-per-node or -n, else `otherwise`; at least 1.
[[nodiscard]] std::int64_t tasks_on_a_node(const SubmitRequest& request, std::int64_t nodes, std::int64_t otherwise);

}  // namespace recipe::planner
