// SPDX-License-Identifier: Apache-2.0
// Hydra's OverrideParser.g4 by recursive descent.
#include "config/override/override_ast.hpp"
#include "config/override/override_functions.hpp"
#include "config/override/override_lexer.hpp"
#include "config/python/utf8.hpp"
#include "config/value/place.hpp"
#include "config/value/value_data.hpp"
#include "diagnostic/codes/compose.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <span>
#include <unordered_map>

namespace recipe::config {
namespace {

constexpr int max_nesting = 64;
constexpr std::size_t max_override_bytes = 64 * 1024;

struct SyntaxError {
    std::size_t position = 0;
    std::string message;
    std::string fix{};
};

bool may_be_in_primitive(TokenType type) {
    switch (type) {
        case TokenType::identifier:
        case TokenType::null:
        case TokenType::integer:
        case TokenType::floating:
        case TokenType::boolean:
        case TokenType::interpolation:
        case TokenType::unquoted_character:
        case TokenType::colon:
        case TokenType::escape:
        case TokenType::blanks:
            return true;
        default:
            return false;
    }
}

bool may_be_in_map_key(TokenType type) {
    return type != TokenType::colon && type != TokenType::interpolation && may_be_in_primitive(type);
}

/// 'it\'s' -> it's: only backslashes before a quote count, and there each pair stands for one.
std::string unquote(std::string_view quoted) {
    const char quote = quoted.front();
    quoted.remove_prefix(1);
    std::string plain;
    std::size_t backslashes = 0;
    for (const char c : quoted) {
        if (c == '\\') {
            ++backslashes;
            continue;
        }
        if (c == quote) {
            plain.append(backslashes / 2, '\\');
            if (backslashes % 2 == 1) plain += quote;  // an even number stands only before the closing quote
        } else {
            plain.append(backslashes, '\\');
            plain += c;
        }
        backslashes = 0;
    }
    return plain;
}

/// Several tokens are one text with the escapes undone; one token is what it looks like. nullopt for an integer with
/// too many digits. Blanks before a value belong to the token before it.
std::optional<Value> primitive_of(std::span<const Token> tokens) {
    if (tokens.back().type == TokenType::blanks) tokens = tokens.first(tokens.size() - 1);
    if (tokens.size() == 1) return value_of(tokens.front());
    std::string text;
    for (const Token& token : tokens)
        text += token.type == TokenType::escape ? unescape_pairs(token.text) : std::string(token.text);
    return Value::string(std::move(text));
}

/// The same override with its value, which there is, in quotes: what is meant most often when a value does not parse.
std::string quoted_form(std::string_view text) {
    const std::size_t equal = text.find('=');
    if (text.find_first_of("'\n", equal) != std::string_view::npos) return {};
    if (text.ends_with('\\')) return {};
    return fmt::format("{}='{}'", text.substr(0, equal), text.substr(equal + 1));
}

class Parser {
public:
    Parser(const std::vector<Token>& tokens, std::string_view text) : tokens_(tokens), text_(text) {}

    std::optional<ParsedOverride> parse() {
        ParsedOverride parsed;
        if (accept(TokenType::tilde)) {
            parsed.type = ParsedOverride::Type::remove;
        } else if (accept(TokenType::plus)) {
            parsed.type = accept(TokenType::plus) ? ParsedOverride::Type::force_add : ParsedOverride::Type::add;
        }
        parsed.key_column = peek().position;
        if (!parse_key(parsed)) return std::nullopt;
        if (peek().type == TokenType::end && parsed.type == ParsedOverride::Type::remove) return parsed;
        if (peek().type != TokenType::equal) {
            const std::string name = parsed.key.empty() ? "KEY" : parsed.key;
            return fail_at(peek(), "expected `=` after the key", name + "=VALUE");
        }
        next();
        parsed.value_column = peek().position;
        if (peek().type == TokenType::end) {
            parsed.value = Element::of(Value::string(""));  // `key=` is the empty string
            return parsed;
        }
        auto value = parse_value();
        if (!value) return std::nullopt;
        parsed.value = std::move(*value);
        return parsed;
    }

    [[nodiscard]] const SyntaxError& error() const { return error_; }

private:
    [[nodiscard]] const Token& peek() const { return tokens_[index_]; }
    [[nodiscard]] const Token& peek_second() const { return tokens_[std::min(index_ + 1, tokens_.size() - 1)]; }
    const Token& next() { return tokens_[index_ + 1 < tokens_.size() ? index_++ : index_]; }
    bool accept(TokenType type) {
        if (peek().type != type) return false;
        next();
        return true;
    }

    std::nullopt_t fail_at(const Token& token, std::string message, std::string fix = {}) {
        error_ = {token.position, std::move(message), std::move(fix)};
        return std::nullopt;
    }

    std::nullopt_t fail_unexpected(const Token& token, std::string_view expected) {
        if (token.type == TokenType::end)
            return fail_at(token, fmt::format("the value ends here; expected {}", expected));
        std::string fix;
        const bool in_brackets = text_.contains("=[") || text_.contains("={");
        if (token.type == TokenType::equal && !in_brackets) fix = quoted_form(text_);
        return fail_at(token, fmt::format("unexpected `{}`; expected {}", quotable(token.text), expected),
                       std::move(fix));
    }

    bool parse_key(ParsedOverride& parsed) {
        parsed.key = parse_package();
        while (peek().type == TokenType::slash) {
            // Only identifiers join to a group path.
            const bool group_so_far = !parsed.key.empty() && parsed.key.find_first_of(".$") == std::string::npos;
            if (!group_so_far || peek_second().type != TokenType::identifier) {
                fail_at(peek(), "unexpected `/`; a group path is made of names: cluster/special=OPTION");
                return false;
            }
            next();
            parsed.key += '/';
            parsed.key += next().text;
        }
        if (accept(TokenType::at)) parsed.package = parse_package();
        return true;
    }

    std::string parse_package() {
        const TokenType type = peek().type;
        if (type != TokenType::identifier && type != TokenType::special_key && type != TokenType::dotted_path)
            return {};
        return std::string(next().text);
    }

    /// element | element (COMMA element)+
    std::optional<Element> parse_value() {
        std::vector<Element> elements;
        do {
            auto element = parse_element(0);
            if (!element) return std::nullopt;
            elements.push_back(std::move(*element));
        } while (accept(TokenType::comma));
        if (peek().type != TokenType::end) return fail_unexpected(peek(), "the end of the value");
        if (elements.size() == 1) return std::move(elements.front());
        return make_sweep({.kind = Sweep::Kind::simple_choice, .list = std::move(elements)});
    }

    std::optional<Element> parse_element(int depth) {
        if (depth > max_nesting) return fail_at(peek(), fmt::format("nested deeper than {}", max_nesting));
        switch (peek().type) {
            case TokenType::bracket_open:
                return parse_list(depth);
            case TokenType::brace_open:
                return parse_map(depth);
            case TokenType::quoted_value: {
                const Token& token = next();
                Element element = Element::of(Value::string(unquote(token.text)));
                element.quote = token.text.front();
                return element;
            }
            case TokenType::identifier:
                if (peek_second().type == TokenType::parenthesis_open) return parse_function(depth);
                break;
            default:
                break;
        }
        return parse_primitive(may_be_in_primitive, "a value");
    }

    template <class MayBe>
    std::optional<Element> parse_primitive(MayBe may_be, std::string_view expected) {
        const std::size_t first = index_;
        while (may_be(peek().type)) next();
        if (index_ == first) return fail_unexpected(peek(), expected);
        auto value = primitive_of(std::span(tokens_).subspan(first, index_ - first));
        if (!value) return fail_at(tokens_[first], "a number with too many digits");
        return Element::of(std::move(*value));
    }

    std::optional<Element> parse_list(int depth) {
        next();
        Element list{.kind = Element::Kind::list};
        if (accept(TokenType::bracket_close)) return list;
        do {
            auto item = parse_element(depth + 1);
            if (!item) return std::nullopt;
            list.items.push_back(std::move(*item));
        } while (accept(TokenType::comma));
        if (!accept(TokenType::bracket_close)) return fail_unexpected(peek(), "`,` or `]`");
        return list;
    }

    std::optional<Element> parse_map(int depth) {
        next();
        Element map{.kind = Element::Kind::map};
        if (accept(TokenType::brace_close)) return map;
        std::unordered_map<std::string, std::size_t>
            places;  // a key given again keeps its place and takes the new value
        do {
            auto key = parse_primitive(may_be_in_map_key, "a key without quotes");
            if (!key) return std::nullopt;
            if (!accept(TokenType::colon)) return fail_unexpected(peek(), "`:` after a key");
            auto value = parse_element(depth + 1);
            if (!value) return std::nullopt;
            const auto [place, is_new] = places.emplace(key_identity(key->scalar), map.entries.size());
            if (is_new) {
                map.entries.push_back({std::move(key->scalar), std::move(*value)});
            } else {
                map.entries[place->second].value = std::move(*value);
            }
        } while (accept(TokenType::comma));
        if (!accept(TokenType::brace_close)) return fail_unexpected(peek(), "`,` or `}`");
        return map;
    }

    bool parse_argument(FunctionCall& call, int depth) {
        std::string name;
        if (peek().type == TokenType::identifier && peek_second().type == TokenType::equal) {
            name = std::string(next().text);
            next();
        } else if (!call.named.empty()) {
            fail_at(peek(), "an argument without a name follows one with a name");
            return false;
        }
        auto value = parse_element(depth + 1);
        if (!value) return false;
        if (name.empty()) {
            call.arguments.push_back(std::move(*value));
        } else {
            call.named.insert_or_assign(std::move(name), std::move(*value));
        }
        return true;
    }

    std::optional<Element> parse_function(int depth) {
        const Token& name = next();
        next();
        FunctionCall call{.name = std::string(name.text)};
        if (!accept(TokenType::parenthesis_close)) {
            do {
                if (!parse_argument(call, depth)) return std::nullopt;
            } while (accept(TokenType::comma));
            if (!accept(TokenType::parenthesis_close)) return fail_unexpected(peek(), "`,` or `)`");
        }
        auto result = evaluate(std::move(call));
        if (!result) return fail_at(name, std::move(result.error()));
        return std::move(*result);
    }

    const std::vector<Token>& tokens_;
    std::string_view text_;
    std::size_t index_ = 0;
    SyntaxError error_;
};

std::string lexical_message(std::string_view text, std::size_t position) {
    const char c = text[position];
    if (c == '"' || c == '\'') return "this quote is not closed";
    const std::string_view rest = text.substr(position);
    const std::string_view character = rest.substr(0, decode_utf8(rest).value_or(DecodedCharacter{.length = 1}).length);
    const std::string shown = c == '\n' ? "a line break" : fmt::format("`{}`", quotable(character));
    if (text.substr(0, position).find('=') == std::string_view::npos)
        return fmt::format("{} cannot stand in a key; keys are names joined by dots: trainer.num_nodes", shown);
    return fmt::format("{} cannot stand in a value without quotes", shown);
}

/// `trainer.num_nodes:4` and `trainer.num_nodes 4` with the `=` that is meant; empty for anything else.
std::string with_equal_sign(std::string_view text) {
    const std::size_t begin = text.find_first_not_of("+~");
    const std::size_t end = text.find_first_of(": ", std::min(begin, text.size()));
    if (end == std::string_view::npos || end == begin || text.contains('=')) return {};
    const std::string_view key = text.substr(begin, end - begin);
    const bool is_key =
        std::ranges::all_of(key, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '.'; }) &&
        std::isdigit(static_cast<unsigned char>(key.front())) == 0 && !key.ends_with('.');
    const std::size_t value = text.find_first_not_of(": ", end);
    if (!is_key || value == std::string_view::npos) return {};
    return fmt::format("{}={}", text.substr(0, end), text.substr(value));
}

}  // namespace

Expected<ParsedOverride> parse_override(const Override& given) {
    const auto refuse_syntax = [&given](std::size_t position, std::string message, std::string fix) {
        return refuse({.code = codes::compose.override_syntax,
                       .source = typed_source(given, position),
                       .message = std::move(message),
                       .fix = std::move(fix)});
    };
    if (given.text.size() > max_override_bytes)
        return refuse_syntax(0, fmt::format("longer than {} bytes", max_override_bytes), "");
    if (given.text.empty()) return refuse_syntax(0, "an empty override; expected KEY=VALUE", "");
    if (const std::size_t bad = find_invalid_utf8(given.text); bad != std::string::npos)
        return refuse_syntax(bad, "not UTF-8, and a recipe's texts are", "");
    const OverrideTokens lexed = tokenize_override(given.text);
    if (const std::string meant = with_equal_sign(given.text); !meant.empty() && parse_override({meant, given.name}))
        return refuse_syntax(meant.find('='), "a key and its value are joined by `=`", meant);
    if (lexed.error) {
        const std::size_t position = lexed.error->position;
        const bool in_value = std::string_view(given.text).substr(0, position).find('=') != std::string_view::npos;
        return refuse_syntax(position, lexical_message(given.text, position), in_value ? quoted_form(given.text) : "");
    }
    Parser parser(lexed.tokens, given.text);
    auto parsed = parser.parse();
    if (parsed) return std::move(*parsed);
    return refuse_syntax(parser.error().position, parser.error().message, parser.error().fix);
}

}  // namespace recipe::config
