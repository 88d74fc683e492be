// SPDX-License-Identifier: Apache-2.0
// Reads from a checked recipe what its job is.
#include "planner/job.hpp"

#include "diagnostic/codes/launch.hpp"
#include "diagnostic/codes/model.hpp"
#include "planner/keys.hpp"
#include "planner/slurm/slurm_options.hpp"
#include "slurm_text/shown_text.hpp"
#include "slurm_text/variable_name.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>

namespace recipe::planner {
namespace {

using config::Value;

const std::string* string_at(const Value& root, std::string_view key) {
    const Value* value = root.at(key);
    return value != nullptr ? value->as_string() : nullptr;
}

plan::Device device_of(const Value& root, const family::Family& family, const validate::Result& checked) {
    const std::string* accelerator = string_at(root, "recipes.trainer.accelerator");
    if (accelerator == nullptr && checked.accelerator == nullptr && family.devices == family::Devices::neuron)
        return plan::Device::neuron;
    if (accelerator != nullptr && *accelerator == "cpu") return plan::Device::cpu;
    if (accelerator != nullptr && *accelerator == "neuron") return plan::Device::neuron;
    const bool on_neuron = checked.accelerator != nullptr && checked.accelerator->kind == hardware::DeviceKind::neuron;
    return on_neuron ? plan::Device::neuron : plan::Device::gpu;
}

std::string job_name_of(const Value& root) {
    std::string name;
    if (const std::string* prefix = string_at(root, "cluster.job_name_prefix")) name = *prefix;
    if (const std::string* run = string_at(root, fmt::format("{}.run.name", training_root(root)))) name += *run;
    return slurm_text::replace_control(name, '_');
}

bool exclusive_of(const Value& root) {
    const Value* exclusive = root.at("cluster.exclusive");
    return exclusive == nullptr || exclusive->as_bool().value_or(true);
}

std::string without_trailing_slash(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
}

/// The fix for "12h", "90m", "30 min" or "2d"; empty where nothing of the kind is meant.
std::string time_limit_meant(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 1 || number > 100'000) return {};
    std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
    constexpr std::array units{std::pair{"m", 1},        std::pair{"min", 1},     std::pair{"minutes", 1},
                               std::pair{"h", 60},       std::pair{"hours", 60},  std::pair{"hour", 60},
                               std::pair{"hrs", 60},     std::pair{"d", 24 * 60}, std::pair{"days", 24 * 60},
                               std::pair{"day", 24 * 60}};
    const auto* const found = std::ranges::find(units, unit, [](const auto& known) { return known.first; });
    if (found == units.end()) return {};
    const std::int64_t minutes = number * found->second;
    return fmt::format("--recipe-set=run.time_limit={}-{:02}:{:02}:00", minutes / 1440, minutes / 60 % 24,
                       minutes % 60);
}

Expected<std::optional<std::int64_t>> time_limit(const Value& root) {
    const Value* limit = root.at(time_limit_key(root));
    if (limit == nullptr || limit->is_null()) return std::nullopt;
    const auto minutes = time_limit_of(*limit);
    if (minutes) return *minutes;
    return refuse(
        {.code = codes::resources.time_limit,
         .key = "run.time_limit",
         .source = limit->position().source(),
         .message = fmt::format("`{}` is no time limit; Slurm knows minutes, minutes:seconds, "
                                "hours:minutes:seconds, days-hours, days-hours:minutes and days-hours:minutes:seconds, "
                                "of 24855 days at most",
                                config::to_python_text(*limit)),
         .fix = time_limit_meant(config::to_python_text(*limit))});
}

/// The variables of the recipe; the names that it sets to null go to `left_alone`.
Expected<std::vector<plan::Variable>> recipe_environment_of(const Value& root, const std::vector<std::string>& typed,
                                                            std::vector<std::string>& left_alone) {
    std::vector<plan::Variable> variables;
    const Value* env_vars = root.find("env_vars");
    if (env_vars == nullptr || env_vars->is_null()) return variables;
    Diagnostics problems;
    for (const config::Entry& entry : env_vars->entries()) {
        const std::string name = config::to_python_text(entry.key);
        const auto fail = [&](std::string message, DiagnosticCode code = codes::environment.invalid,
                              std::string fix = {}) {
            problems.push_back({.code = code,
                                .key = "env_vars." + name,
                                .source = entry.value.position().source(),
                                .message = std::move(message),
                                .fix = std::move(fix)});
        };
        if (entry.value.is_null()) {
            left_alone.push_back(name);
            continue;
        }
        if (!slurm_text::is_variable_name(name))
            fail(
                fmt::format("`{}` is no name for an environment variable: letters, digits and underscores only", name));
        else if (const std::string_view because = slurm_text::reserved_because(name); !because.empty())
            fail(fmt::format("{} cannot be set: {}", name, because), codes::environment.reserved,
                 fmt::format("--recipe-set=~env_vars.{}", name));
        else if (entry.value.is_map() || entry.value.is_list())
            fail(fmt::format("{} is {}; an environment variable holds a text", name,
                             config::describe(entry.value.kind())));
        else
            variables.push_back(
                {name, config::to_python_text(entry.value),
                 std::ranges::count(typed, name) > 0 ? plan::VariableOrigin::typed : plan::VariableOrigin::recipe});
    }
    if (!problems.empty()) return std::unexpected(std::move(problems));
    return variables;
}

/// These come from the route to the head node where the site says so; a profile's general value must not be in the way.
constexpr std::array interface_variables{"NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME"};

/// Megatron overlaps the communication of tensor parallelism by the order of one queue, before compute capability 10.
bool overlaps_by_one_connection(const family::Family& family, const validate::Result& checked) {
    return family.layout == family::Layout::megatron &&
           (checked.accelerator == nullptr || checked.accelerator->compute_capability.value_or(0) < 100);
}

/// All variables, each once: of the recipe, else of the site, else of the instance type. A null in the recipe keeps
/// both out.
Expected<std::vector<plan::Variable>> environment_of(const SubmitRequest& request, const Composition& composition,
                                                     const Checked& checked) {
    std::vector<std::string> taken;
    const std::vector<std::string> typed = typed_variables(composition.overrides, composition.resolved);
    Expected<std::vector<plan::Variable>> variables = recipe_environment_of(composition.root(), typed, taken);
    if (!variables) return variables;
    for (const plan::Variable& variable : *variables) taken.push_back(variable.name);
    const auto add = [&](const std::vector<std::pair<std::string, std::string>>& more, plan::VariableOrigin origin) {
        for (const auto& [name, value] : more) {
            if (std::ranges::count(taken, name) > 0) continue;
            variables->push_back({name, value, origin});
            taken.push_back(name);
        }
    };
    // What a family's shell script is told by.
    for (const family::DefaultCode::Variable& variable : composition.family().code.variables) {
        const Value* value = composition.root().at(fmt::format("{}.{}", composition.family().root, variable.path));
        const bool given = !variable.path.empty() && value != nullptr && !value->is_null();
        const std::string name = variable.path.empty() ? configuration_name(composition.resolved) : variable.otherwise;
        add({{variable.name, given ? config::to_python_text(*value) : name}}, plan::VariableOrigin::recipe);
    }
    const site::Settings& settings = *request.settings;
    add(settings.environment, plan::VariableOrigin::site);
    if (settings.interfaces_by_route) taken.insert(taken.end(), interface_variables.begin(), interface_variables.end());
    if (checked.result.instance != nullptr)
        add(composition.catalogue.environment_of(*checked.result.instance), plan::VariableOrigin::profile);
    if (overlaps_by_one_connection(composition.family(), checked.result))
        add({{"CUDA_DEVICE_MAX_CONNECTIONS", "1"}}, plan::VariableOrigin::profile);
    return variables;
}

/// NeuronCores of a chip that become ranks: at LNC=1 each of them, else as many as the catalogue says.
std::int64_t ranks_per_chip_of(const validate::Result& checked, plan::Device device,
                               const std::vector<plan::Variable>& environment) {
    const hardware::Accelerator* accelerator = checked.accelerator;
    // How many ranks a chip of unknown kind has, nobody knows: one chip at least is there.
    if (accelerator == nullptr && device == plan::Device::neuron) return checked.layout.devices_per_node;
    if (accelerator == nullptr || accelerator->kind != hardware::DeviceKind::neuron) return 1;
    const bool parted = std::ranges::any_of(environment, [](const plan::Variable& variable) {
        return variable.name == "NEURON_LOGICAL_NC_CONFIG" && variable.value == "1";
    });
    return parted ? std::max(accelerator->cores, accelerator->ranks) : accelerator->ranks;
}

/// Lines for a shell.
Expected<std::vector<std::string>> setup_of(const Value& root) {
    std::vector<std::string> lines;
    const Value* list = root.at("launch.setup");
    if (list == nullptr || list->is_null()) return lines;
    const auto fail = [&] {
        return refuse({.code = codes::launch.setup,
                       .key = "launch.setup",
                       .source = list->position().source(),
                       .message = "launch.setup is a list of shell commands",
                       .fix = "--recipe-set=launch.setup=\"['module load cuda']\""});
    };
    if (!list->is_list()) return fail();
    for (const Value& item : list->items()) {
        const std::string* line = item.as_string();
        if (line == nullptr || line->find('\0') != std::string::npos) return fail();
        lines.push_back(*line);
    }
    return lines;
}

Expected<plan::Launcher> checked_launcher(const Value& root) {
    const Value* launcher = root.at("launch.launcher");
    if (launcher == nullptr || launcher->is_null()) return plan::Launcher::torchrun;
    const std::string* name = launcher->as_string();
    if (name != nullptr && (*name == "torchrun" || *name == "direct")) return launcher_of(root);
    return refuse({.code = codes::launch.launcher,
                   .key = "launch.launcher",
                   .source = launcher->position().source(),
                   .message = fmt::format("the launcher `{}` is unknown; there are torchrun and direct",
                                          config::to_python_text(*launcher)),
                   .fix = "--recipe-set=launch.launcher=torchrun"});
}

/// A recipe that does not say where it writes to, as custom training never does, writes to
/// <base_results_dir>/<run.name>.
std::string folder_of_run(const Value& root) {
    const std::string* name = string_at(root, fmt::format("{}.run.name", training_root(root)));
    if (name == nullptr || name->empty() || *name == "." || *name == "..") return {};
    const bool is_folder = !name->contains('/') && !slurm_text::has_control(*name);
    return is_folder ? '/' + *name : std::string();
}

Expected<std::string> results_dir_of(const Value& root) {
    const std::string key = fmt::format("{}.run.results_dir", training_root(root));
    const Value* value = root.at(key);
    const std::string* path = value != nullptr ? value->as_string() : nullptr;
    if (path != nullptr && path->starts_with('/')) return without_trailing_slash(*path);
    const std::string* base = string_at(root, "base_results_dir");
    if (path == nullptr && base != nullptr && base->starts_with('/'))
        return without_trailing_slash(without_trailing_slash(*base) + folder_of_run(root));
    return refuse(
        {.code = codes::paths.results_relative,
         .key = "run.results_dir",
         .source = value != nullptr ? value->position().source() : Source{},
         .message = fmt::format("the results directory is `{}`; it must be an absolute path, because the job does "
                                "not start where it was submitted",
                                value != nullptr ? config::to_python_text(*value) : "not set"),
         .fix = "--recipe-set=base_results_dir=$PWD/results"});
}

// Keys of the launcher that this version does not act upon yet. Whoever sets one gets a warning.
constexpr std::array not_honoured{
    "cluster.slurm_docker_cfg",
    "cluster.slurm_create_submission_file_only",
    "git.update_adapter",
};

/// null, false, "", and lists and maps of such: nothing was asked for.
bool is_nothing(const Value& value) {
    if (value.is_null() || value.as_bool() == false) return true;
    if (const std::string* text = value.as_string()) return text->empty();
    if (value.is_list()) return std::ranges::all_of(value.items(), is_nothing);
    return value.is_map() &&
           std::ranges::all_of(value.entries(), [](const config::Entry& entry) { return is_nothing(entry.value); });
}

void name_what_is_not_honoured(const Value& root, Diagnostics& notes) {
    for (const char* key : not_honoured) {
        const Value* value = root.at(key);
        if (value == nullptr || is_nothing(*value)) continue;
        notes.push_back({.code = codes::launch.not_honoured,
                         .key = key,
                         .source = value->position().source(),
                         .message = fmt::format("{} is not acted upon by this version", key)});
    }
}

/// Moves an Expected's value into `target`, its errors to `problems`.
template <class T>
void take(Expected<T> result, T& target, Diagnostics& problems) {
    if (result)
        target = std::move(*result);
    else
        append(problems, std::move(result.error()));
}

}  // namespace

std::string_view training_root(const Value& root) {
    return root.find("recipes") != nullptr ? "recipes" : "training_cfg";
}

Expected<Job> make_job(const SubmitRequest& request, const Composition& composition, const Checked& checked,
                       Diagnostics& notes) {
    const Value& root = composition.root();
    Diagnostics problems;
    Job job;
    plan::Resources& resources = job.resources;
    resources.device = device_of(root, composition.family(), checked.result);
    const bool has_gpus = request.cluster_has_gpus || !request.other_clusters.empty();
    resources.request_gpus = has_gpus && !spells_gpus(request) && resources.device == plan::Device::gpu;
    resources.exclusive = exclusive_of(root);
    resources.job_name = job_name_of(root);
    take(time_limit(root), resources.time_limit, problems);
    take(checked_launcher(root), job.launcher, problems);
    take(environment_of(request, composition, checked), job.environment, problems);
    resources.ranks_per_chip = ranks_per_chip_of(checked.result, resources.device, job.environment);
    take(setup_of(root), job.setup, problems);
    take(results_dir_of(root), job.results_dir, problems);
    take(program_of(composition.resolved, composition.family(), request.needs_entry, job.results_dir, notes),
         job.program, problems);
    if (!problems.empty()) return std::unexpected(std::move(problems));
    name_what_is_not_honoured(root, notes);
    return job;
}

}  // namespace recipe::planner
