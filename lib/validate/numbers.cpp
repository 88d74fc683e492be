// SPDX-License-Identifier: Apache-2.0
// Numbers that are no positive ints, or are beyond all reason.
#include "validate/rule.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>

namespace recipe::validate {
namespace {

/// "auto" is a way to ask for all devices of a node, and for nothing else.
std::string explain_type(const Subject& subject, const Number& number) {
    const std::string* text = number.found.value->as_string();
    if (text != nullptr && *text == "auto" && &number == &subject.devices)
        return fmt::format("{} is auto, which needs a known instance_type", number.found.key);
    return fmt::format("{} is {}, but must be a positive int", number.found.key,
                       config::describe(number.found.value->kind()));
}

}  // namespace

std::optional<std::int64_t> coerce_int(const config::Value& given, std::int64_t most) {
    std::optional<std::int64_t> value;
    if (const std::string* text = given.as_string()) {
        if (const auto integer = config::Integer::from_digits(*text)) value = integer->to_int64();
    } else if (const auto floating = given.as_number();
               floating && std::abs(*floating) <= static_cast<double>(most) && std::trunc(*floating) == *floating) {
        value = static_cast<std::int64_t>(*floating);
    }
    if (!value || *value < 1 || *value > most) return std::nullopt;
    return value;
}

bool parse_bool(const config::Value& value) {
    if (const auto flag = value.as_bool()) return *flag;
    if (const auto number = value.as_number()) return *number == 1;
    constexpr std::array<std::string_view, 6> words{"1", "on", "t", "true", "y", "yes"};
    const std::string* text = value.as_string();
    if (text == nullptr || text->size() > 4) return false;
    std::string lower = *text;
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return std::ranges::count(words, lower) > 0;
}

std::string truncate(const config::Value& value) {
    constexpr std::size_t readable = 40;
    std::string text = config::to_python_text(value);
    if (text.size() <= readable) return text;
    // Not inside a UTF-8 sequence.
    std::size_t end = readable;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return text.substr(0, end) + "…";
}

std::string explain_range(std::string_view key, std::int64_t most) {
    return fmt::format("{} must be from 1 to {}", key, most);
}

Findings wrong_types(const Subject& subject, std::initializer_list<const Number*> numbers) {
    Findings findings;
    for (const Number* number : numbers) {
        if (number->state != Number::State::wrong_type && !number->lenient) continue;
        const auto value = coerce_int(*number->found.value, number->most);
        Finding finding{.at = number->found,
                        .message = explain_type(subject, *number),
                        .fix = value ? subject.set(number->found, std::to_string(*value)) : std::string()};
        if (number->lenient) finding.severity = Severity::warning;
        findings.push_back(std::move(finding));
    }
    return findings;
}

Findings wrong_ranges(std::initializer_list<const Number*> numbers) {
    Findings findings;
    for (const Number* number : numbers) {
        if (number->state != Number::State::out_of_range) continue;
        findings.push_back({.at = number->found,
                            .message = fmt::format("{}, not {}", explain_range(number->found.key, number->most),
                                                   truncate(*number->found.value)),
                            .fix = {}});
    }
    return findings;
}

}  // namespace recipe::validate
