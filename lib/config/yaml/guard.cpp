// SPDX-License-Identifier: Apache-2.0
// Finds where PyYAML would read a YAML text in another way than yaml-cpp, so that it is refused instead
// (docs/deviations.md).
#include "config/yaml/guard.hpp"

#include "config/python/characters.hpp"
#include "config/python/utf8.hpp"

#include <algorithm>
#include <utility>

namespace recipe::config {
namespace {

bool is_name_character(char c) {
    return is_digit(c) || is_letter(c) || c == '-' || c == '_';
}

bool is_flow_indicator(char c) {
    return c == ',' || c == '[' || c == ']' || c == '{' || c == '}';
}

constexpr std::string_view null_words[] = {"~", "null", "Null", "NULL"};

/// Characters of the escapes that can stand for a line break, besides "\n".
std::size_t uncertain_length(char escaped) {
    switch (escaped) {
        case 'x':
            return 4;
        case 'u':
            return 6;
        case 'U':
            return 10;
        case '\r':
        case '\n':
            return 2;
        default:
            return 0;
    }
}

/// yaml-cpp writes "\N" and "\_" as single bytes: what stands alone of the second half of UTF-8 is a character itself.
std::string mend_escapes(std::string_view text) {
    std::string mended;
    while (!text.empty()) {
        const auto decoded = decode_utf8(text);
        if (decoded) {
            mended += text.substr(0, decoded->length);
        } else {
            append_utf8(mended, static_cast<unsigned char>(text.front()));
        }
        text.remove_prefix(decoded ? decoded->length : 1);
    }
    return mended;
}

}  // namespace

bool Guard::at_blank(std::size_t byte) const {
    const char c = at(byte);
    return c == ' ' || c == '\n' || c == '\r' || c == '\t' || byte >= text_.size();
}

bool Guard::at_document_indicator(std::size_t byte) const {
    const std::string_view word = text_.substr(byte, 3);
    return (word == "---" || word == "...") && (byte == 0 || text_[byte - 1] == '\n') && at_blank(byte + 3);
}

// --- between the scalars ---------------------------------------------------------------------------------------------

/// An absent node has the place of what comes next, and what comes next may look like its own: so it may go back, too.
void Guard::walk_to(std::size_t byte) {
    if (in_block_) leave_block(byte);
    while (cursor_ < byte) {
        // Most of what stands between two scalars.
        if (const char c = text_[cursor_]; c == ' ' || c == '\n' || c == ':') {
            ++cursor_;
        } else {
            take_structure();
        }
    }
    cursor_ = byte;
    if (open_directive_) fail(byte, "`---` is missing before the document");
}

/// Where the text of a block scalar ends, only yaml-cpp knows; it is before the next event's line.
void Guard::leave_block(std::size_t byte) {
    in_block_ = false;
    const std::size_t end = byte < text_.size() ? text_.rfind('\n', byte) + 1 : text_.size();
    if (end <= cursor_) return;
    const std::string_view block = text_.substr(cursor_, end - cursor_);
    for (std::size_t line = block.find('\n') + 1; line != 0; line = block.find('\n', line) + 1) {
        const std::size_t content = std::min(block.find_first_not_of(' ', line), block.size());
        const std::string_view rest = block.substr(content, 1);
        if (block.substr(line, 1) == "%") fail(cursor_ + line, "a directive cannot follow a document");
        if (keeps_folded_ && (rest == "\n" || rest == "\r"))
            fail(cursor_ + line, "an empty line in a text that begins with `>+`; write `|+`, or quotes");
        if (folded_ && rest.empty() && content != line)
            fail(cursor_ + line, "blanks on the last line of a text that begins with `>`");
    }
    cursor_ = end;
}

void Guard::collection(std::size_t byte, bool has_properties) {
    walk_to(byte);
    if (has_properties) take_properties(byte);
    start_ = std::exchange(cursor_, byte);
    started_ = true;
}

std::size_t Guard::line_start() const {
    return start_ == 0 ? 0 : text_.rfind('\n', start_ - 1) + 1;
}

int Guard::column() const {
    return static_cast<int>(start_ - line_start());
}

int Guard::indentation() const {
    const std::size_t first = std::min(text_.find_first_not_of(' ', line_start()), text_.size());
    return static_cast<int>(first - line_start());
}

void Guard::take_structure() {
    const char c = at(cursor_);
    switch (c) {
        case ' ':
        case '\n':
        case '\r':
        case '?':
        case ':':
        case ',':
        case '[':
        case ']':
        case '{':
        case '}':
            ++cursor_;
            return;
        case '#':
            cursor_ = std::min(text_.find('\n', cursor_), text_.size());
            return;
        case '%':
            return take_directive();
        case '&':
        case '*':
            return take_name();
        case '!':
            return take_tag();
        case '-':
        case '.':
            if (at_document_indicator(cursor_)) {
                if (c == '.' && !started_) fail(cursor_, "a document ends here that has not begun");
                open_directive_ = false;
                started_ = true;
                cursor_ += 3;
                return;
            }
            if (c == '.') break;
            ++cursor_;
            return;
        case '\t':
            fail(cursor_, "a tab cannot stand here; use spaces, or quotes around the text");
        default:
            break;
    }
    fail(cursor_, "this belongs to nothing before it");
}

void Guard::take_directive() {
    if (started_) fail(cursor_, "a directive cannot follow a document");
    const std::string_view directive = text_.substr(cursor_, 8);
    if (directive != "%YAML 1." && !directive.starts_with("%TAG "))
        fail(cursor_, "YAML has the directives %YAML and %TAG alone");
    open_directive_ = true;
    cursor_ = std::min(text_.find('\n', cursor_), text_.size());
}

void Guard::take_name() {
    ++cursor_;
    while (is_name_character(at(cursor_))) ++cursor_;
}

/// yaml-cpp takes nearly any character for part of a name, where PyYAML ends the name.
void Guard::anchor(std::size_t byte, std::string_view name) const {
    if (!std::ranges::all_of(name, is_name_character))
        fail(byte, "the name of an anchor is letters, digits, - and _; to mean the text, put quotes around it");
}

/// Of the characters of a tag, these make up all that mean something in a recipe.
void Guard::take_tag() {
    const std::string_view others = at(cursor_ + 1) == '<' ? "!:.,/<>" : "!:./";
    const std::size_t start = cursor_;
    while (is_name_character(at(cursor_)) ||
           (cursor_ < text_.size() && others.find(at(cursor_)) != std::string_view::npos))
        ++cursor_;
    if (!at_blank(cursor_) || at(cursor_) == '\t')
        fail(start, "this tag means nothing in a recipe, or does not end here");
    tag_ = text_.substr(start, cursor_ - start);
}

/// Past "&anchor" and "!tag", each of which a node has once, and what may stand between them and their node.
void Guard::take_properties(std::size_t byte) {
    walk_to(byte);
    bool has_anchor = false;
    has_property_ = false;
    tag_ = {};
    while (true) {
        const char c = at(cursor_);
        if ((c == '&' && !has_anchor) || (c == '!' && tag_.empty())) {
            has_anchor = has_anchor || c == '&';
            has_property_ = true;
        } else if (!has_property_ || (c != ' ' && c != '\n' && c != '\r' && c != '#')) {
            break;
        }
        take_structure();
    }
    start_ = cursor_;
}

void Guard::alias(std::size_t byte) {
    walk_to(byte);
    started_ = true;
    take_name();
}

void Guard::finish() {
    walk_to(text_.size());
}

// --- scalars ---------------------------------------------------------------------------------------------------------

Guard::Style Guard::scalar(const Scalar& scalar, std::string_view value, std::optional<std::string>& mended) {
    take_properties(scalar.byte);
    started_ = true;
    const char c = at(cursor_);
    if (has_property_ && value.empty() && text_.substr(cursor_, 2) != "''" && text_.substr(cursor_, 2) != "\"\"" &&
        c != '|' && c != '>')
        return Style::absent;
    Style style = Style::plain;
    if (c == '"' || c == '\'') {
        take_quoted(value, mended);
        style = Style::quoted;
    } else if (c == '|' || c == '>') {
        take_block(scalar);
        style = Style::block;
    } else {
        take_plain(value, scalar.in_flow);
    }
    if (by_look() && (mended ? std::string_view(*mended) : value).ends_with('\n'))
        fail(scalar.byte, "a text below the tag `!` cannot end with a line break");
    return style;
}

Guard::Style Guard::null(const Scalar& scalar) {
    if (scalar.byte < cursor_) return Style::absent;
    take_properties(scalar.byte);
    const std::string_view rest = text_.substr(std::min(cursor_, text_.size()));
    const auto* word = std::ranges::find_if(null_words, [&](std::string_view each) { return rest.starts_with(each); });
    if (word == std::end(null_words)) return Style::absent;
    // With more behind it, it begins the next key: what is absent has the place of what comes next.
    std::size_t next = cursor_ + word->size();
    while (at(next) == ' ') ++next;
    if (!at_blank(next) && at(next) != '#' && !(scalar.in_flow && is_flow_indicator(at(next)))) return Style::absent;
    started_ = true;
    cursor_ += word->size();
    return Style::plain;
}

/// Holds a plain scalar against PyYAML's way to join lines: one line break is a space, more are one less.
void Guard::take_plain(std::string_view value, bool in_flow) {
    const std::size_t start = cursor_;
    if (in_flow && value.starts_with(':'))
        fail(start, "a text within brackets cannot begin with `:`; put quotes around it");
    while (true) {
        const std::size_t length_of_both = std::min(value.size(), text_.size() - cursor_);
        std::size_t length = 0;
        for (; length < length_of_both && value[length] == text_[cursor_ + length]; ++length)
            if (value[length] == '\t' || value[length] == '\n') break;
        if (length == value.size()) break;
        while (length > 0 && value[length - 1] == ' ') --length;  // of blanks before a line break nothing stays
        value.remove_prefix(length);
        cursor_ += length;
        std::size_t next = cursor_;
        std::size_t breaks = 0;
        for (; at(next) == ' ' || at(next) == '\r' || at(next) == '\n'; ++next) breaks += at(next) == '\n' ? 1U : 0U;
        if (at(next) == '\t') fail(next, "a tab cannot stand here; use spaces, or quotes around the text");
        std::string joined(text_.substr(cursor_, next - cursor_));
        if (breaks > 0) joined = breaks == 1 ? " " : std::string(breaks - 1, '\n');
        if (joined.empty() || !value.starts_with(joined))
            fail(start, "this text is read in more than one way; put quotes around it");
        value.remove_prefix(joined.size());
        cursor_ = next;
    }
    cursor_ += value.size();
}

/// Past the closing quote. yaml-cpp drops all but one of the line breaks at the end of a quoted text.
void Guard::take_quoted(std::string_view value, std::optional<std::string>& mended) {
    const std::size_t start = cursor_++;
    const char quote = text_[start];
    std::size_t content_end = cursor_;  // behind the last character that is no blank and no line break
    std::size_t breaks = 0;             // behind it
    std::size_t newlines = 0;           // in a row before it, written "\n"
    std::size_t uncertain_end = 0;      // behind the last escape that can be a line break, too
    bool has_odd_escapes = false;
    for (; cursor_ < text_.size(); ++cursor_) {
        const char c = text_[cursor_];
        if (c == '\n') ++breaks;
        if (c == '\n' || c == '\r' || c == ' ' || c == '\t') continue;
        if (c == quote && (quote == '"' || at(cursor_ + 1) != '\'')) break;
        const bool escapes = c == quote || (c == '\\' && quote == '"');
        const char escaped = escapes ? at(cursor_ + 1) : '\0';
        if (escapes && quote == '"' && escaped == '\'')
            fail(cursor_, "this escape is not known in YAML; write \\\\ for a backslash");
        has_odd_escapes = has_odd_escapes || escaped == '_' || escaped == 'N';
        newlines = escaped != 'n' ? 0 : cursor_ == content_end ? newlines + 1 : 1;
        breaks = escaped == '\n' ? 1 : 0;
        if (escapes) uncertain_end = cursor_ + uncertain_length(escaped);
        if (escapes) ++cursor_;
        content_end = cursor_ + 1;
    }
    if (cursor_ >= text_.size()) fail(start, "this quote is never closed");
    ++cursor_;
    if (has_odd_escapes) mended = mend_escapes(value);
    if (breaks <= (content_end == start + 1 ? 1U : 2U)) return;
    if (content_end == uncertain_end)
        fail(start, "empty lines before the closing quote; write \\n for each in double quotes");
    if (!mended) mended = value;
    mended->erase(mended->find_last_not_of('\n') + 1);
    mended->append(newlines + breaks - 1, '\n');
}

void Guard::take_block(const Scalar& scalar) {
    const std::size_t start = cursor_;
    folded_ = at(cursor_++) == '>';
    bool indicated = false;
    keeps_folded_ = false;
    for (; at(cursor_) == '+' || at(cursor_) == '-' || is_digit(at(cursor_)); ++cursor_) {
        indicated = indicated || is_digit(at(cursor_));
        keeps_folded_ = keeps_folded_ || (folded_ && at(cursor_) == '+');
    }
    if (!at_blank(cursor_) || at(cursor_) == '\t') fail(cursor_, "a space is missing here");
    in_block_ = true;
    if (!has_property_ || scalar.follows_key) return;
    // yaml-cpp counts the block's indentation from the anchor or tag then.
    const std::size_t line = text_.rfind('\n', scalar.byte) + 1;
    std::size_t content = text_.find('\n', cursor_) + 1;
    std::size_t first = content;
    for (; first != 0 && first < text_.size() && (at(first) == ' ' || at(first) == '\n' || at(first) == '\r'); ++first)
        if (at(first) == '\n') content = first + 1;
    if (indicated || (first != 0 && first - content <= scalar.byte - line))
        fail(start, "the lines of this text must stand further right than its anchor or tag");
}

}  // namespace recipe::config
