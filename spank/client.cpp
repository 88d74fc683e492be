#include "client.hpp"

#include "offered_script.hpp"
#include "render/render.hpp"
#include "site/site.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <utility>

namespace recipe::spank {
namespace {

/// Options that a recipe reads or fills in, and the end of the name of the variable that sets each ("" where there is
/// none; sbatch(1), salloc(1) and srun(1), INPUT ENVIRONMENT VARIABLES).
struct KnownOption {
    const char* name;
    const char* variable;
};
constexpr std::array known_options{
    KnownOption{"nodes", ""},
    KnownOption{"ntasks", ""},
    KnownOption{"ntasks-per-node", ""},
    KnownOption{"gpus", "GPUS"},
    KnownOption{"gpus-per-node", "GPUS_PER_NODE"},
    KnownOption{"gpus-per-task", "GPUS_PER_TASK"},
    KnownOption{"gpus-per-socket", "GPUS_PER_SOCKET"},
    KnownOption{"gres", "GRES"},
    KnownOption{"time", "TIMELIMIT"},
    KnownOption{"job-name", "JOB_NAME"},
    KnownOption{"output", "OUTPUT"},
    KnownOption{"error", "ERROR"},
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
};

submit::SlurmOption option_at_its_level(const Client& client, const KnownOption& known) {
    submit::SlurmOption option{.name = known.name, .value = client.options.get(known.name)};
    if (const TypedOption* typed = client.command_line.find(known.name)) {
        option.level = submit::Level::command_line;
        option.spelling = typed->spelling;
        return option;
    }
    const std::string variable = std::string(client.variable_prefix) + known.variable;
    const auto set = client.environment.find(variable);
    if (known.variable[0] != '\0' && set != client.environment.end()) {
        option.level = submit::Level::environment;
        option.spelling = fmt::format("{}={}", variable, set->second);
        return option;
    }
    const bool sbatch = client.tool == submit::Tool::sbatch;
    option.level = sbatch ? submit::Level::script : submit::Level::environment;
    option.spelling = fmt::format("{}--{}={}", sbatch ? "#SBATCH " : "", known.name, option.value);
    return option;
}

/// Slurm's callbacks come for #SBATCH lines first and for argv last.
std::vector<submit::RecipeSet> recipe_sets(const CommandLine& line, const StoredOptions& stored) {
    const int typed = line.count("recipe-set");
    std::vector<submit::RecipeSet> sets;
    for (int i = 0; i < stored.set_count; ++i) {
        const bool on_command_line = i >= stored.set_count - typed;
        sets.push_back({stored.sets[i], on_command_line ? submit::Level::command_line : submit::Level::script});
    }
    return sets;
}

struct PluginArguments {
    std::vector<std::filesystem::path> collections;
    std::optional<std::filesystem::path> site;
};

Expected<PluginArguments> read_plugin_arguments(std::span<char*> words) {
    PluginArguments arguments;
    for (const std::string_view word : words) {
        if (word.starts_with("recipes=")) {
            std::string_view list = word.substr(8);
            while (!list.empty()) {
                const std::size_t colon = list.find(':');
                arguments.collections.emplace_back(list.substr(0, colon));
                list.remove_prefix(colon == std::string_view::npos ? list.size() : colon + 1);
            }
        } else if (word.starts_with("site=")) {
            arguments.site = word.substr(5);
        } else {
            return refuse({.code = "site.plugin_argument",
                           .source = {.name = "plugstack.conf"},
                           .message = fmt::format("spank_recipe.so knows recipes=DIR[:DIR...] and site=FILE, not {}", word)});
        }
    }
    return arguments;
}

void print(Severity severity, const std::string& line) {
    if (severity == Severity::error) slurm_error("recipe: %s", line.c_str());
    else slurm_info("recipe: %s", line.c_str());
}

/// Without Slurm's option functions the basic options are left to slurmctld. With them, what Slurm does not take is refused.
Diagnostics set_options(const Client& client, std::span<const submit::OptionToSet> options) {
    Diagnostics problems;
    if (!client.options.available()) return problems;
    const bool exact_was_set = client.options.is_set("exact");
    for (const submit::OptionToSet& option : options) {
        if (!client.options.set(option.name.c_str(), option.value)) {
            problems.push_back({.code = "submit.option",
                                .message = fmt::format("Slurm does not take --{}={}, which the recipe asks for", option.name,
                                                       option.value)});
            continue;
        }
        // srun takes --exclusive as --exact too, which would leave one CPU to a task that starts eight processes.
        if (option.name == "exclusive" && client.tool == submit::Tool::srun && !exact_was_set) client.options.reset("exact");
        // Slurm derives these from its options before plugins can change them.
        if (option.name == "ntasks-per-node") setenv("SLURM_NTASKS_PER_NODE", option.value.c_str(), 1);
        if (option.name == "job-name") setenv("SLURM_JOB_NAME", option.value.c_str(), 1);
    }
    return problems;
}

}  // namespace

Diagnostic heterogeneous_job() {
    return {.code = "submit.heterogeneous",
            .message = "a recipe cannot be part of a heterogeneous job: its steps could not know their component"};
}

Client make_client(spank_t spank, submit::Tool tool, const char* variable_prefix) {
    return {spank, tool, variable_prefix, own_command_line(), SlurmOptions(), site::process_environment()};
}

Expected<submit::Request> make_request(const Client& client, const StoredOptions& stored, std::span<char*> plugin_arguments) {
    if (client.command_line.heterogeneous) return refuse(heterogeneous_job());
    const Expected<PluginArguments> arguments = read_plugin_arguments(plugin_arguments);
    if (!arguments) return std::unexpected(arguments.error());
    const Expected<site::Settings> settings = site::load(site::settings_file(arguments->site, client.environment));
    if (!settings) return std::unexpected(settings.error());

    submit::Request request{.tool = client.tool};
    if (stored.recipe != nullptr) request.recipe = stored.recipe;
    request.sets = recipe_sets(client.command_line, stored);
    for (const KnownOption& known : known_options)
        if (client.options.is_set(known.name)) request.options.push_back(option_at_its_level(client, known));
    request.cluster_has_gpus = cluster_has_gpus();
    request.needs_entry = script_was_offered() && !client.command_line.has_command;
    request.collections = site::collections({}, client.environment, *settings);
    request.collections.insert(request.collections.end() - 1, arguments->collections.begin(), arguments->collections.end());
    request.hardware_files = site::hardware_files(*settings);
    request.family_files = site::family_files(*settings);
    request.ports = settings->ports;
    request.severities = settings->severities;
    request.site_environment = settings->environment;
    request.interfaces_by_route = settings->interfaces_by_route;
    request.check_seconds = settings->check_seconds;
    request.force = stored.force;
    request.environment = client.environment;
    std::error_code error;
    request.working_directory = std::filesystem::current_path(error);
    return request;
}

void report(const Diagnostics& diagnostics) {
    for (const Diagnostic& diagnostic : diagnostics) {
        // Slurm itself says "error:" before an error.
        std::string before = diagnostic.severity == Severity::error ? "" : fmt::format("{}: ", to_string(diagnostic.severity));
        for (const std::string& line : render::lines(diagnostic)) print(diagnostic.severity, std::exchange(before, "") + line);
    }
}

std::optional<submit::Submission> submit_with(const Client& client, const submit::Request& request) {
    submit::Outcome outcome = submit::prepare(request);
    report(outcome.diagnostics);
    if (!outcome.submission) return std::nullopt;
    // Nothing is written for a job that Slurm refuses, and where the log goes depends on what could be written.
    std::vector<submit::OptionToSet>& options = outcome.submission->options;
    const auto logs = std::ranges::stable_partition(options, [](const submit::OptionToSet& option) {
        return option.name != "output" && option.name != "error";
    });
    const Diagnostics problems = set_options(client, {options.begin(), logs.begin()});
    report(problems);
    if (!problems.empty()) return std::nullopt;
    if (client.command_line.find("test-only") == nullptr) report(submit::create_results_directory(*outcome.submission));
    report(set_options(client, logs));
    return std::move(outcome.submission);
}

}  // namespace recipe::spank
