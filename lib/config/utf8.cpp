#include "config/utf8.hpp"

#include <algorithm>
#include <iterator>

namespace recipe::config {
namespace {

struct Range {
    char32_t first;
    char32_t last;
};

constexpr Range unprintable[] = {
#include "config/unprintable_ranges.inc"
};

}  // namespace

std::optional<DecodedCharacter> decode_utf8(std::string_view text) noexcept {
    const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return DecodedCharacter{lead, 1};
    std::size_t length = 0;
    char32_t character = 0;
    char32_t smallest = 0;  // anything below has a shorter form, which is the only valid one
    if ((lead & 0xE0U) == 0xC0) {
        length = 2, character = lead & 0x1FU, smallest = 0x80;
    } else if ((lead & 0xF0U) == 0xE0) {
        length = 3, character = lead & 0x0FU, smallest = 0x800;
    } else if ((lead & 0xF8U) == 0xF0) {
        length = 4, character = lead & 0x07U, smallest = 0x10000;
    } else {
        return std::nullopt;
    }
    if (text.size() < length) return std::nullopt;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) return std::nullopt;
        character = character << 6 | (byte(i) & 0x3FU);
    }
    const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
    if (character < smallest || character > 0x10FFFF || surrogate) return std::nullopt;
    return DecodedCharacter{character, length};
}

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

}  // namespace recipe::config
