// SPDX-License-Identifier: Apache-2.0
// OmegaConfGrammarLexer.g4: a lexer with a stack of modes.
#include "config/interpolation/interpolation_ast.hpp"

#include <algorithm>

namespace recipe::config::interpolation {
namespace {

constexpr std::size_t max_mode_depth = 200;

std::size_t count_leading(std::string_view text, char c) {
    return std::min(text.find_first_not_of(c), text.size());
}

std::size_t count_blanks(std::string_view text) {
    return std::min(text.find_first_not_of(" \t"), text.size());
}

/// Outside of interpolations, at top level or between quotes (`quote` is 0 at top level).
ScalarToken match_in_text(std::string_view text, char quote) {
    if (text.starts_with("${")) return {TokenType::interpolation_open, 2 + count_blanks(text.substr(2))};
    if (quote != 0 && text.front() == quote) return {TokenType::quote_close, 1};

    // Text runs to the next `$` or quote, but never ends in a backslash, which may belong to what follows.
    const std::string_view stops = quote == 0 ? "$" : quote == '\'' ? "'$" : "\"$";
    const std::size_t run = std::min(text.find_first_of(stops), text.size());
    const std::size_t last = text.substr(0, run).find_last_not_of('\\');
    if (last != std::string_view::npos) return {TokenType::text, last + 1};

    if (text.front() == '\\') {
        const std::size_t backslashes = count_leading(text, '\\');
        const std::string_view after = text.substr(backslashes);
        if (backslashes % 2 == 1 && after.starts_with("${")) return {TokenType::escaped_interpolation, backslashes + 2};
        if (backslashes % 2 == 1 && quote != 0 && after.starts_with(quote)) return {TokenType::escape, backslashes + 1};
        if (backslashes % 2 == 0) return {quote == 0 ? TokenType::top_escape : TokenType::quoted_escape, backslashes};
        return {TokenType::text, backslashes};
    }
    return {TokenType::text, 1};  // a `$` that opens nothing
}

std::optional<ScalarToken> match_in_value(std::string_view text) {
    if (text.starts_with("${")) return ScalarToken{TokenType::interpolation_open, 2 + count_blanks(text.substr(2))};
    if (text.front() == '\'' || text.front() == '"') return ScalarToken{TokenType::quote_open, 1};
    return match_value_token(text, false);
}

std::optional<ScalarToken> match_in_interpolation(std::string_view text) {
    const std::size_t blanks = count_blanks(text);
    if (blanks < text.size()) {
        const char c = text[blanks];
        if (c == ':') return ScalarToken{TokenType::colon, blanks + 1 + count_blanks(text.substr(blanks + 1))};
        if (c == '}') return ScalarToken{TokenType::interpolation_close, blanks + 1};
    }
    if (text.starts_with("${")) {
        // A key made of `$` alone is one character long here, so that the opening is always the longer match.
        return ScalarToken{TokenType::interpolation_open, 2 + count_blanks(text.substr(2))};
    }
    switch (text.front()) {
        case '.':
            return ScalarToken{TokenType::dot, 1};
        case '[':
            return ScalarToken{TokenType::bracket_open, 1};
        case ']':
            return ScalarToken{TokenType::bracket_close, 1};
        default:
            break;
    }
    const std::size_t key = std::min(text.find_first_of("\\{}()[]:. \t'\""), text.size());
    if (key == 0) return std::nullopt;
    const std::size_t identifier = match_identifier(text);
    return ScalarToken{identifier >= key ? TokenType::identifier : TokenType::interpolation_key, key};
}

}  // namespace

Tokens tokenize(std::string_view text, LexerMode mode) {
    Tokens result;
    std::vector<LexerMode> outer;
    std::size_t position = 0;
    const auto fail = [&](std::string message) { result.error = SyntaxError{position, std::move(message)}; };
    while (position < text.size() && !result.error) {
        const std::string_view rest = text.substr(position);
        std::optional<ScalarToken> match;
        switch (mode) {
            case LexerMode::top:
                match = match_in_text(rest, 0);
                break;
            case LexerMode::single_quoted:
                match = match_in_text(rest, '\'');
                break;
            case LexerMode::double_quoted:
                match = match_in_text(rest, '"');
                break;
            case LexerMode::value:
                match = match_in_value(rest);
                break;
            case LexerMode::interpolation:
                match = match_in_interpolation(rest);
                break;
        }
        if (!match) {
            fail("this character cannot stand here");
            break;
        }
        result.tokens.push_back({match->type, rest.substr(0, match->length), position});
        const auto enter = [&](LexerMode inner) {
            if (outer.size() >= max_mode_depth) return fail("nested too deeply");
            outer.push_back(mode);
            mode = inner;
        };
        switch (match->type) {
            case TokenType::interpolation_open:
                enter(LexerMode::interpolation);
                break;
            case TokenType::brace_open:
                enter(LexerMode::value);
                break;
            case TokenType::quote_open:
                enter(rest.front() == '\'' ? LexerMode::single_quoted : LexerMode::double_quoted);
                break;
            case TokenType::colon:
                if (mode == LexerMode::interpolation) mode = LexerMode::value;
                break;
            case TokenType::interpolation_close:
            case TokenType::brace_close:
            case TokenType::quote_close:
                if (outer.empty()) {
                    fail("nothing is open that this could close");
                } else {
                    mode = outer.back();
                    outer.pop_back();
                }
                break;
            default:
                break;
        }
        position += match->length;
    }
    result.tokens.push_back({TokenType::end, {}, text.size()});
    return result;
}

std::optional<std::string_view> plain_reference(std::string_view text) noexcept {
    if (!text.starts_with("${") || !text.ends_with('}')) return std::nullopt;
    const std::string_view path = text.substr(2, text.size() - 3);
    for (std::string_view rest = path;;) {
        const std::size_t length = match_identifier(rest);
        if (length == 0) return std::nullopt;
        if (length == rest.size()) return path;
        if (rest[length] != '.') return std::nullopt;
        rest.remove_prefix(length + 1);
    }
}

}  // namespace recipe::config::interpolation
