// SPDX-License-Identifier: Apache-2.0
// Makes foreign text safe for a terminal or a log, and counts things in words.
#include "slurm_text/shown_text.hpp"

#include "slurm_text/utf8.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <iterator>

namespace recipe::slurm_text {
namespace {

struct Range {
    char32_t first;
    char32_t last;
};

/// The Unicode Character Database: Cc, the marks of direction of UAX #9, Zl and Zp, and characters without a glyph.
constexpr std::array unsafe_ranges{
    Range{0x0000, 0x001F},    // C0
    Range{0x007F, 0x009F},    // DEL, C1
    Range{0x00AD, 0x00AD},    // soft hyphen
    Range{0x034F, 0x034F},    // combining grapheme joiner
    Range{0x061C, 0x061C},    // Arabic letter mark
    Range{0x115F, 0x1160},    // Hangul fillers
    Range{0x17B4, 0x17B5},    // Khmer inherent vowels
    Range{0x180B, 0x180F},    // Mongolian selectors and separator
    Range{0x200B, 0x200F},    // zero-width ones, marks of direction
    Range{0x2028, 0x202E},    // ends of line and paragraph, embeddings and overrides
    Range{0x2060, 0x206F},    // word joiner, isolates, deprecated ones
    Range{0x3164, 0x3164},    // Hangul filler
    Range{0xFEFF, 0xFEFF},    // mark of byte order
    Range{0xFFA0, 0xFFA0},    // Hangul filler
    Range{0xFFF9, 0xFFFB},    // interlinear annotations
    Range{0xE0000, 0xE0FFF},  // tags and further selectors
};

constexpr char32_t not_utf8 = 0xFFFFFFFF;

struct Piece {
    char32_t character = not_utf8;  // or this: a byte of no character
    std::string_view bytes;

    [[nodiscard]] bool unsafe() const { return character == not_utf8 || is_unsafe(character); }
};

/// The first character of a text that is not empty, or a byte of none.
Piece first_of(std::string_view text) {
    const auto decoded = decode_utf8(text);
    return decoded ? Piece{decoded->character, text.substr(0, decoded->length)} : Piece{not_utf8, text.substr(0, 1)};
}

/// As Python would write it.
void append_escaped(std::string& out, const Piece& piece) {
    if (piece.bytes.size() == 1)
        fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(piece.bytes.front()));
    else if (piece.character < 0x10000)
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(piece.character));
    else
        fmt::format_to(std::back_inserter(out), "\\U{:08x}", static_cast<std::uint32_t>(piece.character));
}

template <class IsEscaped>
std::string escaped(std::string_view text, IsEscaped is_escaped) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const Piece piece = first_of(text);
        if (is_escaped(piece))
            append_escaped(result, piece);
        else
            result += piece.bytes;
        text.remove_prefix(piece.bytes.size());
    }
    return result;
}

}  // namespace

bool has_control(std::string_view text) noexcept {
    return std::ranges::any_of(text, is_control);
}

bool has_blank_or_control(std::string_view text) noexcept {
    return has_control(text) || text.contains(' ');
}

bool is_unsafe(char32_t character) noexcept {
    if (character >= 0x20 && character < 0x7F) return false;
    const auto* const range = std::ranges::lower_bound(unsafe_ranges, character, {}, &Range::last);
    return range != unsafe_ranges.end() && range->first <= character;
}

bool is_unsafe(std::string_view text) noexcept {
    while (!text.empty()) {
        const Piece piece = first_of(text);
        if (piece.unsafe()) return true;
        text.remove_prefix(piece.bytes.size());
    }
    return false;
}

std::string replace_control(std::string_view text, char other) {
    std::string result;
    while (!text.empty()) {
        const Piece piece = first_of(text);
        if (piece.unsafe())
            result.append(piece.bytes.size(), other);
        else
            result += piece.bytes;
        text.remove_prefix(piece.bytes.size());
    }
    return result;
}

std::string escape_control(std::string_view text) {
    return escaped(text, [](const Piece& piece) { return piece.unsafe(); });
}

std::string escape_lines(std::string_view text) {
    return escaped(text, [](const Piece& piece) { return piece.unsafe() && piece.character != U'\n'; });
}

std::string escape_word(std::string_view text) {
    return escaped(text, [](const Piece& piece) {
        return piece.unsafe() || piece.character == U' ' || piece.character == U'=' || piece.character == U'\\';
    });
}

std::string escape_json(std::string_view json) {
    std::string result;
    result.reserve(json.size());
    const auto append = [&result](std::uint32_t unit) {
        fmt::format_to(std::back_inserter(result), "\\u{:04x}", unit);
    };
    while (!json.empty()) {
        const Piece piece = first_of(json);
        const auto character = static_cast<std::uint32_t>(piece.character);
        if (piece.character == not_utf8) {
            append(0xFFFD);
        } else if (character < 0x20 || !is_unsafe(piece.character)) {
            result += piece.bytes;  // JSON has control characters between its values alone: line ends
        } else if (character < 0x10000) {
            append(character);
        } else {
            append(0xD800 + ((character - 0x10000) >> 10));
            append(0xDC00 + ((character - 0x10000) & 0x3FF));
        }
        json.remove_prefix(piece.bytes.size());
    }
    return result;
}

std::string printable(std::string_view text, std::size_t max_bytes) {
    std::string result;
    while (!text.empty()) {
        if (result.size() >= max_bytes) return result + "...";
        const Piece piece = first_of(text);
        if (piece.unsafe())
            append_escaped(result, piece);
        else
            result += piece.bytes;
        text.remove_prefix(piece.bytes.size());
    }
    return result;
}

std::string counted(std::int64_t number, std::string_view thing) {
    return fmt::format("{} {}{}", number, thing, number == 1 ? "" : "s");
}

}  // namespace recipe::slurm_text
