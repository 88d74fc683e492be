// SPDX-License-Identifier: Apache-2.0
// Values that the family's program does not take: of another kind, out of range, no word that it knows. By table.
#include "diagnostic/codes/model.hpp"
#include "keys/keys.hpp"
#include "validate/rule.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

namespace recipe::validate {
namespace {

using config::Value;
using keys::Form;

constexpr std::int64_t no_least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t no_most = std::numeric_limits<std::int64_t>::max();

/// Of texts as well, as programs convert them: "1e-5" is a text in some YAML.
std::optional<double> number_of(const Value& value) {
    if (const auto number = value.as_number()) return number;
    const std::string* text = value.as_string();
    if (text == nullptr || text->empty()) return std::nullopt;
    double number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    return error == std::errc() && end == text->data() + text->size() ? std::optional(number) : std::nullopt;
}

bool is_within(double number, const keys::Value& row) {
    return (row.least == no_least || number >= static_cast<double>(row.least)) &&
           (row.most == no_most || number <= static_cast<double>(row.most));
}

/// Some programs turn words to upper or lower case first.
bool is_same_word(std::string_view a, std::string_view b) {
    return std::ranges::equal(
        a, b, {}, [](unsigned char c) { return std::tolower(c); }, [](unsigned char c) { return std::tolower(c); });
}

bool takes(const keys::Value& row, const Value& value) {
    switch (row.form) {
        case Form::integer:
        case Form::number: {
            const auto number = value.as_bool() ? std::nullopt : number_of(value);
            return number && is_within(*number, row) && (row.form == Form::number || std::trunc(*number) == *number);
        }
        case Form::flag:
            return value.as_bool().has_value();
        case Form::word:
            return value.is_string() && std::ranges::any_of(row.words, [&](std::string_view word) {
                       return is_same_word(word, *value.as_string());
                   });
        case Form::text:
            return value.is_string();
    }
    return true;
}

std::string form_of(const keys::Value& row) {
    const std::string_view what = row.form == Form::integer ? "an int" : "a number";
    switch (row.form) {
        case Form::integer:
        case Form::number:
            if (row.least != no_least && row.most != no_most)
                return fmt::format("{} from {} to {}", what, row.least, row.most);
            return row.least != no_least ? fmt::format("{}, {} or more", what, row.least) : std::string(what);
        case Form::flag:
            return "true or false";
        case Form::word:
            return fmt::format("{}", fmt::join(row.words, ", "));
        case Form::text:
            return "a text";
    }
    return {};
}

/// What is meant, as far as that is sure: the nearest word, the flag that a text stands for.
std::string meant(const keys::Value& row, const Value& value) {
    const std::string* text = value.as_string();
    if (row.form == Form::flag && text != nullptr) {
        if (parse_bool(value)) return "True";
        constexpr std::array<std::string_view, 6> no{"0", "off", "false", "False", "no", "n"};
        return std::ranges::find(no, *text) != no.end() ? "False" : "";
    }
    if (row.form != Form::word || text == nullptr) return {};
    const auto close = nearest(*text, {row.words.begin(), row.words.end()}, 1);
    return close.empty() ? std::string() : close.front();
}

/// Over Megatron a program takes the same values as over FSDP.
std::string_view table_of(std::string_view family) {
    constexpr std::string_view over_megatron = "_megatron";
    return family.ends_with(over_megatron) ? family.substr(0, family.size() - over_megatron.size()) : family;
}

/// A program that says its keys itself is judged by what it says.
bool has_values(const Subject& s) {
    return s.program_keys == nullptr && !keys::values_of(table_of(s.family.name)).empty();
}

Findings wrong_values(const Subject& s) {
    Findings findings;
    for (const keys::Value& row : keys::values_of(table_of(s.family.name))) {
        const Value* value = s.root.at(row.path);
        if (value == nullptr || value->is_null() || takes(row, *value)) continue;
        const Found found{.path = std::string(row.path), .key = config::typed_key(s.root, row.path), .value = value};
        const std::string better = meant(row, *value);
        findings.push_back(
            {.at = found,
             .message = fmt::format("{} is {} `{}`; {} takes {}", found.key, config::describe(value->kind()),
                                    truncate(*value), s.family.title, form_of(row)),
             .fix = better.empty() ? std::string() : s.set(found, better),
             .of_program = true});
    }
    return findings;
}

constexpr std::array<Rule, 1> table{{
    {codes::model.value, has_values, wrong_values},
}};

}  // namespace

std::span<const Rule> values_rules() {
    return table;
}

}  // namespace recipe::validate
