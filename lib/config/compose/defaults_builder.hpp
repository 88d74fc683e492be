// SPDX-License-Identifier: Apache-2.0
// The work on one defaults list: group overrides first, then the expansion from the primary configuration. Internal to
// this room.
#pragma once

#include "config/compose/defaults.hpp"
#include "config/value/place.hpp"
#include "diagnostic/codes/compose.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

namespace recipe::config {

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

class DefaultsBuilder {
public:
    DefaultsBuilder(Repository& repository, DefaultsList& list, Diagnostics& problems)
        : repository_(repository), list_(list), problems_(problems) {}

    void take_overrides(const std::vector<GivenOverride>& overrides) {
        for (const GivenOverride& override : overrides) take_override(override);
    }

    void build(const std::string& primary);

private:
    using Configs = std::vector<ComposedConfig>;

    void report(DiagnosticCode code, Source source, std::string message, std::string fix = {}, std::string key = {}) {
        problems_.push_back({.code = code,
                             .key = std::move(key),
                             .source = std::move(source),
                             .message = std::move(message),
                             .fix = std::move(fix)});
    }

    // --- overrides that name groups ---

    static Source source_of(const GivenOverride& override, std::size_t column) {
        return typed_source(override.given, column);
    }

    void take_override(const GivenOverride& override);

    static std::optional<DefaultsItem::Choice> choice_of(const Value& value);

    // --- the tree ---

    /// The configurations that an entry of a defaults list stands for, in order.
    Configs expand(DefaultsItem& node, const DefaultsItem* parent, int depth, bool below_interpolation);

    Configs expand_loaded(const DefaultsItem& node, const LoadedConfig& loaded, int depth, bool below_interpolation);

    /// Hydra lets a configuration without `_self_` follow its defaults.
    void place_self(std::vector<DefaultsItem>& items, const DefaultsItem& node);

    void register_overrides(const std::vector<DefaultsItem>& items, const DefaultsItem& node,
                            bool below_interpolation) {
        const DefaultsItem* last_override = nullptr;
        for (const DefaultsItem& item : items) {
            if (item.is_self()) continue;
            if (last_override && !item.override_keyword && !item.external) {
                report(codes::compose.yaml, last_override->position.source(),
                       fmt::format(
                           "in `{}`: overrides stand at the end of a defaults list, `override {}` comes before `{}`",
                           node.config_path(), last_override->override_key(), item.path));
                return;
            }
            if (!item.override_keyword) continue;
            last_override = &item;
            if (below_interpolation) {
                report(codes::compose.yaml, item.position.source(),
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

    void apply_override(DefaultsItem& item);

    Configs expand_options(const DefaultsItem& item, const DefaultsItem& node, int depth, bool below_interpolation);

    /// ${db} in a defaults list stands for the option that was chosen for the group db.
    bool resolve_interpolation(DefaultsItem& item, const std::vector<DefaultsItem>& items);

    static bool is_missing(const DefaultsItem& item) { return item.name() == "???"; }

    void remember_choice(const DefaultsItem& node);

    // --- problems ---

    void report_not_found(const DefaultsItem& node, const DefaultsItem* parent);

    void check_all_used();

    /// Hydra's own groups come last, with what overrides made of them.
    void add_hydra_choices();

    bool check_hydra_choice(const std::string& key, const GroupChoice& choice);

    void check_no_duplicates();

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

}  // namespace recipe::config
