// SPDX-License-Identifier: Apache-2.0
// Works through defaults lists in the order in which Hydra does.
#include "config/compose/defaults.hpp"

#include "config/hydra/hydra_schema.hpp"
#include "config/interpolation/resolver.hpp"
#include "config/value/place.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

namespace recipe::config {
namespace {

constexpr int max_nesting = 40;
constexpr std::size_t max_configs = 2000;

std::string truncate(const DefaultsItem::Choice& choice) {
    if (const auto* option = std::get_if<std::string>(&choice)) return *option;
    if (const auto* options = std::get_if<std::vector<std::string>>(&choice))
        return fmt::format("[{}]", fmt::join(*options, ","));
    return "null";
}

std::string listed(const std::vector<std::string>& names, std::size_t limit = 8) {
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), limit); ++i)
        text += fmt::format("{}`{}`", i == 0 ? "" : ", ", names[i]);
    if (names.size() > limit) text += fmt::format(" and {} more", names.size() - limit);
    return text;
}

/// What stands in for a group's option, and who said so.
struct GroupChoice {
    DefaultsItem::Choice choice;
    Source source;
    bool used = false;
    bool external = false;
    std::string containing;  // the configuration with the `override` entry
};

struct GroupDeletion {
    std::optional<std::string> option;
    Source source;
    bool used = false;
};

class Builder {
public:
    Builder(Repository& repository, DefaultsList& list, Diagnostics& problems)
        : repository_(repository), list_(list), problems_(problems) {}

    void take_overrides(const std::vector<GivenOverride>& overrides) {
        for (const GivenOverride& override : overrides) take_override(override);
    }

    void build(const std::string& primary) {
        DefaultsItem root{.path = primary, .primary = true};
        list_.configs = expand(root, nullptr, 0, false);
        if (problems_.empty()) check_all_used();
        check_no_duplicates();
        for (auto& [key, option] : choices_) list_.choices.emplace_back(key, option);
        add_hydra_choices();
    }

private:
    using Configs = std::vector<ComposedConfig>;

    void report(std::string code, Source source, std::string message, std::string fix = {}, std::string key = {}) {
        problems_.push_back({.code = std::move(code),
                             .key = std::move(key),
                             .source = std::move(source),
                             .message = std::move(message),
                             .fix = std::move(fix)});
    }

    // --- overrides that name groups ---

    static Source source_of(const GivenOverride& override, std::size_t column) {
        return typed_source(override.given, column);
    }

    void take_override(const GivenOverride& override) {
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
            report("compose.type", at_key,
                   fmt::format("`{}` is a group of configurations: choose with `{}=OPTION`, or add with `+{}=OPTION`",
                               key, key, key),
                   {}, key);
            return;
        }
        if (parsed.type == ParsedOverride::Type::remove) {
            if (!value.is_null() && !value.is_string()) {
                report("compose.type", at_value,
                       fmt::format("the option of a group is a string, not {}", describe(value.kind())), {}, key);
                return;
            }
            deletions_[key] = {value.is_string() ? std::optional(*value.as_string()) : std::nullopt, at_key};
            return;
        }
        auto choice = choice_of(value);
        if (!choice) {
            report("compose.type", at_value,
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
            item.position = {std::make_shared<const SourceText>(SourceText{override.given.name, override.given.text}),
                             0, static_cast<int>(parsed.value_column) + 1};
            appended_.push_back(std::move(item));
            return;
        }
        overrides_[key] = {.choice = std::move(*choice), .source = at_value, .external = true};
    }

    static std::optional<DefaultsItem::Choice> choice_of(const Value& value) {
        if (const std::string* option = value.as_string()) return *option;
        if (!value.is_list()) return std::nullopt;
        std::vector<std::string> options;
        for (const Value& item : value.items()) {
            if (!item.is_string()) return std::nullopt;
            options.push_back(*item.as_string());
        }
        return options;
    }

    // --- the tree ---

    /// The configurations that an entry of a defaults list stands for, in order.
    Configs expand(DefaultsItem& node, const DefaultsItem* parent, int depth, bool below_interpolation) {
        if (depth > max_nesting || ++expanded_ > max_configs) {
            if (!too_many_)
                report("compose.too_large", node.position.source(), "defaults lists lead to one another without end");
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
            report("compose.missing_value", node.position.source(),
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

    Configs expand_loaded(const DefaultsItem& node, const LoadedConfig& loaded, int depth, bool below_interpolation) {
        const ComposedConfig self{node.config_path(), node.final_package(), node.primary};
        std::vector<DefaultsItem> items = loaded.defaults;
        const bool root_with_additions = node.primary && !appended_.empty();
        if (!items.empty() || root_with_additions) place_self(items, node);
        if (node.primary) items.insert(items.end(), appended_.begin(), appended_.end());
        for (DefaultsItem& item : items)
            if (!item.is_self()) item.set_parent(node.group_path(), node.final_package());
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

    /// Hydra lets a configuration without `_self_` follow its defaults.
    void place_self(std::vector<DefaultsItem>& items, const DefaultsItem& node) {
        const auto selves = std::ranges::count_if(items, &DefaultsItem::is_self);
        if (selves > 1)
            report("compose.yaml", items.front().position.source(),
                   fmt::format("`_self_` stands twice in the defaults list of `{}`", node.config_path()));
        const bool has_entries =
            std::ranges::any_of(items, [](const DefaultsItem& item) { return !item.override_keyword; });
        if (selves == 0 && (has_entries || items.empty())) {
            DefaultsItem self{.path = "_self_"};
            items.push_back(std::move(self));
        }
    }

    void register_overrides(const std::vector<DefaultsItem>& items, const DefaultsItem& node,
                            bool below_interpolation) {
        const DefaultsItem* last_override = nullptr;
        for (const DefaultsItem& item : items) {
            if (item.is_self()) continue;
            if (last_override && !item.override_keyword && !item.external) {
                report("compose.yaml", last_override->position.source(),
                       fmt::format(
                           "in `{}`: overrides stand at the end of a defaults list, `override {}` comes before `{}`",
                           node.config_path(), last_override->override_key(), item.path));
                return;
            }
            if (!item.override_keyword) continue;
            last_override = &item;
            if (below_interpolation) {
                report("compose.yaml", item.position.source(),
                       "a configuration that is chosen by an interpolation cannot override others");
                return;
            }
            const std::string key = item.override_key();
            // Whoever came first wins: the command line, then the configurations nearer to the root.
            overrides_.try_emplace(
                key,
                GroupChoice{.choice = item.choice, .source = item.position.source(), .containing = node.config_path()});
        }
    }

    void apply_override(DefaultsItem& item) {
        if (!item.is_group()) return;
        const auto found = overrides_.find(item.override_key());
        if (found == overrides_.end()) return;
        item.choice = found->second.choice;
        found->second.used = true;
        if (found->second.external) external_source_[item.override_key()] = found->second.source;
    }

    Configs expand_options(const DefaultsItem& item, const DefaultsItem& node, int depth, bool below_interpolation) {
        std::vector<Configs> parts;
        const std::vector<std::string>& options = *item.options();
        for (auto option = options.rbegin(); option != options.rend(); ++option) {
            if (interpolation::has_interpolation(*option)) {
                report("compose.interpolation", item.position.source(),
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

    /// ${db} in a defaults list stands for the option that was chosen for the group db.
    bool resolve_interpolation(DefaultsItem& item, const std::vector<DefaultsItem>& items) {
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
            entry.set(Value::string(other.override_key()),
                      other.option() ? Value::string(*other.option()) : Value::null());
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
        report("compose.interpolation", item.position.source(),
               fmt::format("`{}` cannot be resolved in a defaults list; what can be named there is {}",
                           item.is_group() ? *item.option() : item.path, listed(names)));
        return false;
    }

    static bool is_missing(const DefaultsItem& item) { return item.name() == "???"; }

    void remember_choice(const DefaultsItem& node) {
        const std::string key = node.override_key();
        const auto option = node.name();
        const auto known = std::ranges::find(choices_, key, [](const auto& entry) { return entry.first; });
        if (known == choices_.end()) {
            choices_.emplace_back(key, option);
        } else if (known->second != option) {
            report("compose.yaml", node.position.source(),
                   fmt::format("`{}` is given twice, as `{}` and as `{}`; to replace the first, say `override {}`", key,
                               known->second.value_or("null"), option.value_or("null"), key));
        }
        group_keys_[node.group_path()].insert(key);
        first_place_.try_emplace(key, node.position.source());
    }

    // --- problems ---

    void report_not_found(const DefaultsItem& node, const DefaultsItem* parent) {
        Source source = node.position.source();
        if (const auto external = external_source_.find(node.is_group() ? node.override_key() : "");
            external != external_source_.end())
            source = external->second;
        if (!node.is_group()) {
            report("compose.unknown_group_option", std::move(source),
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
        report("compose.unknown_group_option", std::move(source), std::move(message), std::move(fix),
               node.override_key());
    }

    void check_all_used() {
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
            report("compose.unknown_key", choice.source, std::move(message),
                   choice.external ? fmt::format("+{}={}", key, truncate(choice.choice)) : "", key);
        }
        for (const auto& [key, deletion] : deletions_) {
            if (deletion.used) continue;
            const std::string what = deletion.option ? key + "=" + *deletion.option : key;
            report("compose.unknown_key", deletion.source,
                   fmt::format("`{}` is in no defaults list, so it cannot be taken out", what), {}, key);
        }
    }

    /// Hydra's own groups come last, with what overrides made of them.
    void add_hydra_choices() {
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

    bool check_hydra_choice(const std::string& key, const GroupChoice& choice) {
        const auto* option = std::get_if<std::string>(&choice.choice);
        if (!option) return true;
        const auto options = repository_.options_of(key);
        if (std::ranges::find(options, *option) != options.end() || repository_.has_config(key + "/" + *option))
            return true;
        report("compose.unknown_group_option", choice.source,
               fmt::format("`{}` has no option `{}`; options are {}", key, *option, listed(options)), {}, key);
        return true;
    }

    void check_no_duplicates() {
        for (const auto& [key, count] : group_occurrences_) {
            if (count > 1 && problems_.empty())
                report("compose.yaml", first_place_[key],
                       fmt::format("`{}` stands more than once in the defaults lists", key), {}, key);
        }
    }

    Repository& repository_;
    DefaultsList& list_;
    Diagnostics& problems_;
    std::map<std::string, GroupChoice> overrides_;
    std::map<std::string, GroupDeletion> deletions_;
    std::vector<DefaultsItem> appended_;
    std::vector<std::pair<std::string, std::optional<std::string>>> choices_;
    std::map<std::string, std::set<std::string>> group_keys_;
    std::map<std::string, int> group_occurrences_;
    std::map<std::string, Source> first_place_;
    std::map<std::string, Source> external_source_;
    std::size_t expanded_ = 0;
    bool too_many_ = false;
};

}  // namespace

Expected<DefaultsList> make_defaults_list(Repository& repository, const std::string& primary,
                                          const std::vector<GivenOverride>& overrides) {
    DefaultsList list;
    Diagnostics problems;
    Builder builder(repository, list, problems);
    builder.take_overrides(overrides);
    if (problems.empty()) builder.build(primary);
    if (!problems.empty()) return std::unexpected(std::move(problems));
    return list;
}

}  // namespace recipe::config
