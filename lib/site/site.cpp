#include "site/site.hpp"

#include "codes/codes.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace recipe::site {
namespace {

using config::Value;

std::unexpected<Diagnostics> wrong(const Value& value, std::string key, std::string message) {
    return refuse({.code = "site.file",
                   .key = std::move(key),
                   .source = value.position().source(),
                   .message = std::move(message)});
}

Expected<std::vector<std::filesystem::path>> paths(const Value& list, const std::string& key) {
    std::vector<std::filesystem::path> found;
    if (list.is_null()) return found;
    if (!list.is_list()) return wrong(list, key, fmt::format("{} is a list of paths", key));
    for (const Value& item : list.items()) {
        const std::string* path = item.as_string();
        if (path == nullptr || !path->starts_with('/')) return wrong(item, key, fmt::format("{} holds absolute paths", key));
        found.emplace_back(*path);
    }
    return found;
}

/// The setting that is a list of paths under this key.
std::vector<std::filesystem::path>* path_lists(Settings& settings, std::string_view key) {
    if (key == "collections") return &settings.collections;
    if (key == "hardware") return &settings.hardware_files;
    if (key == "families") return &settings.family_files;
    return nullptr;
}

Expected<plan::PortRange> ports(const Value& value) {
    const Value* first = value.find("first_port");
    const Value* last = value.find("last_port");
    const auto low = first != nullptr ? first->as_int() : std::nullopt;
    const auto high = last != nullptr ? last->as_int() : std::nullopt;
    if (value.size() != 2 || !low || !high || *low < 1024 || *high < *low || *high > 65535)
        return wrong(value, "rendezvous",
                     "rendezvous takes first_port and last_port, ints from 1024 to 65535 in ascending order");
    return plan::PortRange{*low, *high};
}

/// `code: error`, `warning`, `hint` or `off`.
Expected<validate::Severities> severities(const Value& map) {
    validate::Severities found;
    if (map.is_null()) return found;
    if (!map.is_map()) return wrong(map, "severities", "severities is a map of codes");
    for (const config::Entry& entry : map.entries()) {
        const std::string code = config::to_python_text(entry.key);
        const std::string key = "severities." + code;
        const codes::Code* known = codes::find(code);
        if (known == nullptr) {
            const auto names = nearest(code, codes::names(), 1);
            return wrong(entry.key, key,
                         fmt::format("there is no code {}{}", code,
                                     names.empty() ? "" : fmt::format("; did you mean {}?", names.front())));
        }
        // YAML reads a bare off as false.
        const std::string word = entry.value.as_bool() == false ? "off" : config::to_python_text(entry.value);
        std::optional<Severity> severity;
        if (word == "error") severity = Severity::error;
        else if (word == "warning") severity = Severity::warning;
        else if (word == "hint") severity = Severity::hint;
        else if (word != "off") return wrong(entry.value, key, fmt::format("{} is error, warning, hint or off", key));
        if (known->fixed && severity != Severity::error)
            return wrong(entry.value, key, fmt::format("without {} there is no job, so it stays an error", code));
        found.emplace(code, severity);
    }
    return found;
}

/// Texts and numbers by names of variables.
Expected<std::vector<std::pair<std::string, std::string>>> variables(const Value& map) {
    std::vector<std::pair<std::string, std::string>> found;
    if (map.is_null()) return found;
    if (!map.is_map()) return wrong(map, "env_vars", "env_vars is a map of variables");
    for (const config::Entry& entry : map.entries()) {
        const std::string name = config::to_python_text(entry.key);
        const std::string key = "env_vars." + name;
        if (!plan::is_variable_name(name)) return wrong(entry.key, key, fmt::format("{} is no name of a variable", name));
        if (!entry.value.is_string() && !entry.value.as_number())
            return wrong(entry.value, key, fmt::format("{} is a text or a number", key));
        found.emplace_back(name, config::to_python_text(entry.value));
    }
    return found;
}

Expected<bool> by_route(const Value& value) {
    const std::string* word = value.as_string();
    if (word != nullptr && *word == "route") return true;
    if (value.is_null()) return false;
    return wrong(value, "interfaces", "interfaces is route, or left out");
}

Expected<std::int64_t> check_seconds(const Value& value) {
    const auto seconds = value.as_int();
    if (seconds && *seconds >= 0 && *seconds <= plan::most_check_seconds) return *seconds;
    return wrong(value, "node_check_seconds",
                 fmt::format("node_check_seconds is an int from 0 (no checks) to {}", plan::most_check_seconds));
}

/// Moves an Expected's value into `target`.
template <class T>
Expected<void> take(Expected<T> result, T& target) {
    if (!result) return std::unexpected(std::move(result.error()));
    target = std::move(*result);
    return {};
}

/// The keys that are no lists of paths.
struct Key {
    std::string_view name;
    Expected<void> (*read)(Settings&, const Value&);
};
constexpr std::array keys{
    Key{"rendezvous", [](Settings& s, const Value& v) { return take(ports(v), s.ports); }},
    Key{"severities", [](Settings& s, const Value& v) { return take(severities(v), s.severities); }},
    Key{"env_vars", [](Settings& s, const Value& v) { return take(variables(v), s.environment); }},
    Key{"interfaces", [](Settings& s, const Value& v) { return take(by_route(v), s.interfaces_by_route); }},
    Key{"node_check_seconds", [](Settings& s, const Value& v) { return take(check_seconds(v), s.check_seconds); }},
};

void append_split(std::vector<std::filesystem::path>& paths, std::string_view list) {
    while (!list.empty()) {
        const std::size_t colon = list.find(':');
        if (const std::string_view path = list.substr(0, colon); !path.empty()) paths.emplace_back(path);
        if (colon == std::string_view::npos) return;
        list.remove_prefix(colon + 1);
    }
}

}  // namespace

std::filesystem::path settings_file(const std::optional<std::filesystem::path>& named,
                                    const config::Environment& environment) {
    if (named) return *named;
    if (const auto found = environment.find("SLURM_RECIPE_SITE"); found != environment.end() && !found->second.empty())
        return found->second;
    return data_directory() / "etc/recipe.yaml";
}

Expected<Settings> load(const std::filesystem::path& file) {
    const Expected<Value> document = config::load_yaml(file);
    if (!document) return std::unexpected(document.error());
    Settings settings;
    if (document->is_null()) return settings;
    for (const config::Entry& entry : document->entries()) {
        const std::string key = config::to_python_text(entry.key);
        if (auto* const found = path_lists(settings, key)) {
            Expected<std::vector<std::filesystem::path>> list = paths(entry.value, key);
            if (!list) return std::unexpected(std::move(list.error()));
            *found = std::move(*list);
        } else if (const auto* const known = std::ranges::find(keys, std::string_view(key), &Key::name); known != keys.end()) {
            Expected<void> read = known->read(settings, entry.value);
            if (!read) return std::unexpected(std::move(read.error()));
        } else {
            return wrong(entry.key, key,
                         fmt::format("the site file knows collections, hardware, families, rendezvous, severities, env_vars, "
                                     "interfaces and node_check_seconds, not {}",
                                     key));
        }
    }
    return settings;
}

std::vector<std::filesystem::path> collections(const std::vector<std::filesystem::path>& named,
                                               const config::Environment& environment, const Settings& settings) {
    std::vector<std::filesystem::path> all = named;
    if (const auto found = environment.find("SLURM_RECIPE_PATH"); found != environment.end()) append_split(all, found->second);
    all.insert(all.end(), settings.collections.begin(), settings.collections.end());
    all.push_back(data_directory() / "recipes_collection");
    return all;
}

std::vector<std::filesystem::path> hardware_files(const Settings& settings) {
    std::vector<std::filesystem::path> files{data_directory() / "etc/hardware.yaml"};
    files.insert(files.end(), settings.hardware_files.begin(), settings.hardware_files.end());
    return files;
}

std::vector<std::filesystem::path> family_files(const Settings& settings) {
    std::vector<std::filesystem::path> files{data_directory() / "etc/families.yaml"};
    files.insert(files.end(), settings.family_files.begin(), settings.family_files.end());
    return files;
}

}  // namespace recipe::site
