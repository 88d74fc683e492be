// SPDX-License-Identifier: Apache-2.0
// The site's policy, applied to a change of a job.
#include "modify.hpp"

#include "diagnostic/codes/submit.hpp"
#include "policy.hpp"
#include "slurm_text/lists.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace recipe::job_submit {
namespace {

/// The most nodes that the job may have afterwards, as far as the change says.
std::optional<std::int64_t> nodes_of(const ModifyRequest& request) {
    if (!request.min_nodes && !request.max_nodes && request.required_nodes == 0) return std::nullopt;
    return std::max<std::int64_t>({request.min_nodes.value_or(0), request.max_nodes.value_or(0),
                                   static_cast<std::int64_t>(request.required_nodes)});
}

/// Of the partitions that are asked for, those that require a recipe.
std::vector<std::string_view> requiring(const ModifyRequest& request, const site::Policy& policy) {
    std::vector<std::string_view> names = slurm_text::split(request.partitions);
    std::erase_if(names, [&](std::string_view name) {
        return std::ranges::find(policy.require_recipe, name) == policy.require_recipe.end();
    });
    return names;
}

bool is_above_a_limit(const ModifyRequest& request, const site::Policy& policy) {
    const auto nodes = nodes_of(request);
    return nodes && std::ranges::any_of(policy.max_nodes, [&](const auto& limit) { return *nodes > limit.second; });
}

Diagnostic unknown_job(const ModifyRequest& request) {
    return {.code = codes::policy.unknown_job,
            .message = fmt::format("slurmctld does not know yet whether job {} has a recipe, which decides whether it "
                                   "may be changed so: try again in some seconds, else cancel and submit again",
                                   request.job)};
}

}  // namespace

bool concerns_policy(const ModifyRequest& request, const Snapshot& snapshot) {
    const site::Policy& policy = snapshot.settings->policy;
    if (snapshot.policy == PolicyState::unknown && snapshot.refuse_unknown)
        return !request.partitions.empty() || nodes_of(request).has_value();
    return !requiring(request, policy).empty() || is_above_a_limit(request, policy);
}

bool is_operator(std::uint32_t user, const Snapshot& snapshot) {
    return std::ranges::find(snapshot.operators, user) != snapshot.operators.end();
}

Expected<void> decide_modify(const ModifyRequest& request, const Snapshot& snapshot) {
    if (is_operator(request.user, snapshot) || !concerns_policy(request, snapshot)) return {};
    if (snapshot.policy == PolicyState::unknown && snapshot.refuse_unknown) return std::unexpected(unknown_policy());
    const KnownJob* job = snapshot.jobs ? snapshot.jobs->find(request.job) : nullptr;
    if (job == nullptr) return refuse(unknown_job(request));
    const site::Policy& policy = snapshot.settings->policy;
    Diagnostics problems;
    if (job->recipe.empty()) {
        for (const std::string_view partition : requiring(request, policy))
            // Where it is already it is not moved to.
            if (std::ranges::find(job->partitions, partition) == job->partitions.end()) {
                append(problems, check_without_recipe({.partitions = partition}, snapshot));
                break;
            }
    } else if (const auto nodes = nodes_of(request)) {
        append(problems, check_max_nodes(job->recipe, *nodes, policy));
    }
    apply_severities(snapshot.settings->severities, problems);
    if (has_errors(problems)) return std::unexpected(std::move(problems));
    return {};
}

}  // namespace recipe::job_submit
