// SPDX-License-Identifier: Apache-2.0
// Overrides of groups in defaults lists: which there are, what they replace, and which came to nothing.
#include "config/compose/defaults_builder.hpp"

#include "config/hydra/hydra_schema.hpp"
#include "config/interpolation/resolver.hpp"
#include "config/value/place.hpp"
#include "diagnostic/codes/compose.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

namespace recipe::config {
namespace {

std::string text_of(const DefaultsItem::Choice& choice) {
    if (const auto* option = std::get_if<std::string>(&choice)) return *option;
    if (const auto* options = std::get_if<DefaultsItem::Options>(&choice))
        return fmt::format("[{}]", fmt::join(options->names, ","));
    return "null";
}

std::string listed(const std::vector<std::string>& names, std::size_t limit = 8) {
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), limit); ++i)
        text += fmt::format("{}`{}`", i == 0 ? "" : ", ", names[i]);
    if (names.size() > limit) text += fmt::format(" and {} more", names.size() - limit);
    return text;
}

}  // namespace

void DefaultsBuilder::take_override(const GivenOverride& override) {
    const ParsedOverride& parsed = override.parsed;
    const bool is_map = parsed.value && parsed.value->kind == Element::Kind::map;
    if (is_map || !repository_.has_group(parsed.key)) {
        list_.config_overrides.push_back(&override);
        return;
    }
    list_.group_overrides.push_back(&override);
    const Source at_key = source_of(override, parsed.key_column);
    const Source at_value = source_of(override, parsed.value_column);
    const Value value = parsed.value ? to_value(*parsed.value) : Value::null();
    const std::string key = parsed.package ? parsed.key + '@' + *parsed.package : parsed.key;
    if (parsed.type == ParsedOverride::Type::force_add) {
        report(codes::compose.type, at_key,
               fmt::format("`{}` is a group of configurations: choose with `{}=OPTION`, or add with `+{}=OPTION`", key,
                           key, key),
               {}, key);
        return;
    }
    if (parsed.type == ParsedOverride::Type::remove) {
        if (!value.is_null() && !value.is_string()) {
            report(codes::compose.type, at_value,
                   fmt::format("the option of a group is a string, not {}", describe(value.kind())), {}, key);
            return;
        }
        deletions_[key] = {value.is_string() ? std::optional(*value.as_string()) : std::nullopt, at_key};
        return;
    }
    auto choice = choice_of(value);
    if (!choice) {
        report(codes::compose.type, at_value,
               fmt::format("`{}` is a group of configurations: its option is a string or a list of strings, not {}",
                           key, describe(value.kind())),
               {}, key);
        return;
    }
    if (parsed.type == ParsedOverride::Type::add) {
        DefaultsItem item{.kind = DefaultsItem::Kind::group,
                          .path = parsed.key,
                          .choice = std::move(*choice),
                          .package = parsed.package};
        item.external = true;
        item.position = {std::make_shared<const SourceText>(SourceText{override.given.name, override.given.text}), 0,
                         static_cast<int>(parsed.value_column) + 1};
        appended_.push_back(std::move(item));
        return;
    }
    overrides_[key] = {.choice = std::move(*choice), .source = at_value, .external = true};
}

std::optional<DefaultsItem::Choice> DefaultsBuilder::choice_of(const Value& value) {
    if (const std::string* option = value.as_string()) return *option;
    if (!value.is_list()) return std::nullopt;
    std::vector<std::string> options;
    for (const Value& item : value.items()) {
        if (!item.is_string()) return std::nullopt;
        options.push_back(*item.as_string());
    }
    return DefaultsItem::Options{std::move(options)};
}

void DefaultsBuilder::apply_override(DefaultsItem& item) {
    if (!item.is_group()) return;
    const auto found = overrides_.find(item.override_key());
    if (found == overrides_.end()) return;
    item.choice = found->second.choice;
    found->second.used = true;
    if (found->second.external) external_source_[item.override_key()] = found->second.source;
}

void DefaultsBuilder::remember_choice(const DefaultsItem& node) {
    const std::string key = node.override_key();
    const auto option = node.name();
    const auto known = std::ranges::find(choices_, key, [](const auto& entry) { return entry.first; });
    if (known == choices_.end()) {
        choices_.emplace_back(key, option);
    } else if (known->second != option) {
        report(codes::compose.yaml, node.position.source(),
               fmt::format("`{}` is given twice, as `{}` and as `{}`; to replace the first, say `override {}`", key,
                           known->second.value_or("null"), option.value_or("null"), key));
    }
    group_keys_[node.group_path()].insert(key);
    first_place_.try_emplace(key, node.position.source());
}

void DefaultsBuilder::check_all_used() {
    for (const auto& [key, choice] : overrides_) {
        const std::string group = key.substr(0, key.find('@'));
        // Hydra's own defaults list uses these; what they choose has no effect here.
        if (choice.used ||
            (is_hydra_group(group) && group != "hydra" && key == group && check_hydra_choice(key, choice)))
            continue;
        std::string message = fmt::format("`{}` is in no defaults list, so its option cannot be replaced", key);
        if (const auto known = group_keys_.find(group); known != group_keys_.end())
            message += fmt::format("; did you mean {}?", listed({known->second.begin(), known->second.end()}));
        if (!choice.containing.empty()) message += fmt::format(" (in `{}`)", choice.containing);
        report(codes::compose.unknown_key, choice.source, std::move(message),
               choice.external ? fmt::format("+{}={}", key, text_of(choice.choice)) : "", key);
    }
    for (const auto& [key, deletion] : deletions_) {
        if (deletion.used) continue;
        const std::string what = deletion.option ? key + "=" + *deletion.option : key;
        report(codes::compose.unknown_key, deletion.source,
               fmt::format("`{}` is in no defaults list, so it cannot be taken out", what), {}, key);
    }
}

void DefaultsBuilder::add_hydra_choices() {
    for (const auto& [group, option] : hydra_choices()) {
        std::optional<std::string> chosen;
        if (!option.empty()) chosen = option;
        if (const auto replaced = overrides_.find(std::string(group)); replaced != overrides_.end()) {
            const auto* name = std::get_if<std::string>(&replaced->second.choice);
            chosen = name ? std::optional(*name) : std::nullopt;
        }
        list_.choices.emplace_back(group, std::move(chosen));
    }
}

bool DefaultsBuilder::check_hydra_choice(const std::string& key, const GroupChoice& choice) {
    const auto* option = std::get_if<std::string>(&choice.choice);
    if (!option) return true;
    const auto options = repository_.options_of(key);
    if (std::ranges::find(options, *option) != options.end() || repository_.has_config(key + "/" + *option))
        return true;
    report(codes::compose.unknown_group_option, choice.source,
           fmt::format("`{}` has no option `{}`; options are {}", key, *option, listed(options)), {}, key);
    return true;
}

void DefaultsBuilder::check_no_duplicates() {
    for (const auto& [key, count] : group_occurrences_) {
        if (count > 1 && problems_.empty())
            report(codes::compose.yaml, first_place_[key],
                   fmt::format("`{}` stands more than once in the defaults lists", key), {}, key);
    }
}

}  // namespace recipe::config
