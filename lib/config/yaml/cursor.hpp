// SPDX-License-Identifier: Apache-2.0
// A place in a YAML text that moves forward and keeps count of lines and columns. Internal to lib/config.
#pragma once

#include "config/yaml/token.hpp"

#include <string_view>

namespace recipe::config {

/// The text is valid UTF-8 without NUL; NUL stands for its end.
class YamlCursor {
public:
    explicit YamlCursor(std::string_view text) : text_(text) {}

    [[nodiscard]] const YamlMark& mark() const { return mark_; }
    [[nodiscard]] char peek(std::size_t ahead = 0) const {
        const std::size_t at = mark_.byte + ahead;
        return at < text_.size() ? text_[at] : '\0';
    }
    [[nodiscard]] bool at_end() const { return mark_.byte >= text_.size(); }

    /// Bytes of the line break at a byte: 0 when there is none. NEL, LS and PS are line breaks in YAML 1.1.
    [[nodiscard]] std::size_t break_length(std::size_t ahead = 0) const {
        switch (peek(ahead)) {
            case '\n':
                return 1;
            case '\r':
                return peek(ahead + 1) == '\n' ? 2 : 1;
            case '\xC2':
                return peek(ahead + 1) == '\x85' ? 2 : 0;
            case '\xE2':
                return peek(ahead + 1) == '\x80' && (peek(ahead + 2) == '\xA8' || peek(ahead + 2) == '\xA9') ? 3 : 0;
            default:
                return 0;
        }
    }
    [[nodiscard]] bool at_break_or_end(std::size_t ahead = 0) const {
        return mark_.byte + ahead >= text_.size() || break_length(ahead) > 0;
    }
    /// The end, a line break or a space; a tab does not count.
    [[nodiscard]] bool at_space_or_break(std::size_t ahead = 0) const {
        return peek(ahead) == ' ' || at_break_or_end(ahead);
    }
    [[nodiscard]] bool at_blank_or_break(std::size_t ahead = 0) const {
        return peek(ahead) == '\t' || at_space_or_break(ahead);
    }
    /// "---" or "..." alone at the beginning of a line.
    [[nodiscard]] bool at_document_indicator(char c) const {
        return mark_.column == 0 && peek() == c && peek(1) == c && peek(2) == c && at_blank_or_break(3);
    }
    [[nodiscard]] bool at_document_indicator() const {
        return at_document_indicator('-') || at_document_indicator('.');
    }

    /// Past so many bytes of one line.
    void forward(std::size_t bytes = 1) {
        for (; bytes > 0 && !at_end(); --bytes, ++mark_.byte) {
            if ((static_cast<unsigned char>(text_[mark_.byte]) & 0xC0U) == 0x80U) continue;
            ++mark_.character;
            ++mark_.column;
        }
    }
    /// Past bytes, which are then the text of a token.
    std::string_view take(std::size_t bytes) {
        const std::string_view taken = text_.substr(mark_.byte, bytes);
        forward(bytes);
        return taken;
    }
    void skip_spaces() {
        while (peek() == ' ') forward();
    }
    void skip_to_break() {
        while (!at_break_or_end()) forward();
    }
    /// Past one line break, if there is one. What it reads as: LS and PS stay, all others are a newline.
    std::string_view take_break() {
        const std::size_t length = break_length();
        if (length == 0) return {};
        const std::string_view taken = text_.substr(mark_.byte, length);
        mark_.byte += length;
        mark_.character += taken == "\r\n" ? 2U : 1U;
        ++mark_.line;
        mark_.line_start = mark_.byte;
        mark_.column = 0;
        return length == 3 ? taken : std::string_view("\n");
    }

private:
    std::string_view text_;
    YamlMark mark_;
};

}  // namespace recipe::config
