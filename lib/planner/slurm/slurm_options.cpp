// SPDX-License-Identifier: Apache-2.0
// Reads the Slurm options of a request that speak of GPUs and tasks.
#include "planner/slurm/slurm_options.hpp"

#include "diagnostic/codes/submit.hpp"
#include "slurm_text/lists.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace recipe::planner {
namespace {

std::unexpected<Diagnostics> refuse_option(const SlurmOption& option, DiagnosticCode code, std::string key,
                                           std::string message, std::string fix = {}) {
    return refuse({.code = code,
                   .key = std::move(key),
                   .source = {.name = option.spelling},
                   .message = std::move(message),
                   .fix = std::move(fix)});
}

struct GpuOption {
    std::string_view name;
    std::string_view prefix;  // how its items that are GPUs begin
};
// In the order of sbatch(1). --gres names other resources as well.
constexpr std::array gpu_options{GpuOption{"gpus", ""}, GpuOption{"gpus-per-node", ""}, GpuOption{"gpus-per-task", ""},
                                 GpuOption{"gpus-per-socket", ""}, GpuOption{"gres", "gpu"}};

constexpr std::array all_known_options{
    KnownOption{"nodes", ""},
    KnownOption{"ntasks", ""},
    KnownOption{"ntasks-per-node", ""},
    KnownOption{"ntasks-per-gpu", ""},
    KnownOption{"gpus", "GPUS"},
    KnownOption{"gpus-per-node", "GPUS_PER_NODE"},
    KnownOption{"gpus-per-task", "GPUS_PER_TASK"},
    KnownOption{"gpus-per-socket", "GPUS_PER_SOCKET"},
    KnownOption{"gres", "GRES"},
    KnownOption{"time", "TIMELIMIT"},
    KnownOption{"job-name", "JOB_NAME"},
    KnownOption{"output", "OUTPUT"},
    KnownOption{"error", "ERROR"},
    KnownOption{"input", "INPUT"},
    KnownOption{"exclusive", "EXCLUSIVE"},
    KnownOption{"oversubscribe", ""},
    KnownOption{"mem", "MEM_PER_NODE"},
    KnownOption{"mem-per-cpu", "MEM_PER_CPU"},
    KnownOption{"mem-per-gpu", "MEM_PER_GPU"},
    KnownOption{"cpus-per-task", ""},
    KnownOption{"cpus-per-gpu", "CPUS_PER_GPU"},
    KnownOption{"account", "ACCOUNT"},
    KnownOption{"array", "ARRAY_INX"},
    KnownOption{"comment", ""},
    KnownOption{"constraint", "CONSTRAINT"},
    KnownOption{"dependency", ""},
    KnownOption{"exclude", ""},
    KnownOption{"partition", "PARTITION"},
    KnownOption{"qos", "QOS"},
    KnownOption{"requeue", "REQUEUE"},
    KnownOption{"no-requeue", "NO_REQUEUE"},
};

}  // namespace

std::span<const KnownOption> known_options() noexcept {
    return all_known_options;
}

const SlurmOption* find_option(const SubmitRequest& request, std::string_view name) {
    for (const SlurmOption& option : request.options)
        if (option.name == name) return &option;
    return nullptr;
}

Expected<std::optional<std::int64_t>> node_count(const SlurmOption* nodes) {
    if (nodes == nullptr) return std::nullopt;
    const std::string_view text = nodes->value;
    const std::size_t dash = text.find('-');
    const auto low = slurm_text::parse_count(text.substr(0, dash));
    const auto high = dash == std::string_view::npos ? low : slurm_text::parse_count(text.substr(dash + 1));
    if (!low || !high || *low != *high)
        return refuse_option(
            *nodes, codes::submit.node_range, "trainer.num_nodes",
            fmt::format("{} leaves the number of nodes open; a recipe's parallel layout is made for one "
                        "number, so a range is not accepted yet",
                        nodes->spelling),
            low ? fmt::format("-N {}", *low) : "-N 1");
    return low;
}

std::optional<std::int64_t> count_of(const SubmitRequest& request, std::string_view name) {
    const SlurmOption* option = find_option(request, name);
    return option != nullptr ? slurm_text::parse_count(option->value) : std::nullopt;
}

std::optional<ImpliedNodes> nodes_of_tasks(const SubmitRequest& request) {
    const std::int64_t tasks = count_of(request, "ntasks").value_or(0);
    const std::int64_t per_node = count_of(request, "ntasks-per-node").value_or(0);
    if (tasks == 0 || per_node == 0) return std::nullopt;
    SlurmOption by = *find_option(request, "ntasks");
    const SlurmOption& other = *find_option(request, "ntasks-per-node");
    by.spelling += ' ' + other.spelling;
    by.level = std::max(by.level, other.level);
    return ImpliedNodes{.nodes = (tasks + per_node - 1) / per_node, .by = std::move(by)};
}

bool spells_gpus(const SubmitRequest& request) {
    for (const GpuOption& gpu : gpu_options) {
        const SlurmOption* option = find_option(request, gpu.name);
        if (option != nullptr && slurm_text::gres_count(option->value, gpu.prefix)) return true;
    }
    return false;
}

std::int64_t tasks_on_a_node(const SubmitRequest& request, std::int64_t nodes, std::int64_t otherwise) {
    std::int64_t tasks = otherwise;
    if (find_option(request, "ntasks-per-node") != nullptr)
        tasks = count_of(request, "ntasks-per-node").value_or(otherwise);
    else if (find_option(request, "ntasks") != nullptr)
        tasks = count_of(request, "ntasks").value_or(otherwise * nodes) / nodes;
    return std::max<std::int64_t>(tasks, 1);
}

std::vector<GpuRequest> gpu_requests(const SubmitRequest& request, std::int64_t nodes, std::int64_t launcher_tasks) {
    std::vector<GpuRequest> slurm_overrides;
    for (const GpuOption& gpu : gpu_options) {
        const SlurmOption* option = find_option(request, gpu.name);
        if (option == nullptr || gpu.name == "gpus-per-socket") continue;
        const auto number = slurm_text::gres_count(option->value, gpu.prefix);
        if (!number) continue;
        GpuRequest requested{.devices_per_node = *number, .option = option};
        if (gpu.name == "gpus-per-task") requested.devices_per_node *= tasks_on_a_node(request, nodes, launcher_tasks);
        if (gpu.name == "gpus") {
            requested.devices_per_node = *number / nodes;
            requested.uneven = *number % nodes != 0;
        }
        slurm_overrides.push_back(requested);
    }
    return slurm_overrides;
}

}  // namespace recipe::planner
