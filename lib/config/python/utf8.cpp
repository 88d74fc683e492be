// SPDX-License-Identifier: Apache-2.0
// Decodes UTF-8, and knows which characters Python prints.
#include "config/python/utf8.hpp"

#include <algorithm>
#include <iterator>

namespace recipe::config {
namespace {

struct Range {
    char32_t first;
    char32_t last;
};

constexpr Range unprintable[] = {
#include "config/python/unprintable_ranges.inc"
};

// The zeros of all decimal digits beyond ASCII (category Nd, Unicode 14); nine digits follow each.
constexpr char32_t zeros[] = {
    0x660,   0x6F0,   0x7C0,   0x966,   0x9E6,   0xA66,   0xAE6,   0xB66,   0xBE6,   0xC66,   0xCE6,   0xD66,   0xDE6,
    0xE50,   0xED0,   0xF20,   0x1040,  0x1090,  0x17E0,  0x1810,  0x1946,  0x19D0,  0x1A80,  0x1A90,  0x1B50,  0x1BB0,
    0x1C40,  0x1C50,  0xA620,  0xA8D0,  0xA900,  0xA9D0,  0xA9F0,  0xAA50,  0xABF0,  0xFF10,  0x104A0, 0x10D30, 0x11066,
    0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50,
    0x11DA0, 0x16A60, 0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0,
};

}  // namespace

void append_utf8(std::string& text, char32_t c) {
    const auto tail = [&text, c](int shift) { text += static_cast<char>(0x80U | (c >> shift & 0x3FU)); };
    if (c < 0x80) {
        text += static_cast<char>(c);
    } else if (c < 0x800) {
        text += static_cast<char>(0xC0U | c >> 6);
        tail(0);
    } else if (c < 0x10000) {
        text += static_cast<char>(0xE0U | c >> 12);
        tail(6), tail(0);
    } else {
        text += static_cast<char>(0xF0U | c >> 18);
        tail(12), tail(6), tail(0);
    }
}

std::size_t find_invalid_utf8(std::string_view text) noexcept {
    std::size_t position = 0;
    while (position < text.size()) {
        const auto decoded = decode_utf8(text.substr(position));
        if (!decoded) return position;
        position += decoded->length;
    }
    return std::string_view::npos;
}

std::size_t count_characters(std::string_view text) noexcept {
    std::size_t count = 0;
    while (!text.empty()) {
        const auto decoded = decode_utf8(text);
        text.remove_prefix(decoded ? decoded->length : 1);
        ++count;
    }
    return count;
}

bool is_printable(char32_t character) noexcept {
    if (character < 0x80) return character >= 0x20 && character != 0x7F;
    const Range* after = std::upper_bound(std::begin(unprintable), std::end(unprintable), character,
                                          [](char32_t c, const Range& range) { return c < range.first; });
    return after == std::begin(unprintable) || std::prev(after)->last < character;
}

std::optional<int> decimal_digit(char32_t character) noexcept {
    const char32_t* after = std::upper_bound(std::begin(zeros), std::end(zeros), character);
    if (after == std::begin(zeros) || character - *std::prev(after) > 9) return std::nullopt;
    return static_cast<int>(character - *std::prev(after));
}

}  // namespace recipe::config
