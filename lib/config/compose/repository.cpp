// SPDX-License-Identifier: Apache-2.0
// Loads the configuration files that defaults lists name.
#include "config/compose/repository.hpp"
#include "config/compose/compose.hpp"
#include "config/hydra/hydra_schema.hpp"
#include "config/interpolation/special_value.hpp"
#include "config/value/place.hpp"
#include "config/value/value_data.hpp"
#include "diagnostic/codes/compose.hpp"
#include "storage/storage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

namespace recipe::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t header_bytes = 512;
constexpr std::size_t max_options = 10'000;
constexpr std::string_view recipes_folder = "recipes/";

std::string with_extension(const std::string& path) {
    return path.ends_with(".yaml") ? path : path + ".yaml";
}

bool is_file(const fs::path& path) {
    return storage::is_file(path.string());
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\v\f";
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

Diagnostic problem_at(const Position& position, std::string message, DiagnosticCode code = codes::compose.yaml) {
    return {.code = code, .source = position.source(), .message = std::move(message)};
}

/// "# @package name" among the first lines; other lines, comments too, end the header.
Expected<std::optional<std::string>> package_of_header(const std::shared_ptr<const SourceText>& origin) {
    std::optional<std::string> package;
    if (!origin) return package;
    std::string_view text = std::string_view(origin->text).substr(0, header_bytes);
    for (int line_number = 1; !text.empty(); ++line_number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty()) continue;
        if (!line.starts_with('#')) break;
        const std::string_view body = trimmed(line.substr(std::min(line.find_first_not_of('#'), line.size())));
        if (!body.starts_with('@')) break;
        const std::size_t gap = std::min(body.find(' '), body.size());
        const std::string_view key = body.substr(0, gap);
        const std::string_view value = trimmed(body.substr(gap));
        if (value.empty() || value.find(' ') != std::string_view::npos)
            return refuse(problem_at({origin, line_number, 1}, "expected `# @package NAME`"));
        if (key == "@package") package = std::string(value);
    }
    return package;
}

/// "override hydra/job_logging", "optional db@backup": keywords, group, package.
void split_group(std::string_view text, DefaultsItem& item) {
    const std::size_t at = text.find('@');
    std::string_view group = text.substr(0, at);
    if (at != std::string_view::npos) {
        const std::string_view package = text.substr(at + 1);
        item.package = std::string(package.substr(0, package.find(':')));
    }
    if (item.is_group()) {
        bool keywords = true;
        for (std::size_t blank = group.find(' '); blank != std::string_view::npos; blank = group.find(' ')) {
            const std::string_view word = group.substr(0, blank);
            if (keywords && word == "optional") {
                item.optional = true;
            } else if (keywords && word == "override") {
                item.override_keyword = true;
            } else {
                keywords = false;
            }
            group.remove_prefix(blank + 1);
        }
    }
    item.path = std::string(group);
}

Expected<DefaultsItem> item_of(const Value& value) {
    DefaultsItem item;
    item.position = value.position();
    if (const std::string* text = value.as_string()) {
        split_group(*text, item);
        if (item.is_self() && item.package) return refuse(problem_at(item.position, "_self_ takes no package"));
        return item;
    }
    if (!value.is_map() || value.size() != 1)
        return refuse(problem_at(
            item.position,
            fmt::format("an entry of a defaults list is a name or one `group: option`, not {}{}",
                        describe(value.kind()), value.is_map() ? fmt::format(" with {} keys", value.size()) : "")));
    const Entry& entry = value.entries().front();
    item.position = entry.key.position();
    const std::string* group = entry.key.as_string();
    if (!group) return refuse(problem_at(item.position, "the group of a defaults list entry is a string"));
    item.kind = DefaultsItem::Kind::group;
    split_group(*group, item);
    if (item.path.empty()) return refuse(problem_at(item.position, "this defaults list entry names no group"));
    if (entry.value.is_null()) return item;
    if (const std::string* option = entry.value.as_string()) {
        item.choice = *option;
        return item;
    }
    std::vector<std::string> options;
    for (const Value& option : entry.value.items()) {
        if (!option.is_string()) return refuse(problem_at(option.position(), "the options of a group are strings"));
        options.push_back(*option.as_string());
    }
    if (!entry.value.is_list())
        return refuse(problem_at(
            entry.value.position(),
            fmt::format("an option is a string or a list of strings, not {}", describe(entry.value.kind()))));
    item.choice = DefaultsItem::Options{std::move(options)};
    return item;
}

}  // namespace

std::optional<Repository::Found> Repository::find(const std::string& config_path) const {
    if (const auto found = overlay_.find(config_path); found != overlay_.end())
        return Found{found->second, neighbours_.has_value()};
    if (neighbours_ && config_path.starts_with(recipes_folder)) {
        const std::string name = with_extension(config_path.substr(recipes_folder.size()));
        if (fs::path file = *neighbours_ / name; is_file(file)) return Found{std::move(file), true};
    }
    for (const fs::path& directory : search_path_)
        if (fs::path file = directory / with_extension(config_path); is_file(file))
            return Found{std::move(file), false};
    return std::nullopt;
}

std::optional<fs::path> Repository::find_file(const std::string& config_path) const {
    const auto found = find(config_path);
    return found ? std::optional(found->file) : std::nullopt;
}

std::vector<fs::path> Repository::folders_of(const std::string& group) const {
    std::vector<fs::path> folders;
    if (neighbours_ && (group + '/').starts_with(recipes_folder))
        folders.push_back(*neighbours_ / (group + '/').substr(recipes_folder.size()));
    for (const fs::path& directory : search_path_) folders.push_back(directory / group);
    return folders;
}

bool Repository::has_group(const std::string& group) const {
    for (const fs::path& folder : folders_of(group))
        if (storage::is_directory(folder.string())) return true;
    return is_hydra_group(group);
}

std::vector<std::string> Repository::options_of(const std::string& group) const {
    std::vector<std::string> options = hydra_options(group);
    for (const fs::path& folder : folders_of(group)) {
        for (const storage::FolderEntry& entry :
             storage::entries_of(folder.string(), max_options - std::min(max_options, options.size())))
            if (const fs::path name = entry.name; name.extension() == ".yaml") options.push_back(name.stem().string());
    }
    std::ranges::sort(options);
    const auto [first, last] = std::ranges::unique(options);
    options.erase(first, last);
    return options;
}

std::vector<std::string> Repository::recipes() const {
    std::vector<std::string> names = options_of("recipes");
    if (const auto known = list_recipes(search_path_))
        for (const RecipeFile& recipe : *known) names.push_back(recipe.name);
    return names;
}

Expected<const LoadedConfig*> Repository::load(const std::string& config_path) {
    if (const auto known = cache_.find(config_path); known != cache_.end()) return known->second.get();
    const auto found = find(config_path);
    if (!found) {
        cache_.emplace(config_path, nullptr);
        return nullptr;
    }
    auto content = documents_ != nullptr ? documents_->load(found->file) : load_yaml(found->file);
    if (!content) return std::unexpected(std::move(content.error()));
    Diagnostics invalid;
    for (const InvalidInterpolation& each : find_invalid_interpolations(*content))
        invalid.push_back(problem_at(each.value->position(),
                                     fmt::format("`{}`: {}", quotable(*each.value->as_string()), describe(each.error)),
                                     codes::compose.interpolation));
    if (!invalid.empty()) return std::unexpected(std::move(invalid));
    auto config = std::make_unique<LoadedConfig>();
    config->file = found->file;
    config->outside = found->outside;
    auto package = package_of_header(content->position().origin);
    if (!package) return std::unexpected(std::move(package.error()));
    config->package = std::move(*package);
    if (content->is_null()) content = Value::map();  // an empty file
    if (!content->is_map() && !content->is_list())
        return refuse(problem_at(content->position(),
                                 fmt::format("a configuration is a map, not {}", describe(content->kind()))));
    if (const std::size_t defaults = ValueAccess::find(*content, "defaults");
        content->is_map() && defaults != ValueAccess::npos) {
        const Entry entry = content->entries()[defaults];
        ValueAccess::erase_at(*content, defaults);
        if (!entry.value.is_list())
            return refuse(problem_at(entry.key.position(),
                                     fmt::format("`defaults` is a list, not {}", describe(entry.value.kind()))));
        Diagnostics problems;
        for (const Value& value : entry.value.items()) {
            auto item = item_of(value);
            if (item) {
                config->defaults.push_back(std::move(*item));
            } else {
                append(problems, std::move(item.error()));
            }
        }
        if (!problems.empty()) return std::unexpected(std::move(problems));
    }
    config->content = std::move(*content);
    return cache_.emplace(config_path, std::move(config)).first->second.get();
}

}  // namespace recipe::config
