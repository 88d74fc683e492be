#include "site/site.hpp"

#include "codes/codes.hpp"

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
            return refuse({.code = "site.plugin_argument",
                           .source = {.name = "plugstack.conf"},
                           .message = fmt::format("spank_recipe.so knows recipes=DIR[:DIR...] and site=FILE, not {}", word)});
        }
    }
    return arguments;
}

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
        } else if (key == "rendezvous") {
            const Expected<plan::PortRange> range = ports(entry.value);
            if (!range) return std::unexpected(range.error());
            settings.ports = *range;
        } else if (key == "severities") {
            Expected<validate::Severities> map = severities(entry.value);
            if (!map) return std::unexpected(std::move(map.error()));
            settings.severities = std::move(*map);
        } else {
            return wrong(entry.key, key,
                         fmt::format("the site file knows collections, hardware, families, rendezvous and severities, not {}",
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

Diagnostics missing_collections(const config::Environment& environment) {
    Diagnostics missing;
    const auto variable = environment.find("SLURM_RECIPE_PATH");
    if (variable == environment.end()) return missing;
    std::vector<std::filesystem::path> folders;
    append_split(folders, variable->second);
    for (const std::filesystem::path& folder : folders) {
        std::error_code error;
        if (std::filesystem::is_directory(folder, error)) continue;
        missing.push_back({.severity = Severity::warning,
                           .code = "compose.search_path",
                           .source = {.name = "SLURM_RECIPE_PATH"},
                           .message = fmt::format("there is no folder {}, so no recipe is looked up there", folder.string())});
    }
    return missing;
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
