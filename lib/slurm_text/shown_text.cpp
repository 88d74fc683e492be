// SPDX-License-Identifier: Apache-2.0
// Makes foreign text safe for a terminal or a log, and counts things in words.
#include "slurm_text/shown_text.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace recipe::slurm_text {

bool has_control(std::string_view text) noexcept {
    return std::ranges::any_of(text, is_control);
}

bool has_blank_or_control(std::string_view text) noexcept {
    return has_control(text) || text.contains(' ');
}

std::string replace_control(std::string_view text, char other) {
    std::string result(text);
    std::ranges::replace_if(result, is_control, other);
    return result;
}

std::string escape_control(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (is_control(c))
            result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else
            result += c;
    }
    return result;
}

std::string printable(std::string_view text, std::size_t max_bytes) {
    std::string result;
    for (const char c : text) {
        const bool begins_a_character = (static_cast<unsigned char>(c) & 0xc0) != 0x80;
        // Invalid UTF-8 may go on for ever without the beginning of a character.
        if (result.size() >= max_bytes && (begins_a_character || result.size() >= max_bytes + 4)) return result + "...";
        result += escape_control({&c, 1});
    }
    return result;
}

std::string counted(std::int64_t number, std::string_view thing) {
    return fmt::format("{} {}{}", number, thing, number == 1 ? "" : "s");
}

}  // namespace recipe::slurm_text
