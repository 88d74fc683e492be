// SPDX-License-Identifier: Apache-2.0
// What slurmctld does with a change of a job: nobody may make of a job what its submission would have been refused for.
#pragma once

#include "decide.hpp"

namespace recipe::job_submit {

/// The part of a change that a policy has to do with. Nothing, or empty: it stays.
struct ModifyRequest {
    std::string_view job;         // as scontrol has it: "12", "12_3", "12+1"
    std::string_view partitions;  // comma-separated
    std::optional<std::uint32_t> min_nodes;
    std::optional<std::uint32_t> max_nodes;
    std::size_t required_nodes = 0;  // in the list of nodes that it must have
    std::uint32_t user = 0;          // who asks
};

/// Whether a policy has to do with the change at all; else no answer is asked of decide_modify().
[[nodiscard]] bool concerns_policy(const ModifyRequest& request, const Snapshot& snapshot);

/// Whether the site trusts this user with all jobs. root and SlurmUser are trusted without being named.
[[nodiscard]] bool is_operator(std::uint32_t user, const Snapshot& snapshot);

/// Codes: policy.recipe_required, policy.max_nodes, policy.unknown_job where it depends on the job and that is not in
/// the snapshot's table, policy.unknown.
[[nodiscard]] Expected<void> decide_modify(const ModifyRequest& request, const Snapshot& snapshot);

}  // namespace recipe::job_submit
