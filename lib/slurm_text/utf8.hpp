// SPDX-License-Identifier: Apache-2.0
// One character of UTF-8, checked. Inline: every byte of a recipe that is no plain ASCII passes here.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace recipe::slurm_text {

struct DecodedCharacter {
    char32_t character = 0;
    std::size_t length = 0;  // bytes
};

/// The first character of a text that is not empty; nullopt when its bytes are not UTF-8.
[[nodiscard]] inline std::optional<DecodedCharacter> decode_utf8(std::string_view text) noexcept {
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

}  // namespace recipe::slurm_text
