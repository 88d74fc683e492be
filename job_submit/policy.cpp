// SPDX-License-Identifier: Apache-2.0
// The site's policy, applied to one request.
#include "policy.hpp"

#include "diagnostic/codes/submit.hpp"
#include "slurm_text/lists.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>
#include <algorithm>

namespace recipe::job_submit {
namespace {

/// "llama3*" matches the base name, "training/llama/*" the whole one.
bool matches(const std::string& pattern, const std::string& recipe) {
    const std::string base = recipe.substr(recipe.rfind('/') + 1);
    return fnmatch(pattern.c_str(), base.c_str(), 0) == 0 || fnmatch(pattern.c_str(), recipe.c_str(), 0) == 0;
}

std::vector<std::string_view> partitions_of(const JobRequest& request, const Snapshot& snapshot) {
    std::vector<std::string_view> names = slurm_text::split(request.partitions);
    if (names.empty() && snapshot.inventory)
        for (const cluster::Partition& partition : snapshot.inventory->partitions)
            if (partition.is_default) names.push_back(partition.name);
    return names;
}

std::string joined(const std::vector<std::string>& words) {
    return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace

Diagnostics unknown_policy() {
    return {{.code = codes::policy.unknown,
             .message =
                 "slurmctld cannot read this site's settings for recipes, and takes no job until it can: tell the "
                 "administrators"}};
}

Diagnostics check_without_recipe(const JobRequest& request, const Snapshot& snapshot) {
    const std::vector<std::string>& required = snapshot.settings->policy.require_recipe;
    if (required.empty()) return {};
    // The default partition may be one of these.
    if (slurm_text::split(request.partitions).empty() && !snapshot.inventory)
        return {{.code = codes::policy.recipe_required,
                 .message = "slurmctld has just started and does not know its default partition yet, and in some "
                            "partitions of this cluster every job has a recipe: name the partition, or try again in "
                            "some seconds",
                 .fix = "-p PARTITION"}};
    for (const std::string_view partition : partitions_of(request, snapshot))
        if (std::ranges::find(required, partition) != required.end())
            return {{.code = codes::policy.recipe_required,
                     .message = fmt::format(
                         "in partition {} of this cluster every job has a recipe; `srecipe list` shows which "
                         "there are",
                         partition),
                     .fix = "--recipe=NAME"}};
    return {};
}

std::optional<std::string> default_partition(const JobRequest& request, const plan::Summary& plan,
                                             const site::Policy& policy) {
    if (!request.partitions.empty() || !plan.instance_type) return std::nullopt;
    const auto found = policy.default_partition.find(*plan.instance_type);
    if (found == policy.default_partition.end()) return std::nullopt;
    return found->second;
}

Diagnostics check_max_nodes(const std::string& recipe, std::int64_t nodes, const site::Policy& policy) {
    const auto limit =
        std::ranges::find_if(policy.max_nodes, [&](const auto& each) { return matches(each.first, recipe); });
    if (limit == policy.max_nodes.end() || nodes <= limit->second) return {};
    return {{.code = codes::policy.max_nodes,
             .key = "trainer.num_nodes",
             .message = fmt::format("this cluster gives a job of a recipe that matches {} at most {} nodes; this one "
                                    "asks for {}",
                                    limit->first, limit->second, nodes),
             .fix = fmt::format("--recipe-set=trainer.num_nodes={}", limit->second)}};
}

Diagnostics check_policy(const plan::Summary& plan, std::int64_t nodes, const site::Policy& policy) {
    Diagnostics problems;
    if (plan.instance_type && !policy.instance_types.empty() &&
        std::ranges::find(policy.instance_types, *plan.instance_type) == policy.instance_types.end())
        problems.push_back(
            {.code = codes::policy.instance_type,
             .key = "instance_type",
             .message = fmt::format("instance_type {} is not for recipes on this cluster, which has {} for them",
                                    *plan.instance_type, joined(policy.instance_types)),
             .fix = fmt::format("--recipe-set=instance_type={}", policy.instance_types.front())});
    append(problems, check_max_nodes(plan.recipe, nodes, policy));
    return problems;
}

}  // namespace recipe::job_submit
