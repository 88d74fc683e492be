// SPDX-License-Identifier: Apache-2.0
// The plan's wire form. One table of fields per object would need reflection; a reader class that remembers the first
// error keeps the two directions short and side by side instead.
#include "diagnostic/codes/node.hpp"
#include "plan/plan.hpp"
#include "plan/wire/codec.hpp"
#include "plan/wire/fields.hpp"
#include "secret/secret.hpp"
#include "slurm_text/time_limit.hpp"
#include "slurm_text/variable_name.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>

namespace recipe::plan {
namespace {

using config::Value;

constexpr std::int64_t largest_port = 65535;
constexpr std::size_t max_name_bytes = 1024;  // Slurm refuses longer job names and features
constexpr std::size_t max_directories = 16;
constexpr std::size_t max_arguments = 256;

Value resources_value(const Resources& resources) {
    Value map = Value::map();
    put(map, "device", text(std::string(to_string(resources.device))));
    put(map, "request_gpus", Value::boolean(resources.request_gpus));
    put(map, "exclusive", Value::boolean(resources.exclusive));
    put(map, "time_limit", optional_value(resources.time_limit, number));
    put(map, "job_name", text(resources.job_name));
    if (resources.ranks_per_chip != 1) put(map, "ranks_per_chip", number(resources.ranks_per_chip));
    return map;
}

Value layout_value(const validate::Layout& layout) {
    Value map = Value::map();
    put(map, "nodes", number(layout.nodes));
    put(map, "devices_per_node", number(layout.devices_per_node));
    put(map, "tensor", number(layout.tensor));
    put(map, "shard", number(layout.shard));
    put(map, "expert", number(layout.expert));
    put(map, "context", number(layout.context));
    return map;
}

/// [name, value] of the recipe; [name, value, origin] of anybody else.
Value environment_value(const std::vector<Variable>& variables) {
    Value list = Value::list();
    for (const Variable& variable : variables) {
        Value item = Value::list({text(variable.name), text(variable.value)});
        if (variable.origin != VariableOrigin::recipe) item.push_back(text(std::string(to_string(variable.origin))));
        list.push_back(std::move(item));
    }
    return list;
}

template <class Enum>
Enum read_enum(Reader& reader, std::string_view key, std::initializer_list<Enum> choices) {
    const std::string name = reader.string(key, max_name_bytes);
    for (const Enum choice : choices)
        if (name == to_string(choice)) return choice;
    reader.fail(fmt::format("{} is unknown", key));
    return *choices.begin();
}

Resources read_resources(const Value& value, std::string& problem) {
    Reader reader(value, "resources", problem);
    Resources resources;
    resources.device = read_enum(reader, "device", {Device::gpu, Device::neuron, Device::cpu});
    resources.request_gpus = reader.boolean("request_gpus");
    resources.exclusive = reader.boolean("exclusive");
    if (!reader.is_null("time_limit"))
        resources.time_limit = reader.integer("time_limit", 0, slurm_text::max_time_limit);
    resources.job_name = reader.string("job_name", max_name_bytes);
    if (reader.has("ranks_per_chip"))
        resources.ranks_per_chip = reader.integer("ranks_per_chip", 1, validate::max_devices_per_node);
    return resources;
}

validate::Layout read_layout(const Value& value, std::string& problem) {
    Reader reader(value, "layout", problem);
    validate::Layout layout;
    layout.nodes = reader.integer("nodes", 1, validate::max_nodes);
    layout.devices_per_node = reader.integer("devices_per_node", 1, validate::max_devices_per_node);
    layout.tensor = reader.integer("tensor", 1, validate::max_degree);
    layout.shard = reader.integer("shard", 1, validate::max_degree);
    layout.expert = reader.integer("expert", 1, validate::max_degree);
    layout.context = reader.integer("context", 1, validate::max_degree);
    return layout;
}

std::optional<VariableOrigin> origin_of(const Value& item) {
    if (item.size() == 2) return VariableOrigin::recipe;
    const std::string* name = item.items()[2].as_string();
    for (const VariableOrigin origin : {VariableOrigin::profile, VariableOrigin::site, VariableOrigin::typed})
        if (name != nullptr && *name == to_string(origin)) return origin;
    return std::nullopt;
}

std::vector<Variable> read_environment(const Value& list, std::string& problem) {
    std::vector<Variable> variables;
    const auto fail = [&](std::string_view what = "more than variables") {
        if (problem.empty()) problem = fmt::format("environment holds {}", what);
    };
    if (!list.is_list()) fail();
    for (const Value& item : list.items()) {
        const bool sized = item.is_list() && (item.size() == 2 || item.size() == 3);
        const std::string* name = sized ? item.items()[0].as_string() : nullptr;
        const std::string* value = sized ? item.items()[1].as_string() : nullptr;
        const std::optional<VariableOrigin> origin = sized ? origin_of(item) : std::nullopt;
        if (name == nullptr || value == nullptr || !origin || !slurm_text::is_variable_name(*name) ||
            value->find('\0') != std::string::npos)
            fail();
        else if (!slurm_text::reserved_because(*name).empty())
            fail(*name + ", which is not a recipe's to set");
        else
            variables.push_back({*name, *value, *origin});
    }
    return variables;
}

Value entry_value(const Entry& entry) {
    Value map = Value::map();
    put(map, "program", text(entry.program));
    put(map, "arguments", strings_value(entry.arguments));
    if (!entry.module.empty()) put(map, "module", text(entry.module));
    if (!entry.directory.empty()) put(map, "directory", text(entry.directory));
    if (entry.config_arguments) put(map, "config_arguments", Value::boolean(true));
    if (!entry.configuration.empty()) put(map, "configuration", text(entry.configuration));
    return map;
}

Entry read_entry(const Value& value, std::string& problem) {
    Reader reader(value, "entry", problem);
    Entry entry{.program = reader.string("program", max_path_bytes), .arguments = reader.strings("arguments")};
    if (reader.has("module")) entry.module = reader.string("module", max_name_bytes);
    if (reader.has("directory")) entry.directory = reader.string("directory", max_path_bytes);
    if (reader.has("config_arguments")) entry.config_arguments = reader.boolean("config_arguments");
    if (reader.has("configuration")) entry.configuration = reader.string("configuration", max_path_bytes);
    // torchrun, python3 and bash take a word that begins with - for an option of theirs.
    if (!entry.program.empty() && !entry.program.starts_with('/'))
        reader.fail("has a program that is no absolute path");
    if (entry.module.starts_with('-')) reader.fail("has a module that is none");
    if (!entry.program.empty() && !entry.module.empty()) reader.fail("is a program and a module");
    if (!entry.configuration.empty() && (!entry.configuration.starts_with('/') || !entry.is_shell()))
        reader.fail("has a copy of its configuration, which is for shell scripts, at an absolute path");
    if (!entry.directory.empty() && !entry.directory.starts_with('/'))
        reader.fail("starts in a directory that is not absolute");
    return entry;
}

site::PortRange read_ports(const Value& value, std::string& problem) {
    site::PortRange ports;
    Reader reader(value, "ports", problem);
    ports.first = reader.integer("first", 1024, largest_port);
    ports.last = reader.integer("last", ports.first, largest_port);
    return ports;
}

std::unexpected<Diagnostics> malformed(std::string what) {
    return refuse({.code = codes::plan.malformed, .message = "the launch plan is malformed: " + std::move(what)});
}

}  // namespace

std::string_view to_string(Launcher launcher) noexcept {
    return launcher == Launcher::torchrun ? "torchrun" : "direct";
}

std::string_view to_string(VariableOrigin origin) noexcept {
    switch (origin) {
        case VariableOrigin::profile:
            return "profile";
        case VariableOrigin::site:
            return "site";
        case VariableOrigin::recipe:
            return "recipe";
        case VariableOrigin::typed:
            return "typed";
    }
    return "recipe";
}

std::string_view to_string(Device device) noexcept {
    switch (device) {
        case Device::gpu:
            return "gpu";
        case Device::neuron:
            return "neuron";
        case Device::cpu:
            return "cpu";
    }
    return "gpu";
}

namespace {

// Where to_json() begins with what slurmctld does not need, and with what most of a plan's bytes are. No text within
// JSON holds these bytes, so that they are a key. In a plan that somebody else wrote it may be another map's: that map
// stays open where the text is cut, and is no JSON.
constexpr std::string_view after_request = ",\"overrides\":";
constexpr std::string_view before_config = ",\"config\":";

}  // namespace

Expected<std::string> to_json(const LaunchPlan& plan) {
    return to_json(plan, config_json(plan.config));
}

Expected<std::string> to_json(const LaunchPlan& plan, std::string_view config) {
    Value map = Value::map();
    put(map, "version", number(version));
    put(map, "recipe", text(plan.recipe));
    put(map, "resources", resources_value(plan.resources));
    put(map, "layout", layout_value(plan.layout));
    put(map, "instance_type", optional_value(plan.instance_type, text));
    put(map, "launcher", text(std::string(to_string(plan.launcher))));
    put(map, "digest", text(plan.digest));
    if (Value needs = needs_value(plan); needs.size() > 0) put(map, "needs", std::move(needs));
    put(map, "overrides", strings_value(plan.overrides));  // after_request, below
    if (!plan.forced.empty()) put(map, "forced", strings_value(plan.forced));
    Value ports = Value::map();
    put(ports, "first", number(plan.ports.first));
    put(ports, "last", number(plan.ports.last));
    put(map, "ports", std::move(ports));
    put(map, "environment", environment_value(plan.environment));
    if (plan.interfaces_by_route) put(map, "interfaces_by_route", Value::boolean(true));
    if (plan.check_seconds != site::default_check_seconds) put(map, "check_seconds", number(plan.check_seconds));
    if (!plan.written_directories.empty()) put(map, "written_directories", strings_value(plan.written_directories));
    if (!plan.setup.empty()) put(map, "setup", strings_value(plan.setup));
    put(map, "container", optional_value(plan.container, container_value));
    if (!plan.srun_arguments.empty()) put(map, "srun_arguments", strings_value(plan.srun_arguments));
    if (plan.code) put(map, "code", code_value(*plan.code));
    put(map, "entry", entry_value(plan.entry));
    put(map, "results_dir", text(plan.results_dir));
    if (!plan.step_key.empty()) put(map, "step_key", text(plan.step_key));
    if (!plan.secrets_file.empty()) put(map, "secrets_file", text(plan.secrets_file));
    if (plan.configuration_file) {
        if (config.size() > max_configuration_bytes) return refuse(configuration_too_large(plan, config.size()));
        put(map, "configuration_file", configuration_file_value(*plan.configuration_file));
        config = "null";
    }
    std::string json = config::to_json(map);
    json.pop_back();  // the brace: the configuration comes last, and was written before
    json.append(before_config).append(config).append("}");
    if (json.size() > max_bytes) return refuse(plan_too_large(plan, map, json.size()));
    return json;
}

namespace {

constexpr int deepest = 64;

Expected<Value> read_document(std::string_view json) {
    Expected<Value> document = config::from_json(json, max_bytes, deepest);
    if (!document) return malformed(document.error().front().message);
    const Value* given_version = document->find("version");
    if (given_version != nullptr && given_version->as_int() && *given_version->as_int() != version)
        return refuse({.code = codes::plan.version,
                       .message = fmt::format("the launch plan has version {}, this plugin reads version {}: the same "
                                              "slurm-recipe must be installed on all hosts",
                                              *given_version->as_int(), version)});
    return document;
}

void read_request(Reader& reader, Summary& request, std::string& problem) {
    reader.integer("version", version, version);
    request.recipe = reader.string("recipe", max_path_bytes);
    request.resources = read_resources(reader.any("resources"), problem);
    request.layout = read_layout(reader.any("layout"), problem);
    if (!reader.is_null("instance_type")) request.instance_type = reader.string("instance_type", max_name_bytes);
    request.launcher = read_enum(reader, "launcher", {Launcher::torchrun, Launcher::direct});
    request.digest = reader.string("digest", 64);
    if (reader.has("needs")) read_needs(reader.any("needs"), request, problem);
}

/// It becomes the name of a directory.
bool is_step_key(std::string_view key) {
    return key.empty() ||
           (key.size() == step_key_digits && key.find_first_not_of("0123456789abcdef") == std::string_view::npos);
}

/// Whoever reads it, removes it, too.
bool is_of(const std::string& results_dir, const ConfigurationFile& file) {
    const std::size_t slash = file.path.rfind('/');
    return is_configuration_path(file.path) && std::string_view(file.path).substr(0, slash) == results_dir;
}

/// Everything but the configuration, which stays encoded in `config`.
Expected<LaunchPlan> read_plan(std::string_view json, Value& config) {
    Expected<Value> document = read_document(json);
    if (!document) return std::unexpected(std::move(document.error()));
    std::string problem;
    LaunchPlan plan;
    {
        Reader reader(*document, "the plan", problem);
        read_request(reader, plan, problem);
        plan.overrides = reader.strings("overrides");
        if (reader.has("forced")) plan.forced = reader.strings("forced");
        plan.ports = read_ports(reader.any("ports"), problem);
        plan.environment = read_environment(reader.any("environment"), problem);
        if (reader.has("interfaces_by_route")) plan.interfaces_by_route = reader.boolean("interfaces_by_route");
        if (reader.has("check_seconds"))
            plan.check_seconds = reader.integer("check_seconds", 0, site::max_check_seconds);
        if (reader.has("written_directories")) plan.written_directories = reader.strings("written_directories");
        if (reader.has("setup")) plan.setup = reader.strings("setup", max_arguments);
        if (!reader.is_null("container")) plan.container = read_container(reader.any("container"), problem);
        if (reader.has("srun_arguments")) plan.srun_arguments = reader.strings("srun_arguments", max_arguments);
        if (reader.has("code")) plan.code = read_code(reader.any("code"), problem);
        plan.entry = read_entry(reader.any("entry"), problem);
        plan.results_dir = reader.string("results_dir", max_path_bytes);
        if (reader.has("step_key")) plan.step_key = reader.string("step_key", step_key_digits);
        if (reader.has("secrets_file")) plan.secrets_file = reader.string("secrets_file", max_path_bytes);
        if (reader.has("configuration_file"))
            plan.configuration_file = read_configuration_file(reader.any("configuration_file"), problem);
        config = reader.any("config");
    }
    const auto is_relative = [](const std::string& path) { return !path.starts_with('/'); };
    if (problem.empty() && is_relative(plan.results_dir)) problem = "results_dir is not absolute";
    if (problem.empty() && !is_step_key(plan.step_key)) problem = "step_key is none of ours";
    if (problem.empty() && !plan.secrets_file.empty() && !secret::is_file_of_ours(plan.secrets_file))
        problem = "secrets_file is none of ours";
    if (problem.empty() && (plan.written_directories.size() > max_directories ||
                            std::ranges::any_of(plan.written_directories, is_relative)))
        problem = fmt::format("written_directories holds more than {} absolute paths", max_directories);
    if (problem.empty() && plan.configuration_file && !is_of(plan.results_dir, *plan.configuration_file))
        problem = "configuration_file is none of ours";
    if (!problem.empty()) return malformed(problem);
    return plan;
}

}  // namespace

Expected<LaunchPlan> from_json_without_config(std::string_view json) {
    Value none;
    const std::size_t end = json.size() > max_bytes ? std::string_view::npos : json.find(before_config);
    if (end == std::string_view::npos) return read_plan(json, none);
    return read_plan(fmt::format("{}{}null}}", json.substr(0, end), before_config), none);
}

Expected<Summary> summary_from_json(std::string_view json) {
    const std::size_t end = json.size() > max_bytes ? std::string_view::npos : json.find(after_request);
    if (end == std::string_view::npos) {
        Expected<LaunchPlan> plan = from_json_without_config(json);
        if (!plan) return std::unexpected(std::move(plan.error()));
        return Summary(std::move(*plan));
    }
    Expected<Value> document = read_document(fmt::format("{}}}", json.substr(0, end)));
    if (!document) return std::unexpected(std::move(document.error()));
    std::string problem;
    Summary request;
    {
        Reader reader(*document, "the plan", problem);
        read_request(reader, request, problem);
    }
    if (!problem.empty()) return malformed(problem);
    return request;
}

Expected<LaunchPlan> from_json(std::string_view json) {
    Value config;
    Expected<LaunchPlan> plan = read_plan(json, config);
    if (!plan) return plan;
    if (plan->configuration_file) {
        if (!config.is_null()) return malformed("it has its configuration twice");
        return plan;
    }
    Expected<Value> decoded = decode(config);
    if (!decoded) return std::unexpected(std::move(decoded.error()));
    plan->config = std::move(*decoded);
    if (digest_of(plan->config) != plan->digest) return malformed("the digest is not the configuration's");
    return plan;
}

}  // namespace recipe::plan
