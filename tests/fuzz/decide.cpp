// SPDX-License-Identifier: Apache-2.0
// slurmctld's decision on a hostile request: every line of an input is a field of it, the first one the plan. It is
// refused with a reason, or what is filled in is within what Slurm takes.
#include "decide.hpp"
#include "cluster/cluster.hpp"
#include "render/render.hpp"
#include "require.hpp"
#include "slurm_text/lists.hpp"

#include <memory>
#include <string>
#include <vector>

namespace {

using namespace recipe;
using fuzz::require;

job_submit::Snapshot cluster_with_policy() {
    std::vector<cluster::NodeRecord> records;
    std::vector<cluster::PartitionRecord> partitions{{.name = "all", .is_default = true},
                                                     {.name = "one", .max_nodes = 2}};
    for (const char* gres : {"gpu:a10g:8", "gpu:b300:8", "gpu:a100_1g.10gb:56", "gpu:t4:4,gpu:h100:4", "gpu:8", ""})
        for (int i = 0; i < 3; ++i) {
            if (i == 0) partitions[1].nodes.push_back(records.size());
            partitions[0].nodes.push_back(records.size());
            records.push_back({.name = "n" + std::to_string(records.size()), .features = gres, .gres = gres});
        }
    site::Settings settings;
    settings.policy.require_recipe = {"one"};
    settings.policy.max_nodes = {{"*llama*", 4}, {"*", 64}};
    settings.policy.default_partition = {{"g5.48xlarge", "all"}};
    job_submit::Snapshot snapshot;
    snapshot.settings = std::make_shared<const site::Settings>(settings);
    snapshot.inventory = std::make_shared<const cluster::Inventory>(
        cluster::take_inventory(records, partitions, hardware::Catalogue(), {}));
    return snapshot;
}

std::optional<std::uint32_t> number(std::string_view text) {
    return slurm_text::parse_number<std::uint32_t>(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const job_submit::Snapshot snapshot = cluster_with_policy();
    std::string_view rest = fuzz::text_of(data, size);
    job_submit::JobRequest request;
    const std::string_view plan = fuzz::take_until(rest, '\n');
    if (!plan.empty()) request.plan = plan;
    request.partitions = fuzz::take_until(rest, '\n');
    request.constraint = fuzz::take_until(rest, '\n');
    request.required_nodes = slurm_text::split(fuzz::take_until(rest, '\n'));
    request.excluded_nodes = slurm_text::split(fuzz::take_until(rest, '\n'));
    request.min_nodes = number(fuzz::take_until(rest, '\n'));
    request.max_nodes = number(fuzz::take_until(rest, '\n'));
    request.task_count = number(fuzz::take_until(rest, '\n'));
    request.tasks_per_node = number(fuzz::take_until(rest, '\n'));
    request.time_limit = number(fuzz::take_until(rest, '\n'));
    request.tres_per_node = fuzz::take_until(rest, '\n');
    request.tres_per_job = fuzz::take_until(rest, '\n');
    request.tres_per_task = fuzz::take_until(rest, '\n');
    request.admin_comment = "written by another plugin";
    request.memory_mib = number(fuzz::take_until(rest, '\n'));
    const std::string_view flags = rest;
    request.cluster_has_gpus = flags.contains('g');
    request.heterogeneous = flags.contains('h');
    request.has_qos = flags.contains('q');
    request.sharing_given = flags.contains('s');
    request.name_given = flags.contains('n');

    const auto decision = job_submit::decide(request, snapshot);
    if (!decision) {
        fuzz::require_reasons(decision.error());
        (void)render::text(decision.error(), false);
        return 0;
    }
    (void)render::text(decision->notes, false);
    const job_submit::Fills& fills = decision->fills;
    require(request.plan || fills == job_submit::Fills{}, "a job without a recipe is left as it is");
    require(!fills.nodes || *fills.nodes > 0, "a job has nodes");
    require(!fills.tasks_per_node || *fills.tasks_per_node > 0, "a node has tasks");
    require(!fills.gpus_per_node || *fills.gpus_per_node > 0, "GPUs are asked for or not");
    for (const auto* text : {&fills.name, &fills.partition, &fills.admin_comment})
        require(!*text || (!(*text)->contains('\0') && !(*text)->contains('\n') && (*text)->size() < 64 * 1024),
                "a text that is filled in is a line");
    return 0;
}
