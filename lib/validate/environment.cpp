// SPDX-License-Identifier: Apache-2.0
// Variables under env_vars that are obsolete, harm the job, or are set by somebody who comes later.
#include "validate/rule.hpp"

#include "diagnostic/codes/model.hpp"
#include "slurm_text/lists.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace recipe::validate {
namespace {

enum class Kind : std::uint8_t { obsolete, harmful, overridden, loader };

/// A variable of env_vars. A name that ends with * stands for all that begin so.
struct Advice {
    std::string_view name;
    Kind kind;
    bool (*applies)(const Subject&, std::string_view value);  // called with the value as text
    std::string_view why;
    std::string_view better;  // a value; empty: leave it out
};

bool always(const Subject&, std::string_view) {
    return true;
}

bool is_zero(const Subject&, std::string_view value) {
    return value == "0";
}

bool has_efa(const Subject& s) {
    return s.instance == nullptr || s.instance->efa_devices > 0 || s.instance->gpudirect_rdma;
}

bool without_efa(const Subject& s, std::string_view value) {
    return value == "efa" && !has_efa(s);
}

bool is_fsdp(const Subject& s) {
    return s.family.layout == family::Layout::fsdp || s.family.layout == family::Layout::ranks;
}

/// Tensor parallelism overlaps communication by the order of one queue; FSDP by several.
bool one_connection(const Subject& s, std::string_view value) {
    return value == "1" && is_fsdp(s) && s.tensor.usable() && s.tensor.number == 1 && s.wanted != Wanted::neuron;
}

bool many_connections(const Subject& s, std::string_view value) {
    return value != "1" && s.family.layout == family::Layout::megatron && s.tensor.number > 1 &&
           (s.accelerator == nullptr || s.accelerator->compute_capability.value_or(0) < 100);
}

bool is_fixed_interface(const Subject&, std::string_view value) {
    return !value.empty() && value.front() != '^' && value.front() != '=';
}

/// The names that "^a,b" excludes; nothing where the value excludes none.
std::vector<std::string_view> excluded_names(std::string_view value) {
    return value.starts_with('^') ? slurm_text::split(value.substr(1)) : std::vector<std::string_view>();
}

/// The excluded names are prefixes, so `eth` is every Ethernet interface.
bool excludes_ethernet(const Subject&, std::string_view value) {
    return std::ranges::any_of(excluded_names(value),
                               [](std::string_view name) { return name == "eth" || name == "en" || name == "ens"; });
}

/// NCCL leaves out lo and docker by itself only where the variable is not set.
bool forgets_loopback(const Subject&, std::string_view value) {
    return value.starts_with('^') && std::ranges::none_of(excluded_names(value), [](std::string_view name) {
               return name == "lo" || name == "l";
           });
}

bool is_path(const Subject&, std::string_view value) {
    return value.find('/') != std::string_view::npos;
}

bool is_info(const Subject&, std::string_view value) {
    return value == "INFO" || value == "TRACE";
}

bool efa_and_not_g5(const Subject& s, std::string_view) {
    return s.instance != nullptr && s.instance->gpudirect_rdma;
}

constexpr std::string_view obsolete_in_efa = "current versions of libfabric and aws-ofi-nccl need it no more";
constexpr std::string_view not_for_efa = "it has no meaning over EFA";
constexpr std::string_view left_to_plugin = "aws-ofi-nccl sets it for each instance type";
constexpr std::string_view of_the_step = "each step sets its own from its real nodes";
constexpr std::string_view loads_into_all = "it loads a library into every program of the job, srun and git included";
constexpr std::string_view replaces_libraries =
    "it puts other libraries before those that every program of the job was built with, srun and git included";
constexpr std::string_view replaces_programs =
    "it replaces what the user and the image have there, by which srun, git, torchrun and python3 are found";
constexpr std::string_view replaces_modules =
    "it puts other modules before those that Python's programs were installed with";
constexpr std::string_view runs_first = "the file that it names runs before every script of the job";
constexpr std::string_view exclusion = "^lo,docker,veth";

constexpr std::array advices{
    Advice{"MASTER_ADDR", Kind::overridden, always, of_the_step, {}},
    Advice{"MASTER_PORT", Kind::overridden, always, of_the_step, {}},
    Advice{"RANK", Kind::overridden, always, of_the_step, {}},
    Advice{"LOCAL_RANK", Kind::overridden, always, of_the_step, {}},
    Advice{"WORLD_SIZE", Kind::overridden, always, of_the_step, {}},
    Advice{"LOCAL_WORLD_SIZE", Kind::overridden, always, of_the_step, {}},
    Advice{"GROUP_RANK", Kind::overridden, always, of_the_step, {}},
    Advice{"NODE_RANK", Kind::overridden, always, of_the_step, {}},
    Advice{"LD_PRELOAD", Kind::loader, always, loads_into_all, {}},
    Advice{"LD_AUDIT", Kind::loader, always, loads_into_all, {}},
    Advice{"LD_LIBRARY_PATH", Kind::loader, always, replaces_libraries, {}},
    Advice{"PATH", Kind::loader, always, replaces_programs, {}},
    Advice{"PYTHONPATH", Kind::loader, always, replaces_modules, {}},
    Advice{"PYTHONHOME", Kind::loader, always, replaces_modules, {}},
    Advice{"PYTHONSTARTUP", Kind::loader, always, runs_first, {}},
    Advice{"BASH_ENV", Kind::loader, always, runs_first, {}},
    Advice{"ENV", Kind::loader, always, runs_first, {}},
    Advice{"RDMAV_*", Kind::harmful, always, "libibverbs' fork support breaks EFA", {}},
    Advice{"FI_PROVIDER",
           Kind::obsolete,
           without_efa,
           "the instance type has no EFA, so libfabric finds no such provider",
           {}},
    Advice{"FI_EFA_USE_DEVICE_RDMA", Kind::obsolete, always, obsolete_in_efa, {}},
    Advice{"FI_EFA_FORK_SAFE", Kind::obsolete, always, obsolete_in_efa, {}},
    Advice{"FI_EFA_SET_CUDA_SYNC_MEMOPS", Kind::obsolete, is_zero, obsolete_in_efa, {}},
    Advice{"FI_EFA_ENABLE_SHM_TRANSFER", Kind::obsolete, always, obsolete_in_efa, {}},
    Advice{"NCCL_SOCKET_NTHREADS", Kind::obsolete, efa_and_not_g5, not_for_efa, {}},
    Advice{"NCCL_NSOCKS_PERTHREAD", Kind::obsolete, efa_and_not_g5, not_for_efa, {}},
    Advice{"NCCL_MIN_CHANNELS", Kind::obsolete, always, "NCCL's own choice is better since 2.5", {}},
    Advice{"NCCL_MIN_NCHANNELS", Kind::obsolete, always, "NCCL's own choice is better since 2.5", {}},
    Advice{"NCCL_PROTO", Kind::obsolete, always, left_to_plugin, {}},
    Advice{"NCCL_BUFFSIZE", Kind::obsolete, efa_and_not_g5, left_to_plugin, {}},
    Advice{"NCCL_P2P_NET_CHUNKSIZE", Kind::obsolete, efa_and_not_g5, left_to_plugin, {}},
    Advice{"NCCL_TUNER_PLUGIN", Kind::harmful, is_path, "NCCL 2.27 takes the base name of the library and no path", {}},
    Advice{"NCCL_ASYNC_ERROR_HANDLING",
           Kind::obsolete,
           always,
           "PyTorch calls it TORCH_NCCL_ASYNC_ERROR_HANDLING, which is on by default",
           {}},
    Advice{"NCCL_IGNORE_DISABLED_P2P", Kind::obsolete, always, "it hides a fault of the node", {}},
    Advice{"NCCL_DEBUG", Kind::obsolete, is_info, "every rank then fills the log; WARN shows what went wrong", "WARN"},
    Advice{"NCCL_SOCKET_IFNAME", Kind::harmful, is_fixed_interface,
           "a fixed interface is missing on nodes of another kind, and NCCL then fails", exclusion},
    Advice{"NCCL_SOCKET_IFNAME", Kind::harmful, excludes_ethernet,
           "names are prefixes, so that nodes which have no other interface are left without one", exclusion},
    Advice{"NCCL_SOCKET_IFNAME", Kind::harmful, forgets_loopback,
           "NCCL leaves out lo by itself only when the variable is not set", exclusion},
    Advice{"CUDA_DEVICE_MAX_CONNECTIONS",
           Kind::harmful,
           one_connection,
           "1 keeps FSDP from overlapping communication with computation",
           {}},
    Advice{"CUDA_DEVICE_MAX_CONNECTIONS", Kind::harmful, many_connections,
           "Megatron's tensor parallelism overlaps communication with 1 only before compute capability 10", "1"},
};

bool names(const Advice& advice, std::string_view name) {
    if (!advice.name.ends_with('*')) return advice.name == name;
    return name.starts_with(advice.name.substr(0, advice.name.size() - 1));
}

const config::Value* variables(const Subject& s) {
    const config::Value* variables = s.root.find("env_vars");
    return variables != nullptr && variables->is_map() ? variables : nullptr;
}

bool has_variables(const Subject& s) {
    return variables(s) != nullptr;
}

/// A comma outside quotes would be a list of Hydra's.
std::string set_to(std::string_view name, std::string_view value) {
    if (value.find(',') == std::string_view::npos) return fmt::format("--recipe-set=env_vars.{}={}", name, value);
    return fmt::format("--recipe-set='env_vars.{}=\"{}\"'", name, value);
}

Findings advise(const Subject& s, Kind kind) {
    Findings findings;
    for (const config::Entry& entry : variables(s)->entries()) {
        const std::string name = config::to_python_text(entry.key);
        if (entry.value.is_null() || entry.value.is_map() || entry.value.is_list()) continue;
        const std::string value = config::to_python_text(entry.value);
        const Advice* advice = std::ranges::find_if(
            advices, [&](const Advice& a) { return a.kind == kind && names(a, name) && a.applies(s, value); });
        if (advice == advices.end()) continue;
        Found at{.path = "env_vars." + name, .key = "env_vars." + name, .value = &entry.value};
        findings.push_back({.at = std::move(at),
                            .message = fmt::format("{}={}: {}", name, truncate(entry.value), advice->why),
                            .fix = advice->better.empty() ? fmt::format("--recipe-set=~env_vars.{}", name)
                                                          : set_to(name, advice->better)});
    }
    return findings;
}

Findings obsolete(const Subject& s) {
    return advise(s, Kind::obsolete);
}

Findings harmful(const Subject& s) {
    return advise(s, Kind::harmful);
}

Findings overridden(const Subject& s) {
    return advise(s, Kind::overridden);
}

Findings loader(const Subject& s) {
    return advise(s, Kind::loader);
}

constexpr std::array<Rule, 4> table{{
    {codes::environment.loader, has_variables, loader},
    {codes::environment.overridden, has_variables, overridden},
    {codes::environment.harmful, has_variables, harmful},
    {codes::environment.obsolete, has_variables, obsolete},
}};

}  // namespace

std::span<const Rule> environment_rules() {
    return table;
}

}  // namespace recipe::validate
