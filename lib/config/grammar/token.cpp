// SPDX-License-Identifier: Apache-2.0
// The tokens that Hydra's and OmegaConf's grammars share.
#include "config/grammar/token.hpp"
#include "config/python/characters.hpp"
#include "config/python/python_number.hpp"

#include <algorithm>

namespace recipe::config {
namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

std::size_t match_blanks(std::string_view text) noexcept {
    return std::min(text.find_first_not_of(" \t"), text.size());
}

/// DIGIT ('_'? DIGIT)*
std::size_t match_grouped_digits(std::string_view text) noexcept {
    if (text.empty() || !is_digit(text.front())) return 0;
    std::size_t length = 1;
    while (length < text.size()) {
        if (is_digit(text[length])) {
            ++length;
        } else if (text[length] == '_' && length + 1 < text.size() && is_digit(text[length + 1])) {
            length += 2;
        } else {
            break;
        }
    }
    return length;
}

/// INT_UNSIGNED '.' | INT_UNSIGNED? '.' DIGIT (('_')? DIGIT)*
std::size_t match_point_float(std::string_view text) noexcept {
    const std::size_t whole = match_unsigned_integer(text);
    if (whole >= text.size() || text[whole] != '.') return 0;
    const std::size_t fraction = match_grouped_digits(text.substr(whole + 1));
    if (fraction > 0) return whole + 1 + fraction;
    return whole > 0 ? whole + 1 : 0;
}

/// (INT_UNSIGNED | POINT_FLOAT) [eE] [+-]? DIGIT (('_')? DIGIT)*
std::size_t match_exponent_float(std::string_view text) noexcept {
    for (const std::size_t mantissa : {match_point_float(text), match_unsigned_integer(text)}) {
        if (mantissa == 0 || mantissa >= text.size() || (text[mantissa] != 'e' && text[mantissa] != 'E')) continue;
        std::size_t length = mantissa + 1;
        if (length < text.size() && (text[length] == '+' || text[length] == '-')) ++length;
        const std::size_t digits = match_grouped_digits(text.substr(length));
        if (digits > 0) return length + digits;
    }
    return 0;
}

/// The word in any case.
std::size_t match_word(std::string_view text, std::string_view word) noexcept {
    if (text.size() < word.size()) return 0;
    const bool same =
        std::ranges::equal(text.substr(0, word.size()), word, [](char a, char b) { return lower(a) == b; });
    return same ? word.size() : 0;
}

std::size_t match_sign(std::string_view text) noexcept {
    return !text.empty() && (text.front() == '+' || text.front() == '-') ? 1 : 0;
}

std::size_t match_float(std::string_view text) noexcept {
    const std::size_t sign = match_sign(text);
    const std::string_view rest = text.substr(sign);
    const std::size_t length = std::max(
        {match_point_float(rest), match_exponent_float(rest), match_word(rest, "inf"), match_word(rest, "nan")});
    return length > 0 ? sign + length : 0;
}

std::size_t match_integer(std::string_view text) noexcept {
    const std::size_t sign = match_sign(text);
    const std::size_t length = match_unsigned_integer(text.substr(sign));
    return length > 0 ? sign + length : 0;
}

std::size_t match_escapes(std::string_view text) noexcept {
    std::size_t length = 0;
    while (length + 1 < text.size() && text[length] == '\\' &&
           std::string_view("\\()[]{}:=, \t").find(text[length + 1]) != std::string_view::npos)
        length += 2;
    return length;
}

/// Punctuation that swallows the blanks before it, and some those after it.
std::optional<ScalarToken> match_punctuation(std::string_view text, bool parentheses_and_equal) noexcept {
    const std::size_t before = match_blanks(text);
    if (before == text.size()) return std::nullopt;
    const std::size_t after = match_blanks(text.substr(before + 1));
    const std::size_t closed = before + 1;
    const std::size_t open = closed + after;
    switch (text[before]) {
        case ',':
            return ScalarToken{TokenType::comma, open};
        case ':':
            return ScalarToken{TokenType::colon, open};
        case ']':
            return ScalarToken{TokenType::bracket_close, closed};
        case '}':
            return ScalarToken{TokenType::brace_close, closed};
        case '=':
            if (parentheses_and_equal) return ScalarToken{TokenType::equal, open};
            break;
        case '(':
            if (parentheses_and_equal) return ScalarToken{TokenType::parenthesis_open, open};
            break;
        case ')':
            if (parentheses_and_equal) return ScalarToken{TokenType::parenthesis_close, closed};
            break;
        case '[':
            if (before == 0) return ScalarToken{TokenType::bracket_open, open};
            break;
        case '{':
            if (before == 0) return ScalarToken{TokenType::brace_open, open};
            break;
        default:
            break;
    }
    return std::nullopt;
}

}  // namespace

std::size_t match_identifier(std::string_view text) noexcept {
    if (text.empty() || (!is_letter(text.front()) && text.front() != '_')) return 0;
    std::size_t length = 1;
    while (length < text.size() &&
           (is_letter(text[length]) || is_digit(text[length]) || text[length] == '_' || text[length] == '-'))
        ++length;
    return length;
}

std::size_t match_unsigned_integer(std::string_view text) noexcept {
    if (text.empty() || !is_digit(text.front())) return 0;
    return text.front() == '0' ? 1 : match_grouped_digits(text);
}

std::optional<ScalarToken> match_value_token(std::string_view text, bool parentheses_and_equal) noexcept {
    if (text.empty()) return std::nullopt;
    if (const auto punctuation = match_punctuation(text, parentheses_and_equal)) return punctuation;
    if (is_blank(text.front())) return ScalarToken{TokenType::blanks, match_blanks(text)};

    // The longest match wins, on a tie the first in this order.
    ScalarToken best{TokenType::end, 0};
    const auto offer = [&best](TokenType type, std::size_t length) {
        if (length > best.length) best = {type, length};
    };
    offer(TokenType::floating, match_float(text));
    offer(TokenType::integer, match_integer(text));
    offer(TokenType::boolean, std::max(match_word(text, "true"), match_word(text, "false")));
    offer(TokenType::null, match_word(text, "null"));
    if (std::string_view("/-\\+.$%*@?|").find(text.front()) != std::string_view::npos)
        offer(TokenType::unquoted_character, 1);
    offer(TokenType::identifier, match_identifier(text));
    offer(TokenType::escape, match_escapes(text));
    if (best.length == 0) return std::nullopt;
    return best;
}

std::optional<Value> value_of(const Token& token) {
    switch (token.type) {
        case TokenType::null:
            return Value::null();
        case TokenType::boolean:
            return Value::boolean(token.text.front() == 't' || token.text.front() == 'T');
        case TokenType::floating:
            return Value::floating(python_float(token.text).value_or(0));
        case TokenType::escape:
            return Value::string(unescape_pairs(token.text));
        case TokenType::integer: {
            auto integer = python_int(token.text);
            if (!integer) return std::nullopt;
            return Value::integer(std::move(*integer));
        }
        default:
            return Value::string(std::string(token.text));
    }
}

std::string unescape_pairs(std::string_view text) {
    std::string plain;
    for (std::size_t i = 1; i < text.size(); i += 2) plain += text[i];
    return plain;
}

}  // namespace recipe::config
