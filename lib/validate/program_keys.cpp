// SPDX-License-Identifier: Apache-2.0
// What the entry script itself says of the keys that it reads: keys.yaml beside it. The script refuses by the same
// table, so that nothing waits in a queue for what is known at the prompt.
#include "validate/rule.hpp"

#include "diagnostic/codes/model.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace recipe::validate {
namespace {

using config::Value;

/// Where the script's tables are maps and lists as they should be; a file of another form says nothing.
const Value* keys_read(const Subject& s) {
    const Value* read = s.program_keys != nullptr ? s.program_keys->find("read") : nullptr;
    return read != nullptr && read->is_map() ? read : nullptr;
}

bool says_its_keys(const Subject& s) {
    return keys_read(s) != nullptr;
}

/// Python's ==, as far as scalars of a recipe go: 1 equals 1.0 and True.
bool same(const Value& a, const Value& b) {
    const auto number = [](const Value& value) {
        return value.as_bool() ? std::optional<double>(*value.as_bool() ? 1 : 0) : value.as_number();
    };
    if (const auto x = number(a), y = number(b); x && y) return *x == *y;
    return a == b;
}

bool reads_as_float(const Value& value) {
    if (value.as_number()) return true;
    const std::string* text = value.as_string();
    if (text == nullptr) return false;
    double number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    return error == std::errc{} && end == text->data() + text->size();
}

bool is_of_kind(const Value& value, std::string_view kind) {
    switch (value.kind()) {
        case Value::Kind::boolean:
            return kind == "bool";
        case Value::Kind::integer:
            return kind == "int" || kind == "float";
        case Value::Kind::floating:
            return kind == "float";
        case Value::Kind::string:
            return kind == "str" || (kind == "float" && reads_as_float(value));
        case Value::Kind::list:
            return kind == "list";
        default:
            return false;
    }
}

std::string word(const Value& value) {
    return value.is_null() ? "null" : config::to_python_text(value);
}

/// The one value that there is, or the one that was probably meant; none where a guess could do harm.
std::string nearest_allowed(const Subject& s, const Found& found, std::vector<std::string> allowed) {
    std::erase(allowed, "null");
    if (allowed.empty()) return s.set(found, "null");
    if (allowed.size() == 1) return s.set(found, allowed.front());
    std::string given = word(*found.value);
    std::ranges::transform(given, given.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::vector<std::string> meant;
    for (const std::string& value : allowed)
        if (value.starts_with(given) || given.starts_with(value)) meant.push_back(value);
    if (meant.empty()) meant = nearest(given, allowed, 1);
    return meant.size() == 1 ? s.set(found, meant.front()) : std::string();
}

/// Whether layout.heads speaks of it, with a better fix.
bool is_of_heads(const Subject& s, const Found& part, const Found& whole) {
    return part.path == s.tensor.found.path &&
           (whole.path == s.attention_heads.found.path || whole.path == s.key_value_heads.found.path);
}

/// A number that does not divide one of the numbers that it splits.
std::optional<Finding> uneven(const Subject& s, const Found& found, const Value& rule) {
    const Value* divides = rule.find("divides");
    const auto part = found.value->as_int();
    if (divides == nullptr || !divides->is_list() || !part || *part <= 0) return std::nullopt;
    for (const Value& path : divides->items()) {
        if (!path.is_string()) continue;
        const Found whole = s.find(*path.as_string());
        const auto number = whole.given() ? whole.value->as_int() : std::nullopt;
        if (number && *number % *part != 0 && !is_of_heads(s, found, whole))
            return Finding{.at = found,
                           .message = fmt::format("{} is {}, but the entry script takes what divides {} {}", found.key,
                                                  *part, whole.key, *number),
                           .fix = {}};
    }
    return std::nullopt;
}

/// What is amiss with a value that is given; nothing where the rule is of a form that is not known here.
std::optional<Finding> amiss(const Subject& s, const Found& found, const Value& rule) {
    if (const Value* one_of = rule.find("one_of"); one_of != nullptr && one_of->is_list()) {
        const auto equal = [&](const Value& value) { return same(value, *found.value); };
        if (std::ranges::any_of(one_of->items(), equal)) return std::nullopt;
        std::vector<std::string> allowed;
        for (const Value& value : one_of->items())
            if (std::ranges::find(allowed, word(value)) == allowed.end()) allowed.push_back(word(value));
        return Finding{.at = found,
                       .message = fmt::format("{} is {}, but the entry script takes {} only", found.key,
                                              truncate(*found.value), fmt::join(allowed, ", ")),
                       .fix = nearest_allowed(s, found, allowed)};
    }
    const Value* kind = rule.find("kind");
    const std::string* name = kind != nullptr ? kind->as_string() : nullptr;
    if (name != nullptr && !is_of_kind(*found.value, *name))
        return Finding{.at = found,
                       .message = fmt::format("{} is {} `{}`, but the entry script takes {} only", found.key,
                                              config::describe(found.value->kind()), truncate(*found.value), *name),
                       .fix = {}};
    const Value* above = rule.find("above");
    if (above != nullptr && above->as_number() && found.value->as_number() &&
        *found.value->as_number() <= *above->as_number())
        return Finding{.at = found,
                       .message = fmt::format("{} is {}, but the entry script takes what is above {}", found.key,
                                              truncate(*found.value), word(*above)),
                       .fix = {}};
    return uneven(s, found, rule);
}

Findings unsupported(const Subject& s) {
    Findings findings;
    for (const config::Entry& entry : keys_read(s)->entries()) {
        const std::string* path = entry.key.as_string();
        if (path == nullptr || !entry.value.is_map()) continue;
        const Found found = s.find(*path);
        if (found.given()) {
            if (auto finding = amiss(s, found, entry.value)) findings.push_back(std::move(*finding));
        } else if (entry.value.find("default") == nullptr) {
            findings.push_back({.at = found,
                                .message = fmt::format("{} is not set, and the entry script needs it", found.key),
                                .fix = {}});
        }
    }
    return findings;
}

/// Asks for nothing, whoever reads it.
bool is_nothing(const Value& value) {
    if (value.is_null() || value.as_bool() == false || value.as_number() == 0.0) return true;
    const std::string* text = value.as_string();
    return (text != nullptr && text->empty()) || ((value.is_list() || value.is_map()) && value.size() == 0);
}

class UnknownKeys {
public:
    explicit UnknownKeys(const Subject& s) : subject_(s), read_(*keys_read(s)) {
        if (const Value* moot = s.program_keys->find("moot")) {
            for (const Value& prefix : moot->items())
                if (prefix.is_string()) moot_.push_back(*prefix.as_string());
        }
        for (const config::Entry& entry : read_.entries()) names_.push_back(word(entry.key));
    }

    void search(const Value& map, const std::string& prefix) {
        for (const config::Entry& entry : map.entries()) {
            const std::string path = prefix + word(entry.key);
            if (entry.value.is_map())
                search(entry.value, path + '.');
            else if (!is_nothing(entry.value) && read_.find(path) == nullptr && !is_moot(path))
                report(path);
        }
    }

    Findings take() { return std::move(findings_); }

private:
    [[nodiscard]] bool is_moot(const std::string& path) const {
        return std::ranges::any_of(moot_, [&](const std::string& prefix) { return path.starts_with(prefix); });
    }

    void report(const std::string& path) {
        if (is_of_root(path)) return report_misplaced(path);
        const auto close = nearest(path, names_, 1);
        findings_.push_back(
            {.at = subject_.find(path),
             .message = fmt::format("the entry script does not know {}{}", truncate(Value::string(path)),
                                    close.empty() ? "; remove it" : fmt::format("; did you mean `{}`?", close.front())),
             .fix = {}});
    }

    /// Those that stand beside the recipe, at the root of the configuration.
    static bool is_of_root(std::string_view path) {
        constexpr std::array<std::string_view, 7> keys{"base_results_dir", "cluster", "container", "env_vars", "git",
                                                       "instance_type",    "launch"};
        return std::ranges::find(keys, path.substr(0, path.find('.'))) != keys.end();
    }

    void report_misplaced(const std::string& path) {
        const Found found = subject_.find(path);
        const Value* value = found.value;
        const bool scalar = value != nullptr && !value->is_map() && !value->is_list() && !value->is_null();
        findings_.push_back(
            {.at = found,
             .message = fmt::format("{} stands in the recipe, where nobody reads it: its place is at the "
                                    "root of the configuration, beside the recipe",
                                    truncate(Value::string(path))),
             .fix = scalar ? fmt::format("--recipe-set=~{} --recipe-set=++{}={}", found.path, path,
                                         config::to_python_text(*value))
                           : std::string()});
    }

    const Subject& subject_;
    const Value& read_;
    std::vector<std::string> moot_;
    std::vector<std::string> names_;
    Findings findings_;
};

Findings unknown_key(const Subject& s) {
    const Value* recipe = s.root.find("recipes");
    if (recipe == nullptr) return {};
    UnknownKeys keys(s);
    keys.search(*recipe, {});
    return keys.take();
}

constexpr std::array<Rule, 2> table{{
    {codes::program.unsupported, says_its_keys, unsupported},
    {codes::program.unknown_key, says_its_keys, unknown_key},
}};

}  // namespace

std::span<const Rule> program_keys_rules() {
    return table;
}

}  // namespace recipe::validate
