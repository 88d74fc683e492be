// SPDX-License-Identifier: Apache-2.0
// Puts a job together with what this host knows of its paths, and with what Slurm is asked for.
#include "planner/draft.hpp"

#include "diagnostic/codes/submit.hpp"
#include "memory/memory.hpp"
#include "planner/container/container.hpp"
#include "planner/container/writes.hpp"
#include "planner/program/code.hpp"
#include "planner/slurm/options_to_set.hpp"

#include <fmt/format.h>

namespace recipe::planner {
namespace {

/// Whether what the program writes will be there for all nodes, and tomorrow.
Diagnostics check_writes(const SubmitRequest& request, const Composition& composition, const Checked& checked,
                         const std::vector<Write>& writes) {
    const site::Paths& paths = request.settings->paths;
    Durability against{.nodes = checked.result.layout.nodes, .shared = paths.shared, .strict = paths.strict};
    if (family::writes_checkpoints(composition.root()))
        against.checkpoint_bytes = memory::checkpoint_bytes(composition.root(), composition.families,
                                                            {.host = &request.host, .models = &composition.models});
    return durability(writes, against, request.host);
}

/// For the nodes. A key may name a place in the container; they look at what the user mounts there.
std::vector<std::string> directories_on_host(const std::vector<Write>& writes,
                                             const std::optional<plan::Container>& container) {
    std::vector<std::string> directories = outside_results(writes);
    if (container)
        for (std::string& directory : directories) directory = source_of(directory, container->mounts);
    return directories;
}

void check_pyxis(const SubmitRequest& request, const std::optional<plan::Container>& container, Diagnostics& found) {
    if (!container || request.has_pyxis != false || !request.other_clusters.empty()) return;
    found.push_back(
        {.code = codes::submit.no_pyxis,
         .key = "container",
         .message = fmt::format("the recipe wants the container {}, and the SPANK plugin pyxis, which starts "
                                "containers, is not in this cluster's plugin stack",
                                container->image),
         .fix = "--recipe-set=container=null"});
}

void check_allocation(const SubmitRequest& request, std::int64_t nodes, Diagnostics& found) {
    if (!request.allocated_nodes || nodes <= *request.allocated_nodes) return;
    found.push_back({.code = codes::submit.allocation,
                     .key = "trainer.num_nodes",
                     .message = fmt::format("the recipe wants {} nodes and this allocation has {}", nodes,
                                            *request.allocated_nodes),
                     .fix = fmt::format("--recipe-set=trainer.num_nodes={}", *request.allocated_nodes)});
}

}  // namespace

Expected<Draft> make_draft(const SubmitRequest& request, const Composition& composition, const Checked& checked) {
    Diagnostics found;
    Expected<Job> job = make_job(request, composition, checked, found);
    if (!job) {
        append(found, std::move(job.error()));
        return std::unexpected(std::move(found));
    }
    const std::vector<Write> writes = writes_of(composition.root(), composition.family(), job->results_dir);
    append(found, check_writes(request, composition, checked, writes));
    ContainerSetup setup = container_of(request, composition, *job, found);
    check_pyxis(request, setup.container, found);
    check_allocation(request, checked.result.layout.nodes, found);
    check_code(request, composition.resolved, composition.family(), job->program, setup.container.has_value(), found);
    Expected<std::vector<OptionToSet>> options = options_to_set(request, composition.root(), checked, *job);
    if (!options) append(found, std::move(options.error()));
    std::vector<std::string> directories = directories_on_host(writes, setup.container);
    return Draft{.job = std::move(*job),
                 .written_directories = std::move(directories),
                 .container = std::move(setup.container),
                 .srun_arguments = std::move(setup.srun_arguments),
                 .options = options ? std::move(*options) : std::vector<OptionToSet>(),
                 .diagnostics = std::move(found)};
}

}  // namespace recipe::planner
