// SPDX-License-Identifier: Apache-2.0
// Works through defaults lists in the order in which Hydra does.
#include "config/compose/defaults_builder.hpp"

#include "config/compose/recipe_names.hpp"
#include "config/hydra/hydra_schema.hpp"
#include "config/interpolation/resolver.hpp"
#include "config/value/place.hpp"
#include "diagnostic/codes/compose.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace recipe::config {
namespace {

constexpr int max_nesting = 40;
constexpr std::size_t max_configs = 2000;

std::string listed(const std::vector<std::string>& names, std::size_t limit = 8) {
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), limit); ++i)
        text += fmt::format("{}`{}`", i == 0 ? "" : ", ", names[i]);
    if (names.size() > limit) text += fmt::format(" and {} more", names.size() - limit);
    return text;
}

}  // namespace

void DefaultsBuilder::build(const std::string& primary) {
    DefaultsItem root{.path = primary, .primary = true};
    list_.configs = expand(root, nullptr, 0, false);
    if (problems_.empty()) check_all_used();
    check_no_duplicates();
    for (auto& [key, option] : choices_) list_.choices.emplace_back(key, option);
    add_hydra_choices();
}

DefaultsBuilder::Configs DefaultsBuilder::expand(DefaultsItem& node, const DefaultsItem* parent, int depth,
                                                 bool below_interpolation) {
    if (depth > max_nesting || ++expanded_ > max_configs) {
        if (!too_many_)
            report(codes::compose.too_large, node.position.source(), "defaults lists lead to one another without end");
        too_many_ = true;
        return {};
    }
    const bool hydra_own = node.is_group() && is_hydra_group(node.group_path());
    const LoadedConfig* loaded = nullptr;
    const bool no_option = node.is_group() && !node.option();
    if (!no_option && !is_missing(node)) {
        auto result = repository_.load(node.config_path());
        if (!result) {
            append(problems_, std::move(result.error()));
            return {};
        }
        loaded = *result;
        if (loaded) node.set_header_package(loaded->package);
    }
    if (node.is_group()) {
        if (const auto deletion = deletions_.find(node.override_key());
            deletion != deletions_.end() && (!deletion->second.option || deletion->second.option == node.name())) {
            deletion->second.used = true;
            return {};
        }
        remember_choice(node);
    }
    if (no_option) return {};
    if (is_missing(node)) {
        report(codes::compose.missing_value, node.position.source(),
               fmt::format("`{}` has to be chosen; options are {}", node.override_key(),
                           listed(repository_.options_of(node.group_path()))),
               node.override_key() + "=OPTION", node.override_key());
        return {};
    }
    if (!loaded) {
        if (!node.optional && !hydra_own) report_not_found(node, parent);
        return {};
    }
    return expand_loaded(node, *loaded, depth, below_interpolation);
}

DefaultsBuilder::Configs DefaultsBuilder::expand_loaded(const DefaultsItem& node, const LoadedConfig& loaded, int depth,
                                                        bool below_interpolation) {
    const ComposedConfig self{node.config_path(), node.final_package(), node.primary};
    std::vector<DefaultsItem> items = loaded.defaults;
    const bool root_with_additions = node.primary && !appended_.empty();
    if (!items.empty() || root_with_additions) place_self(items, node);
    if (node.primary) items.insert(items.end(), appended_.begin(), appended_.end());
    for (DefaultsItem& item : items) {
        if (item.is_self()) continue;
        item.set_parent(node.group_path(), node.final_package());
        item.is_base = loaded.outside && !node.primary && !item.is_group() && !item.path.starts_with('/');
        // From a folder beside the recipe file, what is not there is looked for where all recipes are.
        if (!item.is_base || repository_.has_config(item.config_path())) continue;
        const std::string group = std::exchange(item.parent_group, "recipes");
        if (!repository_.has_config(item.config_path())) item.parent_group = group;
    }
    register_overrides(items, node, below_interpolation);

    // Backwards, as Hydra does: an override in a later configuration rules the earlier ones.
    std::vector<Configs> parts(items.size());
    std::vector<std::size_t> deferred;
    bool any = false;
    for (std::size_t i = items.size(); i-- > 0;) {
        DefaultsItem& item = items[i];
        if (item.is_self()) {
            parts[i] = {self};
            any = true;
            continue;
        }
        if (item.override_keyword) continue;
        any = true;
        apply_override(item);
        if (item.is_group() && item.options()) {
            parts[i] = expand_options(item, node, depth, below_interpolation);
        } else if (item.is_interpolation()) {
            deferred.push_back(i);
        } else {
            parts[i] = expand(item, &node, depth + 1, below_interpolation);
        }
    }
    for (const std::size_t i : deferred) {
        if (!resolve_interpolation(items[i], items)) continue;
        parts[i] = expand(items[i], &node, depth + 1, true);
    }
    if (!any) {
        if (node.is_group()) group_occurrences_[node.override_key()] += 1;
        return {self};
    }
    Configs configs;
    for (Configs& part : parts) configs.insert(configs.end(), part.begin(), part.end());
    return configs;
}

void DefaultsBuilder::place_self(std::vector<DefaultsItem>& items, const DefaultsItem& node) {
    const auto selves = std::ranges::count_if(items, &DefaultsItem::is_self);
    if (selves > 1)
        report(codes::compose.yaml, items.front().position.source(),
               fmt::format("`_self_` stands twice in the defaults list of `{}`", node.config_path()));
    const bool has_entries =
        std::ranges::any_of(items, [](const DefaultsItem& item) { return !item.override_keyword; });
    if (selves == 0 && (has_entries || items.empty())) {
        DefaultsItem self{.path = "_self_"};
        items.push_back(std::move(self));
    }
}

DefaultsBuilder::Configs DefaultsBuilder::expand_options(const DefaultsItem& item, const DefaultsItem& node, int depth,
                                                         bool below_interpolation) {
    std::vector<Configs> parts;
    const std::vector<std::string>& options = *item.options();
    for (auto option = options.rbegin(); option != options.rend(); ++option) {
        if (interpolation::has_interpolation(*option)) {
            report(codes::compose.interpolation, item.position.source(),
                   "an interpolation cannot stand in a list of options");
            return {};
        }
        DefaultsItem single{.path = item.path + "/" + *option,
                            .package = item.package,
                            .optional = item.optional,
                            .position = item.position};
        single.set_parent(node.group_path(), node.final_package());
        parts.push_back(expand(single, &node, depth + 1, below_interpolation));
    }
    Configs configs;
    for (auto part = parts.rbegin(); part != parts.rend(); ++part)
        configs.insert(configs.end(), part->begin(), part->end());
    return configs;
}

bool DefaultsBuilder::resolve_interpolation(DefaultsItem& item, const std::vector<DefaultsItem>& items) {
    Value known = Value::map();
    for (const auto& [key, option] : choices_)
        known.set(Value::string(key), option ? Value::string(*option) : Value::null());
    Value defaults = Value::list();
    for (const DefaultsItem& other : items) {
        if (other.is_self()) continue;
        if (!other.is_group()) {
            defaults.push_back(Value::string(other.config_path()));
            continue;
        }
        Value entry = Value::map();
        entry.set(Value::string(other.override_key()), other.option() ? Value::string(*other.option()) : Value::null());
        defaults.push_back(std::move(entry));
    }
    known.set(Value::string("defaults"), std::move(defaults));
    constexpr const char* place = "_dummy_";
    known.set(Value::string(place), Value::string(item.is_group() ? *item.option() : item.config_path()));
    Resolver resolver(known, {});
    auto value = resolver.select_value(place);
    if (value && *value && (*value)->is_string()) {
        if (item.is_group()) {
            item.choice = *(*value)->as_string();
        } else {
            item.path = '/' + *(*value)->as_string();
        }
        return true;
    }
    std::vector<std::string> names;
    for (const auto& [key, option] : choices_) names.push_back(key);
    report(codes::compose.interpolation, item.position.source(),
           fmt::format("`{}` cannot be resolved in a defaults list; what can be named there is {}",
                       item.is_group() ? *item.option() : item.path, listed(names)));
    return false;
}

void DefaultsBuilder::report_not_found(const DefaultsItem& node, const DefaultsItem* parent) {
    Source source = node.position.source();
    if (const auto external = external_source_.find(node.is_group() ? node.override_key() : "");
        external != external_source_.end())
        source = external->second;
    if (node.is_base && parent != nullptr) {
        const std::vector<std::string> close = recipes_like(node.path, repository_.recipes()).names;
        report(codes::compose.unknown_group_option, std::move(source),
               fmt::format("there is no recipe `{}` to build on, neither beside this file nor in a collection{}",
                           node.path, close.empty() ? "" : fmt::format("; did you mean {}?", listed(close))));
        return;
    }
    if (!node.is_group()) {
        report(codes::compose.unknown_group_option, std::move(source),
               fmt::format("there is no configuration `{}`{}", node.config_path(),
                           parent ? fmt::format(", which `{}` names", parent->config_path()) : ""));
        return;
    }
    const std::vector<std::string> options = repository_.options_of(node.group_path());
    std::string message = fmt::format("`{}` has no option `{}`", node.group_path(), *node.name());
    std::string fix;
    if (const auto close = nearest(*node.name(), options, 1); !close.empty()) {
        message += fmt::format("; did you mean `{}`?", close.front());
        fix = fmt::format("{}={}", node.override_key(), close.front());
    } else if (!options.empty()) {
        message += fmt::format("; options are {}", listed(options));
    }
    report(codes::compose.unknown_group_option, std::move(source), std::move(message), std::move(fix),
           node.override_key());
}

Expected<DefaultsList> make_defaults_list(Repository& repository, const std::string& primary,
                                          const std::vector<GivenOverride>& overrides) {
    DefaultsList list;
    Diagnostics problems;
    DefaultsBuilder builder(repository, list, problems);
    builder.take_overrides(overrides);
    if (problems.empty()) builder.build(primary);
    if (!problems.empty()) return std::unexpected(std::move(problems));
    return list;
}

}  // namespace recipe::config
