// SPDX-License-Identifier: Apache-2.0
// Gathers a request, has it decided, and carries the decision out.
#include "spank/client/client.hpp"

#include "diagnostic/codes/model.hpp"
#include "diagnostic/codes/submit.hpp"
#include "render/render.hpp"
#include "secret/secret.hpp"
#include "spank/client/job_files.hpp"
#include "spank/client/offered_script.hpp"
#include "spank/host/hosts.hpp"
#include "spank/host/say.hpp"
#include "spank/node/container.hpp"
#include "storage/storage.hpp"
#include "trace/trace.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <utility>

namespace recipe::spank {
namespace {

planner::SlurmOption option_at_its_level(const Client& client, const planner::KnownOption& known) {
    planner::SlurmOption option{.name = known.name, .value = client.options.get(known.name)};
    if (const TypedOption* typed = client.command_line.find(known.name)) {
        option.level = planner::Level::command_line;
        option.spelling = typed->spelling;
        return option;
    }
    const std::string variable = std::string(client.variable_prefix) + known.variable;
    const auto set = client.environment.find(variable);
    if (*known.variable != '\0' && set != client.environment.end()) {
        option.level = planner::Level::environment;
        option.spelling = fmt::format("{}={}", variable, set->second);
        return option;
    }
    const bool sbatch = client.tool == planner::Tool::sbatch;
    option.level = sbatch ? planner::Level::script : planner::Level::environment;
    option.spelling = fmt::format("{}--{}={}", sbatch ? "#SBATCH " : "", known.name, option.value);
    return option;
}

/// Slurm's callbacks come for #SBATCH lines first and for argv last.
std::vector<planner::RecipeSet> recipe_sets(const CommandLine& line, const StoredOptions& stored) {
    const int typed = line.count("recipe-set");
    std::vector<planner::RecipeSet> sets;
    for (int i = 0; i < stored.set_count; ++i) {
        const bool on_command_line = i >= stored.set_count - typed;
        sets.push_back({stored.sets[i], on_command_line ? planner::Level::command_line : planner::Level::script});
    }
    return sets;
}

/// The variable that named the recipe, unless the command line did or an #SBATCH line.
std::string default_of(const Client& client, const StoredOptions& stored) {
    if (stored.recipe == nullptr || client.command_line.find("recipe") != nullptr) return {};
    const std::string variable = std::string(client.variable_prefix) + "RECIPE";
    const auto set = client.environment.find(variable);
    return set != client.environment.end() && set->second == stored.recipe ? variable : std::string();
}

/// -w, --nodefile or SLURM_HOSTFILE, of which Slurm has made one list by now.
void take_node_list(const Client& client, planner::SubmitRequest& request) {
    if (client.tool == planner::Tool::srun_in_job) return;  // of the step; it has no more nodes than its job
    const std::string list = client.options.get("nodelist");
    if (list.empty()) return;
    const auto host_file = client.environment.find("SLURM_HOSTFILE");
    planner::SlurmOption option{.name = "nodelist", .value = list};
    if (client.options.is_set("nodefile"))
        option = option_at_its_level(client, {"nodefile", ""});
    else if (client.options.is_set("nodelist"))
        option = option_at_its_level(client, {"nodelist", ""});
    else if (host_file != client.environment.end())
        option = {.name = {},
                  .value = {},
                  .level = planner::Level::environment,
                  .spelling = "SLURM_HOSTFILE=" + host_file->second};
    else
        return;
    option.name = "nodelist";
    option.value = list;
    request.options.push_back(std::move(option));
    // Newer Slurms take "{features}" in a list, whose number of nodes only slurmctld knows.
    if (list.find('{') == std::string::npos) request.listed_nodes = count_hosts(list);
}

/// Where the job starts, and what the recipe's relative paths and its PWD mean.
void take_job_directory(const Client& client, planner::SubmitRequest& request) {
    if (!client.options.is_set("chdir")) return;
    const std::string directory = client.options.get("chdir");
    if (directory.empty()) return;
    request.job_directory = (request.working_directory / directory).lexically_normal();
    request.environment.insert_or_assign("PWD", request.job_directory.string());
}

/// Empty when the job stays on this cluster.
std::string other_clusters(const Client& client) {
    if (!client.options.is_set("clusters") && !client.options.is_set("cluster")) return {};  // two names of one option
    const std::string clusters = client.options.get("clusters");
    return clusters == cluster_name() ? std::string() : "--clusters=" + clusters;
}

Diagnostic submitted_for(const OtherUser& owner) {
    return {.code = codes::submit.other_user,
            .source = {.name = "--uid"},
            .message = fmt::format(
                "the recipe is composed as the caller, and files are checked with root's rights; the job runs as "
                "{}, who may be allowed less",
                owner.name)};
}

void print(Severity severity, const std::string& line) {
    if (severity == Severity::error)
        say_error(line);
    else
        say_info(line);
}

void trace_request(const planner::SubmitRequest& request) {
    for (const planner::SlurmOption& option : request.options)
        trace::debug([&] { return fmt::format("Slurm was given {}", option.spelling); });
    if (request.needs_entry) trace::debug([] { return std::string("no script was given: the recipe's own is used"); });
    trace::debug([&] { return fmt::format("pyxis is {}loaded", request.has_pyxis == true ? "" : "not "); });
}

/// Without Slurm's option functions the basic options are left to slurmctld. With them, what Slurm does not take is
/// refused.
Diagnostics set_options(const Client& client, std::span<const planner::OptionToSet> options) {
    Diagnostics problems;
    if (!client.options.available()) return problems;
    const bool exact_was_set = client.options.is_set("exact");
    for (const planner::OptionToSet& option : options) {
        trace::info([&] { return fmt::format("sets --{}={}", option.name, option.value); });
        if (!client.options.set(option.name.c_str(), option.value)) {
            problems.push_back({.code = codes::submit.option,
                                .message = fmt::format("Slurm does not take --{}={}, which the recipe asks for",
                                                       option.name, option.value)});
            continue;
        }
        // srun takes --exclusive as --exact too, which would leave one CPU to a task that starts eight processes.
        if (option.name == "exclusive" && client.tool == planner::Tool::srun && !exact_was_set)
            client.options.reset("exact");
        // Slurm derives these from its options before plugins can change them.
        if (option.name == "ntasks-per-node") setenv("SLURM_NTASKS_PER_NODE", option.value.c_str(), 1);
        if (option.name == "job-name") setenv("SLURM_JOB_NAME", option.value.c_str(), 1);
    }
    return problems;
}

/// Those that submit_with made, deepest first. Never freed: Slurm's commands end with exit().
std::vector<std::filesystem::path>* created = nullptr;

std::vector<std::filesystem::path> missing_directories(std::filesystem::path directory) {
    std::vector<std::filesystem::path> missing;
    for (; directory.has_relative_path() && !storage::exists(directory.string()); directory = directory.parent_path())
        missing.push_back(directory);
    return missing;
}

Diagnostics create_results_directory(const Client& client, planner::Submission& submission) {
    if (client.owner)
        return planner::create_results_directory(submission, [&](const std::string& directory) {
            return make_writable_directory_as(*client.owner, directory);
        });
    created = new std::vector<std::filesystem::path>(missing_directories(submission.plan.results_dir));
    return planner::create_results_directory(submission);
}

constexpr bool slurm_makes_directories = SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(25, 5, 0);

Diagnostics prepare_logs(const Client& client, const planner::SubmitRequest& request) {
    Diagnostics found = planner::prepare_logs(
        request,
        [&](const std::string& directory) {
            if (client.owner) return make_writable_directory_as(*client.owner, directory);
            const std::vector<std::filesystem::path> missing = missing_directories(directory);
            if (created != nullptr) created->insert(created->begin(), missing.begin(), missing.end());
            return planner::make_writable_directory(directory);
        },
        slurm_makes_directories);
    apply_severities(request.settings->severities, found);
    return found;
}

/// Says what of these places does not answer.
bool stops_in_silence(const char* key, const std::vector<std::string>& places) {
    for (const std::string& place : places) static_cast<void>(storage::answers(place));
    const Diagnostics silent = planner::silence(key);
    report(silent);
    return !silent.empty();
}

std::chrono::seconds limit_of(const site::Settings& settings) {
    return std::chrono::seconds(settings.check_seconds > 0 ? settings.check_seconds : site::max_check_seconds);
}

}  // namespace

void withdraw() {
    if (created == nullptr) return;
    for (const std::filesystem::path& directory : *created)
        if (rmdir(directory.c_str()) != 0) return;
}

Diagnostic heterogeneous_job() {
    return {.code = codes::submit.heterogeneous,
            .message = "a recipe cannot be part of a heterogeneous job: its steps could not know their component",
            .fix = "--recipe=none"};
}

Client make_client(spank_t spank, planner::Tool tool, const char* variable_prefix) {
    Client client{spank,       tool, variable_prefix, own_command_line(), SlurmOptions(), site::process_environment(),
                  std::nullopt};
    client.owner = other_user(client.options);
    return client;
}

Expected<site::UserSettings> settings_of(const Client& client, std::span<char*> plugin_arguments) {
    const Expected<site::PluginArguments> arguments =
        site::read_plugin_arguments({plugin_arguments.begin(), plugin_arguments.end()});
    if (!arguments) return std::unexpected(arguments.error());
    Expected<site::UserSettings> found = site::load_for_user(arguments->site, client.environment, slurm_conf_file());
    if (!found) return found;
    if (storage::Watch* watch = storage::current_watch()) watch->set_limit(limit_of(found->settings));
    found->settings.collections.insert(found->settings.collections.end(), arguments->collections.begin(),
                                       arguments->collections.end());
    return found;
}

bool uses_none(const StoredOptions& stored) {
    if (stored.recipe != nullptr) return std::string_view(stored.recipe) == "none";
    return stored.set_count == 0 && !stored.force;
}

Expected<planner::SubmitRequest> make_request(const Client& client, const StoredOptions& stored,
                                              std::span<char*> plugin_arguments) {
    if (client.command_line.heterogeneous) return refuse(heterogeneous_job());
    if (stored.recipe != nullptr && *stored.recipe == '\0')
        return refuse({.code = codes::submit.no_recipe,
                       .source = {.name = "--recipe="},
                       .message = "--recipe is empty, as a variable that is not set leaves it",
                       .fix = "--recipe=none"});
    Expected<site::UserSettings> found = settings_of(client, plugin_arguments);
    if (!found) return std::unexpected(std::move(found.error()));

    planner::SubmitRequest request{.tool = client.tool,
                                   .settings = std::make_shared<const site::Settings>(std::move(found->settings))};
    if (stored.recipe != nullptr) request.recipe = stored.recipe;
    request.default_of = default_of(client, stored);
    if (!request.default_of.empty() && stored.shadowed_recipe != nullptr)
        request.shadowed_recipe = stored.shadowed_recipe;
    request.other_clusters = other_clusters(client);
    request.notes = std::move(found->notes);
    append(request.notes, site::missing_collections(client.environment));
    if (client.owner) request.notes.push_back(submitted_for(*client.owner));
    request.sets = recipe_sets(client.command_line, stored);
    for (const planner::KnownOption& known : planner::known_options())
        if (client.options.is_set(known.name)) request.options.push_back(option_at_its_level(client, known));
    request.cluster_has_gpus = cluster_has_gpus();
    request.cluster_requeues = cluster_requeues();
    request.has_pyxis = pyxis_is_loaded();
    request.needs_entry = script_was_offered() && !client.command_line.has_command;
    request.force = stored.force;
    request.environment = client.environment;
    std::error_code error;
    request.working_directory = std::filesystem::current_path(error);
    take_node_list(client, request);
    take_job_directory(client, request);
    name_secrets_file(client, request);
    trace_request(request);
    return request;
}

void report(const Diagnostics& diagnostics) {
    for (Diagnostic diagnostic : diagnostics) {
        if (diagnostic.code == codes::paths.no_answer) diagnostic.message += "; nothing was submitted";
        // Slurm itself says "error:" before an error.
        std::string before =
            diagnostic.severity == Severity::error ? "" : fmt::format("{}: ", to_string(diagnostic.severity));
        for (const std::string& line : render::lines(diagnostic))
            print(diagnostic.severity, std::exchange(before, "") + line);
    }
}

std::optional<planner::Submission> submit_with(const Client& client, const planner::SubmitRequest& request,
                                               const std::function<Diagnostics(const plan::LaunchPlan&)>& check) {
    planner::Outcome outcome = planner::prepare(request);
    report(outcome.diagnostics);
    if (!outcome.submission) return std::nullopt;
    // Nothing is written for a job that Slurm refuses, and where the log goes depends on what could be written.
    std::vector<planner::OptionToSet>& options = outcome.submission->options;
    const auto logs = std::ranges::stable_partition(
        options, [](const planner::OptionToSet& option) { return option.name != "output" && option.name != "error"; });
    const Diagnostics problems = set_options(client, {options.begin(), logs.begin()});
    report(problems);
    if (!problems.empty()) return std::nullopt;
    if (check) {
        const Diagnostics found = check(outcome.submission->plan);
        if (has_errors(found)) {
            report(found);
            return std::nullopt;
        }
    }
    trace::info([&] { return "results: " + outcome.submission->plan.results_dir; });
    if (stops_in_silence("run.results_dir", {outcome.submission->plan.results_dir})) return std::nullopt;
    if (!client.options.is_set("test-only")) report(create_results_directory(client, *outcome.submission));
    report(set_options(client, logs));
    if (client.options.is_set("test-only")) return std::move(outcome.submission);
    if (client.tool == planner::Tool::sbatch) {
        Diagnostics logless = prepare_logs(client, request);
        if (Diagnostics silent = planner::silence("--output, --error or --input"); !silent.empty())
            logless = std::move(silent);
        report(logless);
        if (has_errors(logless)) {
            withdraw();
            return std::nullopt;
        }
    }
    const Diagnostics unkept = write_job_files(client, *outcome.submission);
    report(unkept);
    if (!unkept.empty()) {
        withdraw();
        return std::nullopt;
    }
    return std::move(outcome.submission);
}

void hand_places_of_secrets(spank_t spank, const planner::Submission& submission) {
    const std::string places = secret_places(submission.typed_secrets);
    if (!places.empty()) spank_job_control_setenv(spank, secret::line_variable, places.c_str(), 1);
}

}  // namespace recipe::spank
