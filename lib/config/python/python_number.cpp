// SPDX-License-Identifier: Apache-2.0
// Reads numbers as Python's int() and float() do.
#include "config/python/python_number.hpp"
#include "config/python/characters.hpp"
#include "config/python/number_text.hpp"
#include "config/python/utf8.hpp"

#include <algorithm>
#include <limits>

namespace recipe::config {
namespace {

std::string_view stripped(std::string_view text) {
    constexpr std::string_view blanks = " \t\n\r\v\f\x1c\x1d\x1e\x1f";
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// digits(_digits)*: moves them without lines to `plain`.
bool take_digits(std::string_view& text, std::string& plain) {
    if (text.empty() || !is_digit(text.front())) return false;
    while (!text.empty() && (is_digit(text.front()) || (text.size() > 1 && text[0] == '_' && is_digit(text[1])))) {
        if (text.front() != '_') plain += text.front();
        text.remove_prefix(1);
    }
    return true;
}

void take_sign(std::string_view& text, std::string& plain) {
    if (text.empty() || (text.front() != '+' && text.front() != '-')) return;
    if (text.front() == '-') plain += '-';
    text.remove_prefix(1);
}

/// What Python's str.strip() takes off beyond ASCII.
bool is_wide_blank(char32_t c) {
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
           c == 0x202F || c == 0x205F || c == 0x3000;
}

/// Digits of other scripts as ASCII digits, blanks as spaces; nullopt when there is another character beyond ASCII.
std::optional<std::string> with_ascii_digits(std::string_view text) {
    std::string plain;
    while (!text.empty()) {
        const auto decoded = decode_utf8(text);
        if (!decoded) return std::nullopt;
        if (decoded->character < 0x80) {
            plain += text.front();
        } else if (const auto digit = decimal_digit(decoded->character)) {
            plain += static_cast<char>('0' + *digit);
        } else if (is_wide_blank(decoded->character)) {
            plain += ' ';
        } else {
            return std::nullopt;
        }
        text.remove_prefix(decoded->length);
    }
    return plain;
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

std::optional<Integer> python_int(std::string_view text) {
    if (!is_ascii(text)) {
        const auto ascii = with_ascii_digits(text);
        return ascii ? python_int(*ascii) : std::nullopt;
    }
    text = stripped(text);
    std::string plain;
    take_sign(text, plain);
    if (!take_digits(text, plain) || !text.empty()) return std::nullopt;
    return Integer::from_digits(plain);
}

std::optional<double> python_float(std::string_view text) {
    if (!is_ascii(text)) {
        const auto ascii = with_ascii_digits(text);
        return ascii ? python_float(*ascii) : std::nullopt;
    }
    text = stripped(text);
    std::string plain;
    take_sign(text, plain);
    if (!text.empty() && !is_digit(text.front()) && text.front() != '.') {
        const std::string word = lower(text);
        const double sign = plain == "-" ? -1 : 1;
        if (word == "inf" || word == "infinity") return sign * std::numeric_limits<double>::infinity();
        if (word == "nan") return std::numeric_limits<double>::quiet_NaN();
        return std::nullopt;
    }
    const bool whole = take_digits(text, plain);
    if (!text.empty() && text.front() == '.') {
        plain += '.';
        text.remove_prefix(1);
        const bool fraction = take_digits(text, plain);
        if (!whole && !fraction) return std::nullopt;
    } else if (!whole) {
        return std::nullopt;
    }
    if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
        plain += 'e';
        text.remove_prefix(1);
        take_sign(text, plain);
        if (!take_digits(text, plain)) return std::nullopt;
    }
    if (!text.empty()) return std::nullopt;
    return parse_float(plain);
}

bool is_python_number(std::string_view text) {
    return python_int(text).has_value() || python_float(text).has_value();
}

}  // namespace recipe::config
