// SPDX-License-Identifier: Apache-2.0
// OmegaConfGrammarParser.g4 by recursive descent.
#include "config/interpolation/interpolation_ast.hpp"
#include "config/value/place.hpp"
#include "config/value/value_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace recipe::config::interpolation {
namespace {

constexpr int max_nesting = 64;

bool may_be_in_map_key(TokenType type) {
    switch (type) {
        case TokenType::identifier:
        case TokenType::null:
        case TokenType::integer:
        case TokenType::floating:
        case TokenType::boolean:
        case TokenType::unquoted_character:
        case TokenType::escape:
        case TokenType::blanks:
            return true;
        default:
            return false;
    }
}

bool may_be_in_primitive(TokenType type) {
    return type == TokenType::colon || type == TokenType::interpolation_open || may_be_in_map_key(type);
}

bool may_be_in_text(TokenType type) {
    switch (type) {
        case TokenType::interpolation_open:
        case TokenType::text:
        case TokenType::escape:
        case TokenType::escaped_interpolation:
        case TokenType::top_escape:
        case TokenType::quoted_escape:
            return true;
        default:
            return false;
    }
}

/// The text of a token once it is known what follows it: backslashes stand for fewer only before something special.
std::string unescaped(const Token& token, bool before_interpolation, bool last) {
    switch (token.type) {
        case TokenType::escaped_interpolation:
            return std::string(token.text.substr(token.text.size() - (token.text.size() / 2 + 1)));
        case TokenType::escape:
            return unescape_pairs(token.text);
        case TokenType::top_escape:
            return before_interpolation ? unescape_pairs(token.text) : std::string(token.text);
        case TokenType::quoted_escape:
            return before_interpolation || last ? unescape_pairs(token.text) : std::string(token.text);
        default:
            return std::string(token.text);
    }
}

class Parser {
public:
    Parser(std::string_view source, const std::vector<Token>& tokens) : source_(source), tokens_(tokens) {}

    std::optional<Text> parse_all() {
        Text text;
        // Outside of interpolations all is text, so that nothing can be left over.
        if (!parse_parts(text.parts, may_be_in_text, 0)) return std::nullopt;
        return text;
    }

    std::optional<Element> parse_single() {
        auto element = parse_element(0);
        if (element && peek().type != TokenType::end) return fail("nothing more may stand here");
        return element;
    }

    [[nodiscard]] const SyntaxError& error() const { return error_; }

private:
    [[nodiscard]] const Token& peek() const { return tokens_[index_]; }
    const Token& next() { return tokens_[index_ + 1 < tokens_.size() ? index_++ : index_]; }
    bool accept(TokenType type) {
        if (peek().type != type) return false;
        next();
        return true;
    }
    std::nullopt_t fail(std::string message) {
        if (error_.message.empty()) error_ = {peek().position, std::move(message)};
        return std::nullopt;
    }
    std::nullopt_t fail_unexpected(std::string_view expected) {
        if (peek().type == TokenType::end) return fail(fmt::format("it ends here; expected {}", expected));
        return fail(fmt::format("unexpected `{}`; expected {}", quotable(peek().text), expected));
    }

    /// One part or more; a part for each run of text and for each interpolation.
    template <class MayBe>
    bool parse_parts(Parts& parts, MayBe may_be, int depth) {
        if (!may_be(peek().type)) {
            fail_unexpected("text or an interpolation");
            return false;
        }
        while (may_be(peek().type)) {
            if (peek().type == TokenType::interpolation_open) {
                auto inner = parse_interpolation(depth + 1);
                if (!inner) return false;
                parts.push_back({{}, std::move(inner)});
                continue;
            }
            const Token& token = next();
            const bool last = !may_be(peek().type);
            std::string text = unescaped(token, peek().type == TokenType::interpolation_open, last);
            if (!parts.empty() && !parts.back().interpolation) {
                parts.back().text += text;
            } else {
                parts.push_back({std::move(text), nullptr});
            }
        }
        return true;
    }

    std::shared_ptr<const Interpolation> parse_interpolation(int depth) {
        if (depth > max_nesting) return fail("nested too deeply"), nullptr;
        auto result = std::make_shared<Interpolation>();
        result->position = next().position;
        // A path may begin with dots and hold brackets, the name of a resolver neither; which of the two it is shows
        // only at the `:` or `}`.
        bool could_be_name = true;
        while (peek().type == TokenType::dot) {
            could_be_name = false;
            result->path.push_back({".", nullptr});
            next();
        }
        if (!parse_path_step(*result, could_be_name, depth)) return nullptr;
        while (true) {
            if (peek().type == TokenType::dot) {
                result->path.push_back({".", nullptr});
                next();
                if (peek().type == TokenType::bracket_open) return fail_unexpected("a key after `.`"), nullptr;
                if (!parse_path_step(*result, could_be_name, depth)) return nullptr;
            } else if (peek().type == TokenType::bracket_open) {
                if (!parse_path_step(*result, could_be_name, depth)) return nullptr;
            } else {
                break;
            }
        }
        if (peek().type == TokenType::colon) {
            if (!could_be_name)
                return fail_unexpected("`}`, since a resolver's name is made of letters, digits, `_`, `-` and dots"),
                       nullptr;
            next();
            result->is_resolver = true;
            if (peek().type != TokenType::brace_close && !parse_sequence(result->arguments, depth)) return nullptr;
            if (peek().type != TokenType::brace_close) return fail_unexpected("`,` or `}`"), nullptr;
        } else if (peek().type != TokenType::interpolation_close) {
            return fail_unexpected("`.`, `[`, `:` or `}`"), nullptr;
        }
        const Token& close = next();
        result->source =
            std::string(source_.substr(result->position, close.position + close.text.size() - result->position));
        return result;
    }

    /// configKey, or one in brackets.
    bool parse_path_step(Interpolation& result, bool& could_be_name, int depth) {
        const bool bracketed = peek().type == TokenType::bracket_open;
        if (bracketed) {
            could_be_name = false;
            result.path.push_back({"[", nullptr});
            next();
        }
        if (peek().type == TokenType::interpolation_open) {
            auto inner = parse_interpolation(depth + 1);
            if (!inner) return false;
            result.path.push_back({{}, std::move(inner)});
        } else if (peek().type == TokenType::identifier || peek().type == TokenType::interpolation_key) {
            could_be_name = could_be_name && peek().type == TokenType::identifier;
            result.path.push_back({std::string(next().text), nullptr});
        } else {
            fail_unexpected("a key");
            return false;
        }
        if (!bracketed) return true;
        result.path.push_back({"]", nullptr});
        if (accept(TokenType::bracket_close)) return true;
        fail_unexpected("`]`");
        return false;
    }

    /// (element (COMMA element?)*) | (COMMA element?)+: a missing element is an empty string.
    bool parse_sequence(std::vector<Element>& elements, int depth) {
        const auto starts_element = [this] {
            const TokenType type = peek().type;
            return may_be_in_primitive(type) || type == TokenType::quote_open || type == TokenType::bracket_open ||
                   type == TokenType::brace_open;
        };
        const auto parse_next = [&] {
            if (!starts_element()) {
                elements.push_back({.scalar = Value::string("")});
                return true;
            }
            auto element = parse_element(depth + 1);
            if (element) elements.push_back(std::move(*element));
            return element.has_value();
        };
        if (!starts_element() && peek().type != TokenType::comma) {
            fail_unexpected("an argument");
            return false;
        }
        if (!parse_next()) return false;
        while (accept(TokenType::comma))
            if (!parse_next()) return false;
        return true;
    }

    std::optional<Element> parse_element(int depth) {
        if (depth > max_nesting) return fail("nested too deeply");
        switch (peek().type) {
            case TokenType::quote_open:
                return parse_quoted(depth);
            case TokenType::bracket_open:
                return parse_list(depth);
            case TokenType::brace_open:
                return parse_map(depth);
            default:
                return parse_primitive(depth);
        }
    }

    std::optional<Element> parse_quoted(int depth) {
        next();
        Element element{.kind = Element::Kind::quoted};
        if (accept(TokenType::quote_close)) return element;
        if (!parse_parts(element.parts, may_be_in_text, depth)) return std::nullopt;
        if (!accept(TokenType::quote_close)) return fail_unexpected("the closing quote");
        return element;
    }

    std::optional<Element> parse_list(int depth) {
        next();
        Element element{.kind = Element::Kind::list};
        if (accept(TokenType::bracket_close)) return element;
        if (!parse_sequence(element.items, depth)) return std::nullopt;
        if (!accept(TokenType::bracket_close)) return fail_unexpected("`,` or `]`");
        return element;
    }

    std::optional<Element> parse_map(int depth) {
        next();
        Element element{.kind = Element::Kind::map};
        if (accept(TokenType::brace_close)) return element;
        do {
            const std::size_t first = index_;
            while (may_be_in_map_key(peek().type)) next();
            if (index_ == first) return fail_unexpected("a key without quotes");
            auto key = scalar_of(first);
            if (!key) return std::nullopt;
            if (!accept(TokenType::colon)) return fail_unexpected("`:` after a key");
            auto value = parse_element(depth + 1);
            if (!value) return std::nullopt;
            element.entries.push_back({std::move(*key), std::move(*value)});
        } while (accept(TokenType::comma));
        if (!accept(TokenType::brace_close)) return fail_unexpected("`,` or `}`");
        return element;
    }

    std::optional<Element> parse_primitive(int depth) {
        const std::size_t first = index_;
        Element element;
        if (!parse_parts(element.parts, may_be_in_primitive, depth)) return std::nullopt;
        const bool has_interpolation =
            std::ranges::any_of(element.parts, [](const Part& part) { return part.interpolation != nullptr; });
        if (has_interpolation) {
            element.kind = element.parts.size() == 1 ? Element::Kind::interpolation : Element::Kind::text;
            return element;
        }
        auto scalar = scalar_of(first);
        if (!scalar) return std::nullopt;
        element.scalar = std::move(*scalar);
        element.parts.clear();
        return element;
    }

    /// What the tokens from `first` up to here stand for: one token is what it looks like, several are a text.
    std::optional<Value> scalar_of(std::size_t first) {
        const auto tokens = std::span(tokens_).subspan(first, index_ - first);
        if (tokens.size() == 1) {
            if (tokens.front().type == TokenType::blanks) return fail("blanks alone are no value");
            auto value = value_of(tokens.front());
            if (!value) return fail("a number with too many digits");
            return value;
        }
        std::string text;
        for (const Token& token : tokens) text += unescaped(token, false, false);
        return Value::string(std::move(text));
    }

    std::string_view source_;
    const std::vector<Token>& tokens_;
    std::size_t index_ = 0;
    SyntaxError error_;
};

}  // namespace

std::expected<Text, SyntaxError> parse_text(std::string_view text) {
    const Tokens lexed = tokenize(text, LexerMode::top);
    if (lexed.error) return std::unexpected(*lexed.error);
    Parser parser(text, lexed.tokens);
    auto parsed = parser.parse_all();
    if (!parsed) return std::unexpected(parser.error());
    return std::move(*parsed);
}

std::expected<Element, SyntaxError> parse_element(std::string_view text) {
    const Tokens lexed = tokenize(text, LexerMode::value);
    if (lexed.error) return std::unexpected(*lexed.error);
    Parser parser(text, lexed.tokens);
    auto parsed = parser.parse_single();
    if (!parsed) return std::unexpected(parser.error());
    return std::move(*parsed);
}

}  // namespace recipe::config::interpolation
