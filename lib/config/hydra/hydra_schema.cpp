// SPDX-License-Identifier: Apache-2.0
// Hydra's own part of the configuration, as far as recipes can see it.
#include "config/hydra/hydra_schema.hpp"

#include "diagnostic/codes/compose.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace recipe::config {
namespace {

struct Group {
    std::string_view name;
    std::array<std::string_view, 4> options;
};

// hydra/conf/hydra of Hydra 1.3, and what its plugins register.
constexpr Group groups[] = {
    {"hydra", {}},
    {"hydra/callbacks", {}},
    {"hydra/env", {"default"}},
    {"hydra/help", {"default"}},
    {"hydra/hydra_help", {"default"}},
    {"hydra/hydra_logging", {"default", "disabled", "hydra_debug", "none"}},
    {"hydra/job_logging", {"default", "disabled", "none", "stdout"}},
    {"hydra/launcher", {"basic"}},
    {"hydra/output", {"default"}},
    {"hydra/sweeper", {"basic"}},
};

// hydra.conf.HydraConf; a star stands for any keys.
constexpr std::string_view schema[] = {
    "mode",
    "searchpath",
    "run.dir",
    "sweep.dir",
    "sweep.subdir",
    "hydra_logging.*",
    "job_logging.*",
    "sweeper.*",
    "launcher.*",
    "callbacks.*",
    "help.app_name",
    "help.header",
    "help.footer",
    "help.template",
    "hydra_help.hydra_help",
    "hydra_help.template",
    "output_subdir",
    "overrides.hydra",
    "overrides.task",
    "job.name",
    "job.chdir",
    "job.override_dirname",
    "job.id",
    "job.num",
    "job.config_name",
    "job.env_set.*",
    "job.env_copy",
    "job.config.override_dirname.kv_sep",
    "job.config.override_dirname.item_sep",
    "job.config.override_dirname.exclude_keys",
    "runtime.version",
    "runtime.version_base",
    "runtime.cwd",
    "runtime.config_sources",
    "runtime.output_dir",
    "runtime.choices.*",
    "verbose",
};

/// Whether `path` is `known`, or leads to it, or lies where a star lets anything lie.
bool fits(std::string_view known, std::string_view path) {
    if (known.ends_with(".*")) {
        const std::string_view open = known.substr(0, known.size() - 2);
        if (path == open || (path.starts_with(open) && path[open.size()] == '.')) return true;
        known = open;
    }
    return known == path || (known.starts_with(path) && known[path.size()] == '.');
}

std::optional<Diagnostic> check_below(const Value& section, const std::string& prefix) {
    for (const Entry& entry : section.entries()) {
        const std::string path = prefix + to_python_text(entry.key);
        if (!is_hydra_key(path)) {
            Diagnostic problem{
                .code = codes::compose.unknown_key, .key = "hydra." + path, .source = entry.key.position().source()};
            problem.message = fmt::format("`{}`: Hydra has no such key", problem.key);
            if (const auto close = nearest(path, hydra_keys(), 1); !close.empty())
                problem.message += fmt::format("; did you mean `hydra.{}`?", close.front());
            return problem;
        }
        if (is_open_hydra_key(path)) continue;
        if (auto problem = check_below(entry.value, path + ".")) return problem;
    }
    return std::nullopt;
}

}  // namespace

bool is_hydra_group(std::string_view group) {
    return std::ranges::find(groups, group, &Group::name) != std::end(groups);
}

std::vector<std::string> hydra_options(std::string_view group) {
    std::vector<std::string> options;
    const Group* found = std::ranges::find(groups, group, &Group::name);
    if (found == std::end(groups)) return options;
    for (const std::string_view option : found->options)
        if (!option.empty()) options.emplace_back(option);
    return options;
}

bool is_hydra_key(std::string_view path) {
    return std::ranges::any_of(schema, [path](std::string_view known) { return fits(known, path); });
}

bool is_open_hydra_key(std::string_view path) {
    return std::ranges::any_of(schema, [path](std::string_view known) {
        return known.ends_with(".*") && path.starts_with(known.substr(0, known.size() - 2)) && fits(known, path);
    });
}

std::span<const std::pair<std::string_view, std::string_view>> hydra_choices() {
    static constexpr std::pair<std::string_view, std::string_view> choices[] = {
        {"hydra/env", "default"},           {"hydra/callbacks", ""},         {"hydra/job_logging", "default"},
        {"hydra/hydra_logging", "default"}, {"hydra/hydra_help", "default"}, {"hydra/help", "default"},
        {"hydra/sweeper", "basic"},         {"hydra/launcher", "basic"},     {"hydra/output", "default"},
    };
    return choices;
}

bool is_null_in_hydra(std::string_view path) {
    constexpr std::string_view keys[] = {"mode", "job.chdir", "job.id", "job.num", "hydra_help.hydra_help"};
    if (std::ranges::find(keys, path) != std::end(keys)) return true;
    constexpr std::string_view open[] = {"runtime.choices.", "job.env_set.", "callbacks."};
    return std::ranges::any_of(open, [path](std::string_view prefix) { return path.starts_with(prefix); });
}

bool is_whole_in_hydra_tree(std::string_view path) {
    constexpr std::string_view maps[] = {"runtime.choices", "job.env_set", "callbacks"};
    return std::ranges::any_of(maps, [path](std::string_view map) {
        return path == map || (path.starts_with(map) && path[map.size()] == '.');
    });
}

std::vector<std::string> hydra_keys() {
    std::vector<std::string> keys;
    for (const std::string_view known : schema) {
        keys.emplace_back(known.ends_with(".*") ? known.substr(0, known.size() - 2) : known);
        keys.emplace_back(known.substr(0, known.find('.')));
    }
    std::ranges::sort(keys);
    const auto [first, last] = std::ranges::unique(keys);
    keys.erase(first, last);
    return keys;
}

std::optional<Diagnostic> check_hydra_section(const Value& section) {
    if (!section.is_map()) return std::nullopt;
    return check_below(section, "");
}

Value hydra_tree(const Value& section, Value choices, const std::string& working_directory) {
    Value hydra = section.is_map() ? section : Value::map();
    const auto fill = [](Value& map, const char* key, Value value) {
        if (!map.find(key)) map.set(Value::string(key), std::move(value));
    };
    fill(hydra, "output_subdir", Value::string(".hydra"));
    fill(hydra, "verbose", Value::boolean(false));
    fill(hydra, "runtime", Value::map());
    fill(hydra, "job", Value::map());
    Value& runtime = *hydra.find_mutable("runtime");
    runtime.set(Value::string("choices"), std::move(choices));
    fill(runtime, "cwd", Value::string(working_directory));
    fill(*hydra.find_mutable("job"), "config_name", Value::string("config"));
    Value root = Value::map();
    root.set(Value::string("hydra"), std::move(hydra));
    return root;
}

}  // namespace recipe::config
