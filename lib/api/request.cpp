// SPDX-License-Identifier: Apache-2.0
// Reads requests: one row for each key, with the functions that take it.
#include "api/request.hpp"

#include "api/reading.hpp"
#include "validate/validate.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <utility>

namespace recipe::api {
namespace {

using config::Value;

/// Beyond any environment that the kernel gives a process.
constexpr std::size_t max_variables = 100'000;

void read_recipe(Reading& reading, const Value& value, const std::string& key, Request& request) {
    request.subject.recipe = reading.filled_text(value, key);
}

void read_overrides(Reading& reading, const Value& value, const std::string& key, Request& request) {
    request.subject.overrides = reading.texts(value, key, max_list_items);
}

void read_collections(Reading& reading, const Value& value, const std::string& key, Request& request) {
    for (std::string& path : reading.texts(value, key, max_list_items))
        request.where.collections.emplace_back(std::move(path));
}

void read_site(Reading& reading, const Value& value, const std::string& key, Request& request) {
    request.where.site = reading.filled_text(value, key);
}

void read_environment(Reading& reading, const Value& value, const std::string& key, Request& request) {
    for (const config::Entry& entry : reading.entries(value, key, max_variables)) {
        const std::string name = reading.text(entry.key, key);
        if (name.empty()) reading.refuse(key, fmt::format("a name in {} is empty", key));
        const std::string variable = fmt::format("{}.{}", key, name);
        if (name.contains('=')) reading.refuse(variable, fmt::format("{} cannot be the name of a variable", name));
        request.where.environment.emplace(name, reading.text(entry.value, variable));
    }
}

void read_working_directory(Reading& reading, const Value& value, const std::string& key, Request& request) {
    const std::string path = reading.filled_text(value, key);
    if (!path.empty() && !path.starts_with('/')) reading.refuse(key, fmt::format("{} is an absolute path", key));
    request.where.working_directory = path;
}

void read_tool(Reading& reading, const Value& value, const std::string& key, Request& request) {
    using enum planner::Tool;
    constexpr std::array tools{std::pair{"sbatch", sbatch}, std::pair{"salloc", salloc}, std::pair{"srun", srun},
                               std::pair{"srun_in_job", srun_in_job}};
    const std::string name = reading.text(value, key);
    const auto* const tool =
        std::ranges::find(tools, name, [](const auto& row) { return std::string_view(row.first); });
    if (tool != tools.end())
        request.submission.tool = tool->second;
    else if (value.is_string())
        reading.refuse(key, fmt::format("{} is sbatch, salloc, srun or srun_in_job", key));
}

/// As on the command line: "--nodes=4", "--exclusive".
planner::SlurmOption typed_option(std::string name, std::string value) {
    planner::SlurmOption option{.name = std::move(name), .value = std::move(value)};
    option.spelling = "--" + option.name + (option.value.empty() ? "" : "=" + option.value);
    return option;
}

void read_slurm_options(Reading& reading, const Value& value, const std::string& key, Request& request) {
    std::vector<std::string> known;
    for (const planner::KnownOption& option : planner::known_options()) known.emplace_back(option.name);
    for (const config::Entry& entry : reading.entries(value, key, max_list_items)) {
        const std::string name = reading.text(entry.key, key);
        const std::string its_key = fmt::format("{}.{}", key, name);
        if (std::ranges::find(known, name) == known.end()) {
            reading.refuse(its_key, fmt::format("{} is none of the options that a recipe has to do with: {}", name,
                                                fmt::join(known, ", ")));
            continue;
        }
        const auto number = entry.value.as_int();
        request.submission.options.push_back(
            typed_option(name, number ? std::to_string(*number) : reading.text(entry.value, its_key)));
    }
}

void read_script(Reading& reading, const Value& value, const std::string& key, Request& request) {
    request.submission.needs_entry = !reading.flag(value, key);
}

void read_force(Reading& reading, const Value& value, const std::string& key, Request& request) {
    request.submission.force = reading.flag(value, key);
}

void read_cluster_has_gpus(Reading& reading, const Value& value, const std::string& key, Request& request) {
    request.submission.cluster_has_gpus = reading.flag(value, key);
}

void read_has_pyxis(Reading& reading, const Value& value, const std::string& key, Request& request) {
    if (!value.is_null()) request.submission.has_pyxis = reading.flag(value, key);
}

void read_allocated_nodes(Reading& reading, const Value& value, const std::string& key, Request& request) {
    const auto nodes = value.as_int();
    if (!nodes || *nodes < 1 || *nodes > validate::max_nodes)
        reading.refuse(key, fmt::format("{} is an int from 1 to {}", key, validate::max_nodes));
    request.submission.allocated_nodes = nodes;
}

void read_sweep(Reading& reading, const Value& value, const std::string& key, Request& request) {
    query::Sweep sweep{.key = {}, .values = {}, .name = key};
    for (const config::Entry& entry : reading.entries(value, key, max_list_items)) {
        const std::string name = reading.text(entry.key, key);
        const std::string its_key = fmt::format("{}.{}", key, name);
        if (name == "key")
            sweep.key = reading.filled_text(entry.value, its_key);
        else if (name == "values")
            sweep.values = reading.texts(entry.value, its_key, query::max_sweep_values);
        else
            reading.refuse(its_key, fmt::format("{} knows key and values, not {}", key, name));
    }
    if (value.is_map() && (value.find("key") == nullptr || sweep.values.empty()))
        reading.refuse(key, fmt::format("{} has a key and at least one value", key));
    request.sweep = std::move(sweep);
}

constexpr unsigned bit(Function function) {
    return 1U << static_cast<unsigned>(function);
}
constexpr unsigned planning = bit(Function::check) | bit(Function::plan);
constexpr unsigned composing = planning | bit(Function::compose) | bit(Function::fit);
constexpr unsigned finding = composing | bit(Function::list);

struct Key {
    std::string_view name;
    unsigned functions;
    void (*read)(Reading& reading, const Value& value, const std::string& key, Request& request);
};

constexpr std::array keys{
    Key{"recipe", composing, read_recipe},
    Key{"overrides", composing, read_overrides},
    Key{"collections", finding, read_collections},
    Key{"site", finding, read_site},
    Key{"environment", finding, read_environment},
    Key{"working_directory", finding, read_working_directory},
    Key{"tool", planning, read_tool},
    Key{"slurm_options", planning, read_slurm_options},
    Key{"script", planning, read_script},
    Key{"force", planning, read_force},
    Key{"cluster_has_gpus", planning, read_cluster_has_gpus},
    Key{"has_pyxis", planning, read_has_pyxis},
    Key{"allocated_nodes", planning, read_allocated_nodes},
    Key{"sweep", bit(Function::fit), read_sweep},
};

void refuse_unknown(Reading& reading, Function function, const std::string& name) {
    std::vector<std::string> taken;
    for (const Key& key : keys)
        if ((key.functions & bit(function)) != 0) taken.emplace_back(key.name);
    reading.refuse(name, taken.empty() ? fmt::format("this request has no keys; {} is one", name)
                                       : fmt::format("a request of this function has the keys {}, not {}",
                                                     fmt::join(taken, ", "), name));
}

void read_keys(Reading& reading, Function function, const Value& object, Request& request) {
    for (const config::Entry& entry : object.entries()) {
        const std::string& name = *entry.key.as_string();
        const auto* const key = std::ranges::find(keys, name, &Key::name);
        if (key == keys.end() || (key->functions & bit(function)) == 0)
            refuse_unknown(reading, function, name);
        else
            key->read(reading, entry.value, name, request);
    }
    if ((composing & bit(function)) != 0 && object.find("recipe") == nullptr)
        reading.refuse("recipe", "the request names no recipe");
}

/// What the request does not name is the process's own. PWD is always there, since recipes refer to it.
void add_surroundings(Reading& reading, const Value& object, Request& request) {
    query::Where& where = request.where;
    const bool names_directory = object.find("working_directory") != nullptr;
    const bool names_environment = object.find("environment") != nullptr;
    if (!names_directory) {
        std::error_code error;
        where.working_directory = std::filesystem::current_path(error);
        if (error) reading.refuse("working_directory", "the process's working directory is not to be found");
    }
    if (!names_environment) where.environment = site::process_environment();
    if (names_directory && !names_environment)
        where.environment.insert_or_assign("PWD", where.working_directory.string());
    where.environment.emplace("PWD", where.working_directory.string());
    where.paths_from = where.working_directory;
}

}  // namespace

Expected<Request> read_request(Function function, std::string_view text) {
    Reading reading;
    Expected<Value> object = config::from_json(text, max_request_bytes, max_request_depth);
    if (!object || !object->is_map()) {
        reading.refuse("", object ? "a request is a JSON object" : object.error().front().message);
        return std::unexpected(reading.take_problems());
    }
    Request request;
    request.where.collections_name = "collections";
    read_keys(reading, function, *object, request);
    if ((finding & bit(function)) != 0) add_surroundings(reading, *object, request);
    if (Diagnostics problems = reading.take_problems(); !problems.empty()) return std::unexpected(std::move(problems));
    return request;
}

}  // namespace recipe::api
