// SPDX-License-Identifier: Apache-2.0
// Checks the characters of a YAML text before any of it is parsed.
#include "config/yaml/characters.hpp"

#include "config/python/utf8.hpp"
#include "config/value/place.hpp"
#include "diagnostic/codes/compose.hpp"

#include <fmt/format.h>

#include <array>

namespace recipe::config {
namespace {

constexpr std::size_t max_brackets_in_a_row = 1000;
constexpr std::size_t max_separators = 500'000;  // each is a value, unless it stands in a text

/// YAML 1.1's c-printable, as PyYAML checks it.
bool may_stand_in_yaml(char32_t c) {
    if (c < 0x80) return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c != 0x7F);
    return c == 0x85 || (c >= 0xA0 && c != 0xFFFE && c != 0xFFFF);
}

/// Line breaks, and a mark of byte order, to one of the two parsers alone.
bool is_ambiguous(char32_t c, std::size_t position) {
    return c == 0x85 || c == 0x2028 || c == 0x2029 || (c == 0xFEFF && position == 0);
}

/// Printable ASCII but the blank, the comma and what opens a list or a map.
constexpr std::array<bool, 256> ordinary_characters = [] {
    std::array<bool, 256> table{};
    for (std::size_t c = 0x21; c < 0x7F; ++c) table[c] = c != '[' && c != '{' && c != ',';
    return table;
}();

bool is_ordinary(char c) {
    return ordinary_characters[static_cast<unsigned char>(c)];
}

}  // namespace

std::optional<Diagnostic> check_characters(const std::shared_ptr<const SourceText>& origin) {
    const std::string_view text = origin->text;
    const auto problem_at = [&](std::size_t byte, DiagnosticCode code, std::string message) {
        Diagnostic problem{.code = code, .source = position_at(origin, byte).source(), .message = std::move(message)};
        problem.source.excerpt = quotable(problem.source.excerpt, problem.source.excerpt.size());
        return problem;
    };
    std::size_t position = 0;
    std::size_t brackets = 0;
    std::size_t separators = 0;
    while (true) {
        for (; position < text.size() && is_ordinary(text[position]); ++position) brackets = 0;
        if (position >= text.size()) break;
        const char c = text[position];
        if (c == ' ' || c == '\n') {
            ++position;
            continue;
        }
        if (c == ',' || c == '[' || c == '{') {
            if (++separators > max_separators)
                return problem_at(position, codes::compose.too_large,
                                  fmt::format("more than {} brackets and commas", max_separators));
            if (c != ',' && ++brackets > max_brackets_in_a_row)
                return problem_at(position, codes::compose.too_large, "lists and maps nest too deeply");
            ++position;
            continue;
        }
        const auto decoded = decode_utf8(text.substr(position));
        if (!decoded)
            return problem_at(position, codes::compose.yaml,
                              fmt::format("the byte 0x{:02X} is not UTF-8", static_cast<unsigned char>(c)));
        const auto number = static_cast<std::uint32_t>(decoded->character);
        if (!may_stand_in_yaml(decoded->character))
            return problem_at(position, codes::compose.yaml,
                              fmt::format("the character U+{:04X} may not stand in YAML", number));
        if (is_ambiguous(decoded->character, position))
            return problem_at(position, codes::compose.yaml,
                              fmt::format("the character U+{:04X} ends a line for some readers of YAML and not for "
                                          "others; write it as \\u{:04X} in double quotes",
                                          number, number));
        if (c == '\r' && text.substr(position + 1, 1) != "\n")
            return problem_at(position, codes::compose.yaml,
                              "a carriage return ends no line without a line feed; write it as \\r in double quotes");
        position += decoded->length;
    }
    return std::nullopt;
}

}  // namespace recipe::config
