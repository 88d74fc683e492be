// SPDX-License-Identifier: Apache-2.0
// A string with interpolations, parsed: OmegaConf's grammar (OmegaConfGrammarLexer.g4, OmegaConfGrammarParser.g4).
// Internal to lib/config.
#pragma once

#include "config/grammar/token.hpp"
#include "config/value/value.hpp"

#include <expected>

namespace recipe::config::interpolation {

struct Interpolation;
struct ElementEntry;

/// A piece of text, or an interpolation whose result becomes one.
struct Part {
    std::string text;
    std::shared_ptr<const Interpolation> interpolation;  // then `text` does not count
};
using Parts = std::vector<Part>;

/// An argument of a resolver, an item of a list, a value of a map.
struct Element {
    enum class Kind : std::uint8_t {
        scalar,         // `scalar`
        interpolation,  // one interpolation alone: its result keeps its type
        text,           // `parts` joined
        quoted,         // the same in quotes: a string even when it is one interpolation alone
        list,
        map,
    };

    Kind kind = Kind::scalar;
    Value scalar;
    Parts parts;
    std::vector<Element> items;
    std::vector<ElementEntry> entries;
};

struct ElementEntry {
    Value key;
    Element value;
};

/// ${a.b[c]}, ${..a}: the pieces of the path in their order, dots and brackets among them; or ${name:arguments}.
struct Interpolation {
    bool is_resolver = false;
    Parts path;  // of a resolver: its name, dots among the pieces
    std::vector<Element> arguments;
    std::string source;        // as it stands in the string
    std::size_t position = 0;  // bytes before it in the string
};

/// A whole string. One part that is an interpolation keeps the type of its result.
struct Text {
    Parts parts;
};

struct SyntaxError {
    std::size_t position = 0;
    std::string message;
};

/// The rule configValue. Depth is bounded.
[[nodiscard]] std::expected<Text, SyntaxError> parse_text(std::string_view text);
/// The rule singleElement, which oc.decode uses.
[[nodiscard]] std::expected<Element, SyntaxError> parse_element(std::string_view text);

/// Whether OmegaConf takes a string for an interpolation: escaped ones count, since they are to be unescaped.
[[nodiscard]] inline bool has_interpolation(std::string_view text) noexcept {
    return text.find("${") != std::string_view::npos;
}

enum class LexerMode : std::uint8_t { top, value, interpolation, single_quoted, double_quoted };

struct Tokens {
    std::vector<Token> tokens;  // ends with TokenType::end
    std::optional<SyntaxError> error;
};

[[nodiscard]] Tokens tokenize(std::string_view text, LexerMode mode);

/// The path of a text that is one reference from the root and nothing else, made of identifiers and dots: "a.b" of
/// "${a.b}". Nearly all interpolations are; these need no parser. nullopt: parse_text() tells what it is.
[[nodiscard]] std::optional<std::string_view> plain_reference(std::string_view text) noexcept;

}  // namespace recipe::config::interpolation
