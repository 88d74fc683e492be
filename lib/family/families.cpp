// SPDX-License-Identifier: Apache-2.0
// The families in the order in which they are asked: those that the build has made of etc/families.yaml, unless a
// site's file was read.
#include "config/yaml/yaml.hpp"
#include "family/families_file.hpp"
#include "family/shipped.hpp"

#include <algorithm>
#include <atomic>

namespace recipe::family {
namespace {

bool holds_at(std::string_view path, Condition::Test test, std::string_view text, const config::Value& configuration) {
    const config::Value* value = configuration.at(path);
    if (value == nullptr || value->is_null()) return false;
    const std::string* given = value->as_string();
    switch (test) {
        case Condition::Test::given:
        case Condition::Test::absent:
            return given == nullptr || !given->empty();
        case Condition::Test::equals:
            return given != nullptr && *given == text;
        case Condition::Test::starts_with:
            return given != nullptr && given->starts_with(text);
        case Condition::Test::is_map:
            return value->is_map();
    }
    return false;
}

template <class Conditions>
bool all_hold(const Conditions& conditions, const config::Value& configuration) {
    return std::ranges::all_of(conditions, [&](const auto& condition) {
        const bool holds = std::ranges::any_of(condition.paths, [&](std::string_view path) {
            return holds_at(path, condition.test, condition.text, configuration);
        });
        return holds != (condition.test == Condition::Test::absent);
    });
}

/// Made when it is first asked for: a submission needs one of the dozen. Of two threads that make it one throws its own
/// away. Not by call_once(): an exception that passes through the C library's frames ends a process whose plugin has an
/// unwinder of its own, as ours have.
const Definition& shipped_definition(const ShippedFamily& shipped) {
    // Never freed: threads of slurmctld may look at it while the process ends.
    static auto* const all = new std::vector<std::atomic<const Definition*>>(shipped_families.size());
    std::atomic<const Definition*>& made = (*all)[static_cast<std::size_t>(&shipped - shipped_families.data())];
    const Definition* there = made.load(std::memory_order_acquire);
    if (there != nullptr) return *there;
    auto definition = std::make_unique<const Definition>(definition_of(shipped));
    if (made.compare_exchange_strong(there, definition.get(), std::memory_order_acq_rel)) return *definition.release();
    return *there;
}

const Definition& unknown() {
    static const Definition definition{
        .family = {.name = "unknown", .title = "a recipe of no known family", .shard_may_be_unset = true}, .when = {}};
    return definition;
}

}  // namespace

const Definition& Families::Row::definition() const {
    return read != nullptr ? *read : shipped_definition(*shipped);
}

std::string_view Families::Row::name() const {
    return read != nullptr ? read->family.name : shipped->name;
}

bool Families::Row::holds(const config::Value& configuration) const {
    return read != nullptr ? all_hold(read->when, configuration) : all_hold(shipped->when, configuration);
}

Families::Families() {
    for (const ShippedFamily& shipped : shipped_families) rows_.push_back({.shipped = &shipped, .read = nullptr});
}

Expected<Families> Families::load(const std::vector<std::filesystem::path>& site_files) {
    Families families;
    if (site_files.empty()) return families;
    std::vector<Definition> definitions;
    for (const ShippedFamily& shipped : shipped_families) definitions.push_back(definition_of(shipped));
    Diagnostics problems;
    for (const std::filesystem::path& file : site_files) {
        Expected<config::Value> document = config::load_yaml(file);
        append(problems, document ? merge_file(*document, file.string(), definitions) : std::move(document.error()));
    }
    if (has_errors(problems)) return std::unexpected(std::move(problems));
    families.rows_.clear();
    for (Definition& definition : definitions)
        families.rows_.push_back(
            {.shipped = nullptr, .read = std::make_shared<const Definition>(std::move(definition))});
    return families;
}

Families Families::with(const config::Value& configuration, Definition definition) const {
    Families changed = *this;
    Row changed_row{.shipped = nullptr, .read = std::make_shared<const Definition>(std::move(definition))};
    const auto found = std::ranges::find_if(changed.rows_, [&](const Row& row) { return row.holds(configuration); });
    if (found != changed.rows_.end())
        *found = std::move(changed_row);
    else
        changed.rows_.push_back(std::move(changed_row));
    return changed;
}

const Definition& Families::asked_first(const config::Value& configuration) const {
    const auto found = std::ranges::find_if(rows_, [&](const Row& row) { return row.holds(configuration); });
    return found == rows_.end() ? unknown() : found->definition();
}

Families Families::run_by_another(const config::Value& configuration) const {
    Definition definition = asked_first(configuration);
    definition.family.program_known = false;
    definition.family.shard_may_be_unset = true;
    return with(configuration, std::move(definition));
}

Expected<Families> Families::run_by(const config::Value& configuration, const config::Value& description,
                                    const std::string& file) const {
    Definition definition = asked_first(configuration);
    if (Diagnostics problems = merge_program(description, file, definition.family); has_errors(problems))
        return std::unexpected(std::move(problems));
    return with(configuration, std::move(definition));
}

const Family& Families::of(const config::Value& configuration) const {
    return asked_first(configuration).family;
}

const Family* Families::find(std::string_view name) const {
    const auto found = std::ranges::find(rows_, name, &Row::name);
    return found == rows_.end() ? nullptr : &found->definition().family;
}

std::vector<const Definition*> Families::all() const {
    std::vector<const Definition*> all;
    for (const Row& row : rows_) all.push_back(&row.definition());
    return all;
}

}  // namespace recipe::family
