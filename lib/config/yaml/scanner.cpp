// SPDX-License-Identifier: Apache-2.0
// Splits a YAML document into tokens.
#include "config/yaml/scanner.hpp"
#include "config/python/characters.hpp"
#include "config/yaml/scalar_reader.hpp"

#include <algorithm>

namespace recipe::config {
namespace {

using Type = YamlToken::Type;

constexpr std::size_t max_key_bytes = 1024;  // characters; PyYAML's limit for keys without "?"

bool is_name_character(char c) {
    return is_digit(c) || is_letter(c) || c == '-' || c == '_';
}

}  // namespace

const YamlToken& YamlScanner::peek() {
    while (needs_more()) find_more();
    return tokens_.front();
}

YamlToken YamlScanner::next() {
    static_cast<void>(peek());  // makes sure of the first
    if (tokens_.front().type == Type::stream_end) return tokens_.front();
    YamlToken token = std::move(tokens_.front());
    tokens_.pop_front();
    ++taken_;
    return token;
}

/// A token is sure once no key can begin before it.
bool YamlScanner::needs_more() {
    if (ended_) return false;
    if (tokens_.empty()) return true;
    forget_stale_keys();
    return std::ranges::any_of(possible_keys_, [this](const auto& key) { return key && key->token == taken_; });
}

void YamlScanner::find_more() {
    skip_to_token();
    forget_stale_keys();
    unindent_to(cursor_.mark().column);
    if (cursor_.at_end()) return find_end();
    const char c = cursor_.peek();
    if (c == '%' && cursor_.mark().column == 0) return find_directive();
    if (cursor_.at_document_indicator('-')) return find_document_indicator(Type::document_start);
    if (cursor_.at_document_indicator('.')) return find_document_indicator(Type::document_end);
    const bool stands_alone = cursor_.at_blank_or_break(1);
    switch (c) {
        case '[':
            return open_flow(Type::flow_sequence_start);
        case '{':
            return open_flow(Type::flow_mapping_start);
        case ']':
            return close_flow(Type::flow_sequence_end);
        case '}':
            return close_flow(Type::flow_mapping_end);
        case ',':
            return find_flow_entry();
        case '-':
            if (stands_alone) return find_block_entry();
            break;
        case '?':
            if (in_flow() || stands_alone) return find_key();
            break;
        case ':':
            if (in_flow() || stands_alone) return find_value();
            break;
        case '*':
            return find_name(Type::alias);
        case '&':
            return find_name(Type::anchor);
        case '!':
            return find_tag();
        case '|':
        case '>':
            if (!in_flow()) return find_block_scalar();
            break;
        case '\'':
        case '"':
            return find_quoted_scalar();
        default:
            break;
    }
    if (starts_plain_scalar()) return find_plain_scalar();
    if (c == '\t') fail("a tab cannot stand here; use spaces, or quotes around the text");
    fail(std::string("nothing can begin with `") + c + "` here; put quotes around the text");
}

void YamlScanner::skip_to_token() {
    while (true) {
        cursor_.skip_spaces();
        if (cursor_.peek() == '#') cursor_.skip_to_break();
        if (cursor_.take_break().empty()) return;
        if (!in_flow()) may_start_key_ = true;
    }
}

// --- keys without "?" ------------------------------------------------------------------------------------------------

void YamlScanner::note_possible_key() {
    if (!may_start_key_) return;
    const bool required = !in_flow() && indent_ == cursor_.mark().column;
    forget_possible_key();
    possible_keys_.back() = PossibleKey{taken_ + tokens_.size(), required, cursor_.mark()};
}

void YamlScanner::forget_possible_key() {
    if (possible_keys_.back() && possible_keys_.back()->required)
        throw YamlSyntaxError{possible_keys_.back()->mark, "a `:` is missing after this key"};
    possible_keys_.back().reset();
}

void YamlScanner::forget_stale_keys() {
    for (auto& key : possible_keys_) {
        if (!key ||
            (key->mark.line == cursor_.mark().line && cursor_.mark().character - key->mark.character <= max_key_bytes))
            continue;
        if (key->required) throw YamlSyntaxError{key->mark, "a `:` is missing after this key"};
        key.reset();
    }
}

// --- indentation -----------------------------------------------------------------------------------------------------

bool YamlScanner::indent_to(int column) {
    if (indent_ >= column) return false;
    indents_.push_back(indent_);
    indent_ = column;
    return true;
}

void YamlScanner::unindent_to(int column) {
    if (in_flow()) return;
    while (indent_ > column) {
        indent_ = indents_.back();
        indents_.pop_back();
        tokens_.push_back({Type::block_end, cursor_.mark()});
    }
}

void YamlScanner::add(Type type, std::size_t bytes) {
    tokens_.push_back({type, cursor_.mark()});
    cursor_.forward(bytes);
}

// --- structure -------------------------------------------------------------------------------------------------------

void YamlScanner::find_end() {
    unindent_to(-1);
    forget_possible_key();
    may_start_key_ = false;
    std::ranges::fill(possible_keys_, std::nullopt);
    tokens_.push_back({Type::stream_end, cursor_.mark()});
    ended_ = true;
}

void YamlScanner::find_directive() {
    unindent_to(-1);
    forget_possible_key();
    may_start_key_ = false;
    YamlToken token{Type::directive, cursor_.mark()};
    cursor_.forward();
    while (is_name_character(cursor_.peek())) token.text += cursor_.take(1);
    if (token.text.empty() || !cursor_.at_space_or_break()) fail("a directive needs a name");
    cursor_.skip_spaces();
    if (token.text == "YAML") {
        const auto read_number = [&] {
            if (!is_digit(cursor_.peek())) fail("%YAML needs a version, as in %YAML 1.1");
            while (is_digit(cursor_.peek())) token.handle += cursor_.take(1);
        };
        read_number();
        if (cursor_.peek() != '.') fail("%YAML needs a version, as in %YAML 1.1");
        token.handle += cursor_.take(1);
        read_number();
        if (!cursor_.at_space_or_break()) fail("%YAML needs a version, as in %YAML 1.1");
    } else if (token.text == "TAG") {
        token.handle = read_tag_handle();
        if (cursor_.peek() != ' ') fail("%TAG needs a handle and a prefix");
        cursor_.skip_spaces();
        token.prefix = read_tag_suffix();
        if (!cursor_.at_space_or_break()) fail("%TAG needs a handle and a prefix");
    } else {
        cursor_.skip_to_break();
    }
    cursor_.skip_spaces();
    if (cursor_.peek() == '#') cursor_.skip_to_break();
    if (!cursor_.at_break_or_end()) fail("nothing can follow a directive on its line");
    cursor_.take_break();
    tokens_.push_back(std::move(token));
}

void YamlScanner::find_document_indicator(Type type) {
    unindent_to(-1);
    forget_possible_key();
    may_start_key_ = false;
    add(type, 3);
}

void YamlScanner::open_flow(Type type) {
    note_possible_key();
    ++open_flows_;
    possible_keys_.emplace_back();
    may_start_key_ = true;
    add(type, 1);
}

void YamlScanner::close_flow(Type type) {
    forget_possible_key();
    if (!in_flow()) fail("this bracket closes nothing");
    --open_flows_;
    possible_keys_.pop_back();
    may_start_key_ = false;
    add(type, 1);
}

void YamlScanner::find_flow_entry() {
    may_start_key_ = true;
    forget_possible_key();
    add(Type::flow_entry, 1);
}

void YamlScanner::find_block_entry() {
    if (!in_flow()) {
        if (!may_start_key_) fail("a list cannot begin here; put it on a line of its own");
        if (indent_to(cursor_.mark().column)) tokens_.push_back({Type::block_sequence_start, cursor_.mark()});
    }
    may_start_key_ = true;
    forget_possible_key();
    add(Type::block_entry, 1);
}

void YamlScanner::find_key() {
    if (!in_flow()) {
        if (!may_start_key_) fail("a key cannot begin here; put it on a line of its own");
        if (indent_to(cursor_.mark().column)) tokens_.push_back({Type::block_mapping_start, cursor_.mark()});
    }
    may_start_key_ = !in_flow();
    forget_possible_key();
    add(Type::key, 1);
}

void YamlScanner::find_value() {
    if (auto& key = possible_keys_.back()) {
        auto place = tokens_.begin() + static_cast<std::ptrdiff_t>(key->token - taken_);
        place = tokens_.insert(place, {Type::key, key->mark});
        if (!in_flow() && indent_to(key->mark.column)) tokens_.insert(place, {Type::block_mapping_start, key->mark});
        key.reset();
        may_start_key_ = false;
    } else {
        if (!in_flow()) {
            if (!may_start_key_) fail("a second `:` on one line; put quotes around the text");
            if (indent_to(cursor_.mark().column)) tokens_.push_back({Type::block_mapping_start, cursor_.mark()});
        }
        may_start_key_ = !in_flow();
        forget_possible_key();
    }
    add(Type::value, 1);
}

// --- names and tags --------------------------------------------------------------------------------------------------

void YamlScanner::find_name(Type type) {
    note_possible_key();
    may_start_key_ = false;
    YamlToken token{type, cursor_.mark()};
    cursor_.forward();
    while (is_name_character(cursor_.peek())) token.text += cursor_.take(1);
    constexpr std::string_view may_follow = "?:,]}%@`";
    if (token.text.empty() ||
        (!cursor_.at_blank_or_break() && may_follow.find(cursor_.peek()) == std::string_view::npos))
        fail("the name of an anchor is letters, digits, - and _; to mean the text, put quotes around it");
    tokens_.push_back(std::move(token));
}

void YamlScanner::find_tag() {
    note_possible_key();
    may_start_key_ = false;
    YamlToken token{Type::tag, cursor_.mark()};
    if (cursor_.peek(1) == '<') {
        cursor_.forward(2);
        token.text = read_tag_suffix();
        if (cursor_.peek() != '>') fail("a `>` is missing after this tag");
        cursor_.forward();
    } else if (cursor_.at_blank_or_break(1)) {
        token.text = "!";
        cursor_.forward();
    } else {
        std::size_t ahead = 1;
        while (!cursor_.at_space_or_break(ahead) && cursor_.peek(ahead) != '!') ++ahead;
        if (cursor_.peek(ahead) == '!') {
            token.handle = read_tag_handle();
        } else {
            token.handle = "!";
            cursor_.forward();
        }
        token.text = read_tag_suffix();
    }
    if (!cursor_.at_space_or_break()) fail("this tag does not end here");
    tokens_.push_back(std::move(token));
}

std::string YamlScanner::read_tag_handle() {
    if (cursor_.peek() != '!') fail("a tag begins with `!`");
    std::string handle(cursor_.take(1));
    if (cursor_.peek() == ' ') return handle;
    while (is_name_character(cursor_.peek())) handle += cursor_.take(1);
    if (cursor_.peek() != '!') fail("this tag has no second `!`");
    handle += cursor_.take(1);
    return handle;
}

std::string YamlScanner::read_tag_suffix() {
    constexpr std::string_view others = "-;/?:@&=+$,_.!~*'()[]%";
    std::string suffix;
    while (is_digit(cursor_.peek()) || is_letter(cursor_.peek()) ||
           (cursor_.peek() != '\0' && others.find(cursor_.peek()) != std::string_view::npos)) {
        if (cursor_.peek() == '%') fail("an escape in a tag means nothing in a recipe");
        suffix += cursor_.take(1);
    }
    if (suffix.empty()) fail("this tag has no name");
    return suffix;
}

// --- scalars ---------------------------------------------------------------------------------------------------------

void YamlScanner::find_block_scalar() {
    may_start_key_ = true;
    forget_possible_key();
    YamlToken token{Type::scalar, cursor_.mark()};
    token.text = read_block_scalar(cursor_, indent_);
    tokens_.push_back(std::move(token));
}

void YamlScanner::find_quoted_scalar() {
    note_possible_key();
    may_start_key_ = false;
    YamlToken token{Type::scalar, cursor_.mark()};
    token.text = read_quoted_scalar(cursor_);
    tokens_.push_back(std::move(token));
}

bool YamlScanner::starts_plain_scalar() const {
    constexpr std::string_view indicators = "-?:,[]{}#&*!|>'\"%@`";
    const char c = cursor_.peek();
    if (!cursor_.at_blank_or_break() && indicators.find(c) == std::string_view::npos) return true;
    return !cursor_.at_blank_or_break(1) && (c == '-' || (!in_flow() && (c == '?' || c == ':')));
}

void YamlScanner::find_plain_scalar() {
    note_possible_key();
    YamlToken token{Type::scalar, cursor_.mark()};
    token.plain = true;
    bool broke_line = false;
    token.text = read_plain_scalar(cursor_, indent_, in_flow(), broke_line);
    may_start_key_ = broke_line;
    tokens_.push_back(std::move(token));
}

}  // namespace recipe::config
