// SPDX-License-Identifier: Apache-2.0
// Finds out which styles a text can be written in.
#include "config/yaml/scalar_style.hpp"

#include "config/python/python_number.hpp"
#include "config/python/utf8.hpp"
#include "config/yaml/scalar.hpp"

#include <algorithm>

namespace recipe::config {
namespace {

bool is_blank_or_break(char32_t c) {
    return c == 0 || c == ' ' || c == '\t' || c == '\r' || is_break(c);
}

bool is_one_of(char32_t c, std::string_view set) {
    return c < 0x80 && set.find(static_cast<char>(c)) != std::string_view::npos;
}

bool is_special(char32_t c) {
    if (c == '\n' || (c >= 0x20 && c <= 0x7E)) return false;
    const bool writable =
        c == 0x85 || (c >= 0xA0 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD) || (c >= 0x10000 && c < 0x10FFFF);
    return !writable || c == 0xFEFF;
}

bool all_digits(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// [0-9]{shortest,longest}; takes it off the text.
bool take_digits(std::string_view& text, std::size_t shortest, std::size_t longest) {
    std::size_t count = 0;
    while (count < text.size() && count < longest && text[count] >= '0' && text[count] <= '9') ++count;
    if (count < shortest) return false;
    text.remove_prefix(count);
    return true;
}

bool take(std::string_view& text, std::string_view expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(expected.size());
    return true;
}

/// YAML 1.1's timestamps, which PyYAML quotes although OmegaConf reads them as strings.
bool is_timestamp(std::string_view text) {
    if (text.size() == 10 && all_digits(text.substr(0, 4)) && text[4] == '-' && all_digits(text.substr(5, 2)) &&
        text[7] == '-' && all_digits(text.substr(8, 2)))
        return true;
    if (!take_digits(text, 4, 4) || !take(text, "-") || !take_digits(text, 1, 2) || !take(text, "-") ||
        !take_digits(text, 1, 2))
        return false;
    if (!take(text, "T") && !take(text, "t")) {
        const std::size_t blanks = std::min(text.find_first_not_of(" \t"), text.size());
        if (blanks == 0) return false;
        text.remove_prefix(blanks);
    }
    if (!take_digits(text, 1, 2) || !take(text, ":") || !take_digits(text, 2, 2) || !take(text, ":") ||
        !take_digits(text, 2, 2))
        return false;
    if (take(text, ".")) text.remove_prefix(std::min(text.find_first_not_of("0123456789"), text.size()));
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (text.empty() || text == "Z") return true;
    if (!take(text, "+") && !take(text, "-")) return false;
    if (!take_digits(text, 1, 2)) return false;
    if (take(text, ":") && !take_digits(text, 2, 2)) return false;
    return text.empty();
}

}  // namespace

Characters characters_of(std::string_view text) {
    Characters result;
    while (!text.empty()) {
        const auto decoded = decode_utf8(text);
        result += decoded ? decoded->character : char32_t{0xFFFD};
        text.remove_prefix(decoded ? decoded->length : 1);
    }
    return result;
}

bool is_break(char32_t c) {
    return c == '\n' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

Analysis analyze(const Characters& text) {
    Analysis result;
    if (text.empty()) return result;
    bool indicators = text.starts_with(U"---") || text.starts_with(U"...");
    bool special = false;
    bool break_space = false;  // a space after a line break
    bool space_break = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char32_t c = text[i];
        const bool followed_by_blank = i + 1 == text.size() || is_blank_or_break(text[i + 1]);
        if (i == 0) {
            if (is_one_of(c, "#,[]{}&*!|>'\"%@`")) indicators = true;
            if (is_one_of(c, "?:-") && followed_by_blank) indicators = true;
        } else {
            if (c == ':' && followed_by_blank) indicators = true;
            if (c == '#' && is_blank_or_break(text[i - 1])) indicators = true;
        }
        if (is_break(c)) result.multiline = true;
        if (is_special(c)) special = true;
        if (i > 0 && c == ' ' && is_break(text[i - 1])) break_space = true;
        if (i > 0 && is_break(c) && text[i - 1] == ' ') space_break = true;
    }
    const auto at_edge = [](char32_t c) { return c == ' ' || is_break(c); };
    const bool blank_edges = at_edge(text.front()) || at_edge(text.back());
    result.allow_single_quoted = !break_space && !space_break && !special;
    result.allow_plain = result.allow_single_quoted && !blank_edges && !result.multiline && !indicators;
    return result;
}

bool reads_as_string(std::string_view text) {
    if (is_yaml_bool_word(text) || is_python_number(text) || is_timestamp(text)) return false;
    return resolve_plain(text) == YamlTag::string;
}

}  // namespace recipe::config
