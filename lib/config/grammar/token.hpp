// SPDX-License-Identifier: Apache-2.0
// Tokens that Hydra's override grammar and OmegaConf's interpolation grammar have in common. Internal to lib/config.
#pragma once

#include "config/value/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace recipe::config {

enum class TokenType : std::uint8_t {
    end,
    // punctuation
    equal,
    tilde,
    plus,
    at,
    colon,
    slash,
    comma,
    dot,
    parenthesis_open,
    parenthesis_close,
    bracket_open,
    bracket_close,
    brace_open,
    brace_close,
    // scalars
    identifier,
    floating,
    integer,
    boolean,
    null,
    unquoted_character,
    escape,
    blanks,
    // keys of overrides
    special_key,
    dotted_path,
    // overrides only: whole at once
    quoted_value,
    interpolation,
    // interpolations only
    interpolation_open,
    interpolation_close,
    interpolation_key,
    quote_open,
    quote_close,
    text,
    escaped_interpolation,
    top_escape,
    quoted_escape,
};

struct Token {
    TokenType type = TokenType::end;
    std::string_view text;
    std::size_t position = 0;  // in bytes from the start
};

struct ScalarToken {
    TokenType type;
    std::size_t length;
};

/// The longest token of a value at the start of `text` among those that both grammars share: punctuation with the
/// blanks around it, numbers, words, escapes. nullopt when none matches. Blanks belong to the punctuation that follows
/// them.
[[nodiscard]] std::optional<ScalarToken> match_value_token(std::string_view text, bool parentheses_and_equal) noexcept;

/// (CHAR|'_') (CHAR|DIGIT|'_'|'-')*: its length, 0 when there is none.
[[nodiscard]] std::size_t match_identifier(std::string_view text) noexcept;
/// '0' | [1-9] ('_'? DIGIT)*
[[nodiscard]] std::size_t match_unsigned_integer(std::string_view text) noexcept;

/// The value that one token of a scalar stands for: 1, 1.5, true, null, or its text. nullopt for an integer with too
/// many digits.
[[nodiscard]] std::optional<Value> value_of(const Token& token);

/// "\(a\)" -> "(a)": every other character of a run of escapes.
[[nodiscard]] std::string unescape_pairs(std::string_view text);

}  // namespace recipe::config
