// SPDX-License-Identifier: Apache-2.0
// The kinds of the keys that are acted on: a value of another kind would be dropped without a word.
#include "diagnostic/codes/launch.hpp"
#include "diagnostic/codes/model.hpp"
#include "keys/keys.hpp"
#include "validate/rule.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace recipe::validate {
namespace {

using config::Value;
using keys::Key;
using keys::Kind;
using keys::Of;

bool is_text(const Value& value) {
    return value.is_string() || value.as_integer() != nullptr;
}

std::string_view text_of(const Value& value) {
    return value.as_string() != nullptr ? std::string_view(*value.as_string()) : std::string_view();
}

/// Of texts as well: nothing where it is none, or beyond all ints.
std::optional<std::int64_t> int_of(const Value& value) {
    if (value.as_int()) return value.as_int();
    std::int64_t number = 0;
    const std::string_view text = text_of(value);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

bool is_count(const Value& value, std::int64_t most) {
    const auto number = int_of(value);
    return number && *number > 0 && *number <= most;
}

/// As sbatch(1), --mem: a number of GB, or of K, M, G or T. Beyond what it can count Slurm takes another number.
bool is_memory(const Value& value, std::int64_t most) {
    if (const auto number = int_of(value)) return *number >= 0 && *number <= most;
    const std::string_view text = text_of(value);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0 || end == text.data() || end + 1 != text.data() + text.size()) return false;
    switch (*end) {
        case 'K':
        case 'k':
            return number / 1024 / 1024 <= most;
        case 'M':
        case 'm':
            return number / 1024 <= most;
        case 'G':
        case 'g':
            return number <= most;
        case 'T':
        case 't':
            return number <= most / 1024;
        default:
            return false;
    }
}

bool is_list_of_texts(const Value& value) {
    return value.is_list() &&
           std::ranges::all_of(value.items(), [](const Value& item) { return item.is_null() || is_text(item); });
}

bool takes(const Key& key, const Value& value) {
    switch (key.kind) {
        case Kind::any:
            return true;
        case Kind::count:
            return is_count(value, key.most);
        case Kind::flag:
            return value.as_bool().has_value();
        case Kind::gpus:  // "4", "a100:4", "a100:2,h100:2"
            return is_count(value, key.most) || text_of(value).contains(':');
        case Kind::memory:
            return is_memory(value, key.most);
        case Kind::section:
            return value.is_map();
        case Kind::text:
            return is_text(value);
        case Kind::texts:
            return is_list_of_texts(value);
    }
    return true;
}

std::string form_of(const Key& key) {
    switch (key.kind) {
        case Kind::any:
            break;
        case Kind::count:
            return fmt::format("a number from 1 to {}", key.most);
        case Kind::flag:
            return "true or false";
        case Kind::gpus:
            return fmt::format("a number of GPUs from 1 to {}, or a text such as a100:4", key.most);
        case Kind::memory:
            return fmt::format("GB per node or unit, such as 64, at most {}, a text such as 64G, or 0 for all",
                               key.most);
        case Kind::section:
            return "a section of keys";
        case Kind::text:
            return "a text";
        case Kind::texts:
            return "a list of texts, such as [/a:/b]";
    }
    return {};
}

bool is_for_slurm(const Subject& s) {
    const Value* type = s.root.find("cluster_type");
    const std::string* name = type != nullptr ? type->as_string() : nullptr;
    return name == nullptr || *name == "slurm" || *name == "bcm";
}

/// "a" for [a] where a text is wanted, "[a]" for "a" where a list is, "True" for the text "yes".
std::string mended(Kind kind, const Value& value) {
    if (kind == Kind::text && value.is_list() && value.size() == 1 && is_text(value.items().front()))
        return config::to_python_text(value.items().front());
    if (kind == Kind::texts && value.is_string()) return fmt::format("[{}]", *value.as_string());
    if (kind == Kind::flag && value.is_string()) {
        std::string small = *value.as_string();
        std::ranges::transform(small, small.begin(),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        for (const std::string_view yes : {"true", "yes", "on", "1"})
            if (small == yes) return "True";
        for (const std::string_view no : {"false", "no", "off", "0"})
            if (small == no) return "False";
    }
    return {};
}

/// An override has it, and no file: those have lines.
bool was_typed(const Value& value) {
    return value.position().line == 0 && !value.position().source().empty();
}

std::string describe_fault(const Found& found, const Key& kind) {
    if (found.value->is_null())
        return fmt::format("{} was set to null: whatever it held is gone, and all its keys are unset", found.key);
    return fmt::format("{} is {} `{}`; it takes {}", found.key, config::describe(found.value->kind()),
                       truncate(*found.value), form_of(kind));
}

bool always(const Subject&) {
    return true;
}

Findings wrong_kind(const Subject& s) {
    const bool slurm = is_for_slurm(s);
    const bool known = s.family.layout != family::Layout::none;
    const Value* repository = s.root.at("git.repo_url_or_path");
    const bool code = repository != nullptr && !repository->is_null();
    Findings findings;
    for (const Key& key : keys::all()) {
        if (key.kind == Kind::any || (key.of == Of::slurm && !slurm) || (key.of == Of::known_family && !known) ||
            (key.of == Of::without_code && code))
            continue;
        const Value* value = s.root.at(key.path);
        if (value == nullptr || takes(key, *value)) continue;
        const bool section_gone =
            value->is_null() && key.kind == Kind::section && key.path != "env_vars" && was_typed(*value);
        if (value->is_null() && !section_gone) continue;
        const Found found{.path = std::string(key.path), .key = config::typed_key(s.root, key.path), .value = value};
        const std::string better = mended(key.kind, *value);
        findings.push_back({.at = found,
                            .message = describe_fault(found, key),
                            .fix = better.empty() ? std::string() : s.set(found, better),
                            .severity = section_gone ? std::optional(Severity::warning) : std::nullopt});
    }
    return findings;
}

// --- additions that nobody reads -----------------------------------------------------------------------------------

/// By "+k=v" or "++k=v"; what takes neither changes a key that a file has.
bool was_added(const Value& value) {
    return was_typed(value) && value.position().source().excerpt.starts_with('+');
}

/// What the family's own shell script is told in a variable: run.compile of Neuron's.
bool tells_script(const family::Family& family, std::string_view key) {
    return std::ranges::count(family.code.variables, key, &family::DefaultCode::Variable::path) > 0;
}

void find_unread(const Subject& s, const Value& map, const std::string& prefix, std::string_view section,
                 Findings& findings) {
    for (const config::Entry& entry : map.entries()) {
        const std::string* name = entry.key.as_string();
        if (name == nullptr || entry.value.is_map() || entry.value.is_null() || !was_added(entry.value)) continue;
        const std::string key = prefix + *name;
        if (keys::has_step(section, *name) || tells_script(s.family, key)) continue;
        findings.push_back(
            {.at = {.path = key, .key = key, .value = &entry.value},
             .message = fmt::format("{} was added, and nothing of ours reads it", truncate(Value::string(key))),
             .fix = {}});
    }
}

/// Hydra lets one add what one wants, to be referred to by an interpolation; more often it is a misspelling.
Findings unread_addition(const Subject& s) {
    Findings findings;
    find_unread(s, s.root, "", {}, findings);
    if (const Value* run = s.root.at("recipes.run"); run != nullptr && run->is_map())
        find_unread(s, *run, "run.", "recipes.run", findings);
    return findings;
}

constexpr std::array<Rule, 2> table{{
    {codes::launch.kind, always, wrong_kind},
    {codes::model.unread, always, unread_addition},
}};

}  // namespace

std::span<const Rule> kinds_rules() {
    return table;
}

}  // namespace recipe::validate
