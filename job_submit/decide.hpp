// What slurmctld does with a job request that carries a launch plan. The plan comes from the user's process and is treated
// as hostile: everything is parsed with bounds and every number is checked again.
#pragma once

#include "diagnostic/diagnostic.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace recipe::job_submit {

/// The part of job_desc_msg_t that a plan has to do with. Nothing: the client left it unset.
struct JobRequest {
    std::optional<std::string_view> plan;           // JSON, from spank_job_env
    std::optional<std::uint32_t> min_nodes;
    std::optional<std::uint32_t> max_nodes;
    std::optional<std::uint32_t> task_count;
    std::optional<std::uint32_t> tasks_per_node;
    std::optional<std::uint32_t> time_limit;        // minutes
    bool sharing_given = false;                     // --exclusive or --oversubscribe in any form
    bool memory_given = false;
    bool name_given = false;
    bool gpus_given = false;                        // a gpu GRES in any of the request's TRES strings
    bool cluster_has_gpus = false;
};

/// Fields to fill in because nobody set them.
struct Fills {
    std::optional<std::uint32_t> nodes;             // for both min and max
    std::optional<std::uint16_t> tasks_per_node;
    std::optional<std::int64_t> gpus_per_node;
    std::optional<std::uint32_t> time_limit;        // minutes
    bool exclusive = false;
    bool all_memory = false;
    std::optional<std::string> name;

    bool operator==(const Fills&) const = default;
};

/// Code groups: plan.* (malformed, version), layout.*, devices.*, and controller.node_count when the request asks for
/// another number of nodes than its plan.
[[nodiscard]] Expected<Fills> decide(const JobRequest& request);

/// True when a TRES string of a request names GPUs, in any Slurm's spelling ("gpu:8", "gres:gpu:8", "gres/gpu=8").
[[nodiscard]] bool names_gpus(std::string_view tres) noexcept;

}  // namespace recipe::job_submit
