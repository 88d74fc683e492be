// SPDX-License-Identifier: Apache-2.0
// What slurmctld does with a job request. The plan in it comes from the user's process and is treated as hostile:
// everything is parsed with bounds and every number is checked again, against the request as Slurm will run it.
#pragma once

#include "diagnostic/diagnostic.hpp"
#include "snapshot.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recipe::job_submit {

/// The part of job_desc_msg_t that a plan has to do with. Nothing, or empty: the client left it unset.
struct JobRequest {
    std::optional<std::string_view> plan;  // JSON, from spank_job_env
    bool heterogeneous = false;            // a component of a heterogeneous job
    std::string_view partitions;           // comma-separated
    std::string_view constraint;
    std::vector<std::string_view> required_nodes;  // -w
    std::vector<std::string_view> excluded_nodes;  // -x
    bool has_qos = false;
    std::optional<std::uint32_t> min_nodes;
    std::optional<std::uint32_t> max_nodes;
    std::optional<std::uint32_t> task_count;
    std::optional<std::uint32_t> tasks_per_node;
    std::optional<std::uint32_t> time_limit;  // minutes
    std::optional<std::uint64_t> memory_mib;  // per node
    bool sharing_given = false;               // --exclusive or --oversubscribe in any form
    bool memory_given = false;
    bool name_given = false;
    std::string_view tres_per_node;  // "gres:gpu:8", "gres/gpu:8"
    std::string_view tres_per_job;
    std::string_view tres_per_task;
    std::string_view tres_per_socket;
    bool cluster_has_gpus = false;
    std::string_view admin_comment;  // another plugin's
};

/// Fields to fill in because nobody set them.
struct Fills {
    std::optional<std::uint32_t> nodes;  // for both min and max
    std::optional<std::uint16_t> tasks_per_node;
    std::optional<std::int64_t> gpus_per_node;
    std::optional<std::uint32_t> time_limit;  // minutes
    bool exclusive = false;
    bool all_memory = false;
    std::optional<std::string> name;
    std::optional<std::string> partition;      // the site's for the recipe's instance type
    std::optional<std::string> admin_comment;  // what was there, and who runs what

    bool operator==(const Fills&) const = default;
};

struct Decision {
    Fills fills;
    Diagnostics notes;  // no errors
};

/// Code groups: plan.* (malformed, version), layout.*, devices.*, controller.*, policy.*, cluster.*,
/// submit.heterogeneous. A job without a plan is only held to the partitions that require one.
[[nodiscard]] Expected<Decision> decide(const JobRequest& request, const Snapshot& snapshot);

}  // namespace recipe::job_submit
