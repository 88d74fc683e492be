// SPDX-License-Identifier: Apache-2.0
// Splits an override into Hydra's tokens.
#include "config/override/override_lexer.hpp"
#include "config/python/characters.hpp"

#include <algorithm>

namespace recipe::config {
namespace {

/// (CHAR|'_'|'$') (CHAR|DIGIT|'_'|'-'|'$')*
std::size_t match_special_key(std::string_view text) {
    if (text.empty() || (!is_letter(text.front()) && text.front() != '_' && text.front() != '$')) return 0;
    std::size_t length = 1;
    while (length < text.size() && (is_letter(text[length]) || is_digit(text[length]) || text[length] == '_' ||
                                    text[length] == '-' || text[length] == '$'))
        ++length;
    return length;
}

/// (KEY_SPECIAL | INT_UNSIGNED) ('.' (KEY_SPECIAL | INT_UNSIGNED))+
std::size_t match_dotted_path(std::string_view text) {
    const auto match_part = [](std::string_view rest) {
        return std::max(match_special_key(rest), match_unsigned_integer(rest));
    };
    std::size_t length = match_part(text);
    bool dotted = false;
    while (length > 0 && length < text.size() && text[length] == '.') {
        const std::size_t part = match_part(text.substr(length + 1));
        if (part == 0) break;
        length += 1 + part;
        dotted = true;
    }
    return dotted ? length : 0;
}

std::optional<ScalarToken> match_key_token(std::string_view text) {
    switch (text.front()) {
        case '=':
            return ScalarToken{TokenType::equal,
                               1 + std::min(text.substr(1).find_first_not_of(" \t"), text.size() - 1)};
        case '~':
            return ScalarToken{TokenType::tilde, 1};
        case '+':
            return ScalarToken{TokenType::plus, 1};
        case '@':
            return ScalarToken{TokenType::at, 1};
        case ':':
            return ScalarToken{TokenType::colon, 1};
        case '/':
            return ScalarToken{TokenType::slash, 1};
        default:
            break;
    }
    ScalarToken best{TokenType::identifier, match_identifier(text)};
    if (const std::size_t length = match_special_key(text); length > best.length)
        best = {TokenType::special_key, length};
    if (const std::size_t length = match_dotted_path(text); length > best.length)
        best = {TokenType::dotted_path, length};
    if (best.length == 0) return std::nullopt;
    return best;
}

/// A quoted value ends at the first matching quote with an even number of backslashes before it.
std::size_t match_quoted_value(std::string_view text) {
    const char quote = text.front();
    std::size_t backslashes = 0;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == quote && backslashes % 2 == 0) return i + 1;
        backslashes = text[i] == '\\' ? backslashes + 1 : 0;
    }
    return 0;
}

/// '${' ~('}')+ '}'
std::size_t match_interpolation(std::string_view text) {
    if (!text.starts_with("${")) return 0;
    const std::size_t close = text.find('}');
    return close == std::string_view::npos || close == 2 ? 0 : close + 1;
}

std::optional<ScalarToken> match_in_value(std::string_view text) {
    if (text.front() == '"' || text.front() == '\'') {
        const std::size_t length = match_quoted_value(text);
        if (length == 0) return std::nullopt;
        return ScalarToken{TokenType::quoted_value, length};
    }
    if (const std::size_t length = match_interpolation(text); length > 0)
        return ScalarToken{TokenType::interpolation, length};
    return match_value_token(text, true);
}

}  // namespace

OverrideTokens tokenize_override(std::string_view text) {
    OverrideTokens result;
    bool in_value = false;
    std::size_t position = 0;
    while (position < text.size()) {
        const std::string_view rest = text.substr(position);
        const auto match = in_value ? match_in_value(rest) : match_key_token(rest);
        if (!match) {
            result.error = LexicalError{position};
            break;
        }
        result.tokens.push_back({match->type, rest.substr(0, match->length), position});
        if (match->type == TokenType::equal) in_value = true;
        position += match->length;
    }
    result.tokens.push_back({TokenType::end, {}, position});
    return result;
}

}  // namespace recipe::config
