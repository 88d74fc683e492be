// SPDX-License-Identifier: Apache-2.0
// Checks that a document holds only characters that YAML allows.
#include "config/yaml/characters.hpp"
#include "config/python/utf8.hpp"
#include "config/value/place.hpp"
#include "diagnostic/codes/compose.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace recipe::config {
namespace {

constexpr std::size_t max_brackets_in_a_row = 1000;

/// YAML 1.1's c-printable, as PyYAML checks it.
bool may_stand_in_yaml(char32_t c) {
    if (c < 0x80) return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c != 0x7F);
    return c == 0x85 || (c >= 0xA0 && c != 0xFFFE && c != 0xFFFF);
}

}  // namespace

std::optional<Diagnostic> check_characters(const std::shared_ptr<const SourceText>& origin) {
    const std::string_view text = origin->text;
    std::size_t position = 0;
    std::size_t brackets = 0;
    while (position < text.size()) {
        const auto byte = static_cast<unsigned char>(text[position]);
        if (byte >= 0x20 && byte < 0x7F) {
            ++position;
            // Thousands of brackets in a row are no recipe, and the parser would take seconds to find that they do not
            // close.
            if (byte == '[' || byte == '{') {
                if (++brackets > max_brackets_in_a_row)
                    return Diagnostic{.code = codes::compose.too_large,
                                      .source = position_at(origin, position - 1).source(),
                                      .message = "lists and maps nest too deeply"};
            } else if (byte != ' ') {
                brackets = 0;
            }
            continue;
        }
        const auto decoded = decode_utf8(text.substr(position));
        if (decoded && may_stand_in_yaml(decoded->character)) {
            position += decoded->length;
            continue;
        }
        Diagnostic problem{.code = codes::compose.yaml};
        problem.source = position_at(origin, position).source();
        problem.source.excerpt = quotable(problem.source.excerpt, problem.source.excerpt.size());
        problem.message = decoded ? fmt::format("the character U+{:04X} may not stand in YAML",
                                                static_cast<std::uint32_t>(decoded->character))
                                  : fmt::format("the byte 0x{:02X} is not UTF-8", byte);
        return problem;
    }
    return std::nullopt;
}

}  // namespace recipe::config
