// SPDX-License-Identifier: Apache-2.0
// Reads quoted and block scalars.
#include "config/yaml/scalar_reader.hpp"
#include "config/python/characters.hpp"
#include "config/python/utf8.hpp"

#include <algorithm>
#include <optional>

namespace recipe::config {
namespace {

/// What a line break and the empty lines after it read as in a folded text.
void fold(std::string& text, std::string_view line_break, std::string_view empty_lines) {
    if (line_break != "\n") {
        text += line_break;
    } else if (empty_lines.empty()) {
        text += ' ';
    }
    text += empty_lines;
}

// --- plain -----------------------------------------------------------------------------------------------------------

bool is_flow_indicator(char c) {
    return c == ',' || c == '[' || c == ']' || c == '{' || c == '}';
}

std::size_t plain_run(const YamlCursor& cursor, bool in_flow) {
    std::size_t length = 0;
    while (!cursor.at_blank_or_break(length)) {
        const char c = cursor.peek(length);
        if (c == ':' &&
            (cursor.at_blank_or_break(length + 1) || (in_flow && is_flow_indicator(cursor.peek(length + 1)))))
            break;
        if (in_flow && (c == '?' || is_flow_indicator(c))) break;
        ++length;
    }
    return length;
}

/// The space between two runs of a plain scalar; nullopt where the scalar ends.
std::optional<std::string> plain_space(YamlCursor& cursor, bool& broke_line) {
    std::string space;
    while (cursor.peek() == ' ') space += cursor.take(1);
    if (cursor.break_length() == 0) return space.empty() ? std::nullopt : std::optional(std::move(space));
    const std::string line_break(cursor.take_break());
    broke_line = true;
    std::string empty_lines;
    while (!cursor.at_document_indicator()) {
        if (cursor.peek() == ' ') {
            cursor.forward();
        } else if (cursor.break_length() > 0) {
            empty_lines += cursor.take_break();
        } else {
            std::string folded;
            fold(folded, line_break, empty_lines);
            return folded;
        }
    }
    return std::nullopt;
}

// --- quoted ----------------------------------------------------------------------------------------------------------

/// Line breaks and the blanks around them.
std::string empty_lines_in_quotes(YamlCursor& cursor) {
    std::string breaks;
    while (true) {
        if (cursor.at_document_indicator())
            throw YamlSyntaxError{cursor.mark(), "a document begins or ends within quotes"};
        while (cursor.peek() == ' ' || cursor.peek() == '\t') cursor.forward();
        if (cursor.break_length() == 0) return breaks;
        breaks += cursor.take_break();
    }
}

struct Escape {
    char letter;
    char32_t character;
};

constexpr Escape escapes[] = {
    {'0', 0},    {'a', 0x07},  {'b', 0x08}, {'t', 0x09}, {'\t', 0x09},  {'n', 0x0A},
    {'v', 0x0B}, {'f', 0x0C},  {'r', 0x0D}, {'e', 0x1B}, {' ', 0x20},   {'"', 0x22},
    {'/', 0x2F}, {'\\', 0x5C}, {'N', 0x85}, {'_', 0xA0}, {'L', 0x2028}, {'P', 0x2029},
};

int hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    const char letter = lower(c);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

char32_t hexadecimal(YamlCursor& cursor, std::size_t digits) {
    const YamlMark start = cursor.mark();
    char32_t code = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        const char c = cursor.peek();
        const int digit = hex_digit(c);
        if (digit < 0) throw YamlSyntaxError{start, "not enough hexadecimal digits after this escape"};
        code = code * 16 + static_cast<char32_t>(digit);
        cursor.forward();
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        throw YamlSyntaxError{start, "this escape stands for no character"};
    return code;
}

/// After a backslash within double quotes.
void read_escape(YamlCursor& cursor, std::string& text) {
    const char c = cursor.peek();
    if (const auto* known = std::ranges::find(escapes, c, &Escape::letter);
        known != std::end(escapes) && !cursor.at_end()) {
        cursor.forward();
        append_utf8(text, known->character);
    } else if (c == 'x' || c == 'u' || c == 'U') {
        cursor.forward();
        append_utf8(text, hexadecimal(cursor, c == 'x' ? 2 : c == 'u' ? 4 : 8));
    } else if (cursor.break_length() > 0) {
        cursor.take_break();
        text += empty_lines_in_quotes(cursor);
    } else {
        throw YamlSyntaxError{cursor.mark(), "this escape is not known in YAML; write \\\\ for a backslash"};
    }
}

// --- block -----------------------------------------------------------------------------------------------------------

struct BlockHead {
    bool folded = false;
    char chomping = 0;  // '-' drops the last line break, '+' keeps all
    int increment = 0;  // 0: found from the first line
};

BlockHead read_block_head(YamlCursor& cursor) {
    BlockHead head{.folded = cursor.peek() == '>'};
    cursor.forward();
    const auto read_chomping = [&] {
        if (cursor.peek() != '+' && cursor.peek() != '-') return;
        head.chomping = cursor.peek();
        cursor.forward();
    };
    read_chomping();
    if (is_digit(cursor.peek())) {
        if (cursor.peek() == '0') throw YamlSyntaxError{cursor.mark(), "the indentation of a block text is 1 to 9"};
        head.increment = cursor.peek() - '0';
        cursor.forward();
        if (head.chomping == 0) read_chomping();
    }
    if (!cursor.at_space_or_break()) throw YamlSyntaxError{cursor.mark(), "a block text begins on the next line"};
    cursor.skip_spaces();
    if (cursor.peek() == '#') cursor.skip_to_break();
    if (!cursor.at_break_or_end()) throw YamlSyntaxError{cursor.mark(), "a block text begins on the next line"};
    cursor.take_break();
    return head;
}

std::string empty_lines_in_block(YamlCursor& cursor, int indent) {
    std::string breaks;
    while (true) {
        while (cursor.mark().column < indent && cursor.peek() == ' ') cursor.forward();
        if (cursor.break_length() == 0) return breaks;
        breaks += cursor.take_break();
    }
}

/// The empty lines before a block text, and the deepest indentation that they and the first line have.
std::string find_block_indent(YamlCursor& cursor, int& deepest) {
    std::string breaks;
    while (cursor.peek() == ' ' || cursor.break_length() > 0) {
        if (cursor.peek() != ' ') {
            breaks += cursor.take_break();
        } else {
            cursor.forward();
            deepest = std::max(deepest, cursor.mark().column);
        }
    }
    return breaks;
}

}  // namespace

std::string read_plain_scalar(YamlCursor& cursor, int indent, bool in_flow, bool& broke_line) {
    std::string text;
    std::string space;
    broke_line = false;
    while (cursor.peek() != '#') {
        const std::size_t length = plain_run(cursor, in_flow);
        if (length == 0) break;
        broke_line = false;
        text += space;
        text += cursor.take(length);
        auto next = plain_space(cursor, broke_line);
        if (!next || (!in_flow && cursor.mark().column < indent + 1)) break;
        space = std::move(*next);
    }
    return text;
}

std::string read_quoted_scalar(YamlCursor& cursor) {
    const YamlMark start = cursor.mark();
    const char quote = cursor.peek();
    const bool is_double = quote == '"';
    std::string text;
    cursor.forward();
    while (true) {
        std::size_t length = 0;
        while (!cursor.at_blank_or_break(length) && cursor.peek(length) != '\'' && cursor.peek(length) != '"' &&
               cursor.peek(length) != '\\')
            ++length;
        text += cursor.take(length);
        if (cursor.at_end()) throw YamlSyntaxError{start, "this quote is never closed"};
        const char c = cursor.peek();
        if (!is_double && c == '\'' && cursor.peek(1) == '\'') {
            text += c;
            cursor.forward(2);
        } else if (c == quote) {
            cursor.forward();
            return text;
        } else if (c == '\'' || c == '"' || (c == '\\' && !is_double)) {
            text += cursor.take(1);
        } else if (c == '\\') {
            cursor.forward();
            read_escape(cursor, text);
        } else {
            std::string blanks;
            while (cursor.peek() == ' ' || cursor.peek() == '\t') blanks += cursor.take(1);
            if (cursor.break_length() == 0) {
                text += blanks;
            } else {
                const std::string line_break(cursor.take_break());
                fold(text, line_break, empty_lines_in_quotes(cursor));
            }
        }
    }
}

std::string read_block_scalar(YamlCursor& cursor, int indent) {
    const BlockHead head = read_block_head(cursor);
    const int least = std::max(indent + 1, 1);
    std::string breaks;
    int column = 0;
    if (head.increment == 0) {
        int deepest = 0;
        breaks = find_block_indent(cursor, deepest);
        column = std::max(least, deepest);
    } else {
        column = least + head.increment - 1;
        breaks = empty_lines_in_block(cursor, column);
    }
    std::string text;
    std::string line_break;
    while (cursor.mark().column == column && !cursor.at_end()) {
        text += breaks;
        const bool starts_with_text = cursor.peek() != ' ' && cursor.peek() != '\t';
        std::size_t length = 0;
        while (!cursor.at_break_or_end(length)) ++length;
        text += cursor.take(length);
        line_break = cursor.take_break();
        breaks = empty_lines_in_block(cursor, column);
        if (cursor.mark().column != column || cursor.at_end()) break;
        if (head.folded && line_break == "\n" && starts_with_text && cursor.peek() != ' ' && cursor.peek() != '\t') {
            if (breaks.empty()) text += ' ';
        } else {
            text += line_break;
        }
    }
    if (head.chomping != '-') text += line_break;
    if (head.chomping == '+') text += breaks;
    return text;
}

}  // namespace recipe::config
