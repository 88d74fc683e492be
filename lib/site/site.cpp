// SPDX-License-Identifier: Apache-2.0
// Reads the site file.
#include "site/reading.hpp"

#include "config/config.hpp"
#include "diagnostic/codes.hpp"
#include "diagnostic/codes/compose.hpp"
#include "diagnostic/codes/tools.hpp"
#include "slurm_text/variable_name.hpp"
#include "storage/storage.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace recipe::site {
namespace {

using config::Value;

Expected<std::vector<std::filesystem::path>> paths(const Value& list, const std::string& key) {
    std::vector<std::filesystem::path> found;
    if (list.is_null()) return found;
    if (!list.is_list()) return fail(list, key, fmt::format("{} is a list of paths", key));
    for (const Value& item : list.items()) {
        const std::string* path = item.as_string();
        if (path == nullptr || !path->starts_with('/'))
            return fail(item, key, fmt::format("{} holds absolute paths", key));
        found.emplace_back(*path);
    }
    return found;
}

Expected<PortRange> ports(const Value& value, const std::string&) {
    const Value* first = value.find("first_port");
    const Value* last = value.find("last_port");
    const auto low = first != nullptr ? first->as_int() : std::nullopt;
    const auto high = last != nullptr ? last->as_int() : std::nullopt;
    if (value.size() != 2 || !low || !high || *low < 1024 || *high < *low || *high > 65535)
        return fail(value, "rendezvous",
                    "rendezvous takes first_port and last_port, ints from 1024 to 65535 in ascending order");
    return PortRange{*low, *high};
}

/// `code: error`, `warning`, `hint` or `off`.
Expected<Severities> severities(const Value& map, const std::string&) {
    Severities found;
    if (map.is_null()) return found;
    if (!map.is_map()) return fail(map, "severities", "severities is a map of codes");
    for (const config::Entry& entry : map.entries()) {
        const std::string code = config::to_python_text(entry.key);
        const std::string key = "severities." + code;
        const codes::Code* known = codes::find(code);
        if (known == nullptr) {
            const auto names = nearest(code, codes::names(), 1);
            return fail(entry.key, key,
                        fmt::format("there is no code {}{}", code,
                                    names.empty() ? "" : fmt::format("; did you mean {}?", names.front())));
        }
        // YAML reads a bare off as false.
        const std::string word = entry.value.as_bool() == false ? "off" : config::to_python_text(entry.value);
        std::optional<Severity> severity;
        if (word == "error")
            severity = Severity::error;
        else if (word == "warning")
            severity = Severity::warning;
        else if (word == "hint")
            severity = Severity::hint;
        else if (word != "off")
            return fail(entry.value, key, fmt::format("{} is error, warning, hint or off", key));
        if (known->fixed && severity != Severity::error)
            return fail(entry.value, key, fmt::format("without {} there is no job, so it stays an error", code));
        found.emplace(code, severity);
    }
    return found;
}

/// Texts and numbers by names of variables.
Expected<std::vector<std::pair<std::string, std::string>>> variables(const Value& map, const std::string&) {
    std::vector<std::pair<std::string, std::string>> found;
    if (map.is_null()) return found;
    if (!map.is_map()) return fail(map, "env_vars", "env_vars is a map of variables");
    for (const config::Entry& entry : map.entries()) {
        const std::string name = config::to_python_text(entry.key);
        const std::string key = "env_vars." + name;
        if (!slurm_text::is_variable_name(name))
            return fail(entry.key, key, fmt::format("{} is no name of a variable", name));
        if (const std::string_view because = slurm_text::reserved_because(name); !because.empty())
            return fail(entry.key, key, fmt::format("{} cannot be set: {}", name, because));
        if (!entry.value.is_string() && !entry.value.as_number())
            return fail(entry.value, key, fmt::format("{} is a text or a number", key));
        found.emplace_back(name, config::to_python_text(entry.value));
    }
    return found;
}

Expected<bool> by_route(const Value& value, const std::string&) {
    const std::string* word = value.as_string();
    if (word != nullptr && *word == "route") return true;
    if (value.is_null()) return false;
    return fail(value, "interfaces", "interfaces is route, or left out");
}

Expected<bool> user_site(const Value& value, const std::string&) {
    if (const auto allowed = value.as_bool()) return *allowed;
    return fail(value, "user_site", "user_site is true or false");
}

Expected<std::int64_t> check_seconds(const Value& value, const std::string&) {
    const auto seconds = value.as_int();
    if (seconds && *seconds >= 0 && *seconds <= max_check_seconds) return *seconds;
    return fail(value, "node_check_seconds",
                fmt::format("node_check_seconds is an int from 0 (no checks) to {}", max_check_seconds));
}

Expected<Paths> read_paths(const Value& map, const std::string&) {
    Paths found;
    if (map.is_null()) return found;
    if (!map.is_map()) return fail(map, "paths", "paths is a map of shared and strict");
    for (const config::Entry& entry : map.entries()) {
        const std::string name = config::to_python_text(entry.key);
        const std::string key = "paths." + name;
        if (name == "shared") {
            const auto directories = paths(entry.value, key);
            if (!directories) return std::unexpected(directories.error());
            for (const std::filesystem::path& directory : *directories)
                found.shared.push_back(directory.lexically_normal().string());
        } else if (name == "strict") {
            const auto strict = entry.value.as_bool();
            if (!strict) return fail(entry.value, key, "paths.strict is true or false");
            found.strict = *strict;
        } else {
            return fail(entry.key, key, fmt::format("paths knows shared and strict, not {}", name));
        }
    }
    return found;
}

using Reader = Expected<void> (*)(const Value& value, const std::string& key, Settings& settings);

/// Reads with `read` into one member.
template <auto member, auto read>
Expected<void> into(const Value& value, const std::string& key, Settings& settings) {
    auto found = read(value, key);
    if (!found) return std::unexpected(std::move(found.error()));
    settings.*member = std::move(*found);
    return {};
}

struct Setting {
    std::string_view key;
    Reader read;
};

constexpr std::array all_settings{
    Setting{"collections", into<&Settings::collections, paths>},
    Setting{"hardware", into<&Settings::hardware_files, paths>},
    Setting{"models", into<&Settings::model_files, paths>},
    Setting{"families", into<&Settings::family_files, paths>},
    Setting{"rendezvous", into<&Settings::ports, ports>},
    Setting{"severities", into<&Settings::severities, severities>},
    Setting{"env_vars", into<&Settings::environment, variables>},
    Setting{"interfaces", into<&Settings::interfaces_by_route, by_route>},
    Setting{"node_check_seconds", into<&Settings::check_seconds, check_seconds>},
    Setting{"paths", into<&Settings::paths, read_paths>},
    Setting{"policy", into<&Settings::policy, read_policy>},
    Setting{"nodes", into<&Settings::node_types, read_node_types>},
    Setting{"partitions", into<&Settings::partition_types, read_partition_types>},
    Setting{"inventory", into<&Settings::inventory_refresh, read_inventory>},
    Setting{"user_site", into<&Settings::user_site, user_site>},
};

std::string known_keys() {
    std::string keys;
    for (std::size_t i = 0; i < all_settings.size(); ++i)
        keys += fmt::format("{}{}", i == 0 ? "" : i + 1 == all_settings.size() ? " and " : ", ", all_settings[i].key);
    return keys;
}

void append_split(std::vector<std::filesystem::path>& paths, std::string_view list) {
    while (!list.empty()) {
        const std::size_t colon = list.find(':');
        if (const std::string_view path = list.substr(0, colon); !path.empty()) paths.emplace_back(path);
        if (colon == std::string_view::npos) return;
        list.remove_prefix(colon + 1);
    }
}

}  // namespace

Expected<PluginArguments> read_plugin_arguments(const std::vector<std::string_view>& words) {
    PluginArguments arguments;
    for (const std::string_view word : words) {
        if (word.starts_with("recipes=")) {
            append_split(arguments.collections, word.substr(8));
        } else if (word.starts_with("site=")) {
            arguments.site = word.substr(5);
        } else {
            return refuse(
                {.code = codes::site.plugin_argument,
                 .source = {.name = "plugstack.conf"},
                 .message = fmt::format("spank_recipe.so knows recipes=DIR[:DIR...] and site=FILE, not {}", word)});
        }
    }
    return arguments;
}

Expected<Settings> settings_of(const Value& document) {
    Settings settings;
    if (document.is_null()) return settings;
    if (!document.is_map()) return fail(document, "", "the site file is a map of settings");
    for (const config::Entry& entry : document.entries()) {
        const std::string key = config::to_python_text(entry.key);
        const auto setting = std::ranges::find(all_settings, key, &Setting::key);
        if (setting == all_settings.end())
            return fail(entry.key, key, fmt::format("the site file knows {}, not {}", known_keys(), key));
        Expected<void> read = setting->read(entry.value, key, settings);
        if (!read) return std::unexpected(std::move(read.error()));
    }
    return settings;
}

std::vector<std::filesystem::path> collections(const std::vector<std::filesystem::path>& named,
                                               const config::Environment& environment, const Settings& settings,
                                               const std::filesystem::path& from) {
    std::vector<std::filesystem::path> all = named;
    if (const auto found = environment.find("SLURM_RECIPE_PATH"); found != environment.end())
        append_split(all, found->second);
    all.insert(all.end(), settings.collections.begin(), settings.collections.end());
    // Without an installation there is none of its own, and not whatever lies in the working directory.
    if (!data_directory().empty()) all.push_back(data_directory() / "recipes_collection");
    for (std::filesystem::path& folder : all) folder = from / folder;
    return all;
}

Diagnostics without_recipes(const std::filesystem::path& folder, const std::string& name) {
    if (config::has_recipes(folder)) return {};
    std::string message = fmt::format("{} has no recipes; a collection keeps them below {}", folder.string(),
                                      (folder / "recipes").string());
    // One level too high, or too low.
    for (const std::filesystem::path& other : {folder / "recipes_collection", (folder / "..").lexically_normal()})
        if (config::has_recipes(other))
            return {{.code = codes::compose.search_path,
                     .source = {.name = name},
                     .message = fmt::format("{}. {} is one", message, other.string())}};
    return {{.code = codes::compose.search_path, .source = {.name = name}, .message = std::move(message)}};
}

Diagnostics missing_collections(const config::Environment& environment, const std::filesystem::path& from) {
    Diagnostics missing;
    const auto variable = environment.find("SLURM_RECIPE_PATH");
    if (variable == environment.end()) return missing;
    std::vector<std::filesystem::path> folders;
    append_split(folders, variable->second);
    for (const std::filesystem::path& folder : folders) {
        if (storage::is_directory((from / folder).string())) {
            append(missing, without_recipes(from / folder, "SLURM_RECIPE_PATH"));
            continue;
        }
        missing.push_back(
            {.code = codes::compose.search_path,
             .source = {.name = "SLURM_RECIPE_PATH"},
             .message = fmt::format("there is no folder {}, so no recipe is looked up there", folder.string())});
    }
    return missing;
}

}  // namespace recipe::site
