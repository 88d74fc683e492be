#include "config/place.hpp"
#include "config/utf8.hpp"
#include "config/yaml_strictness.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace recipe::config {
namespace {

constexpr std::size_t most_brackets_in_a_row = 1000;

/// YAML 1.1's c-printable, as PyYAML checks it.
bool may_stand_in_yaml(char32_t c) {
    if (c < 0x80) return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c != 0x7F);
    return c == 0x85 || (c >= 0xA0 && c != 0xFFFE && c != 0xFFFF);
}

}  // namespace

std::optional<Diagnostic> check_characters(const std::shared_ptr<const Origin>& origin) {
    const std::string_view text = origin->text;
    std::size_t position = 0;
    std::size_t brackets = 0;
    while (position < text.size()) {
        const auto byte = static_cast<unsigned char>(text[position]);
        if (byte >= 0x20 && byte < 0x7F) {
            ++position;
            // Thousands of brackets in a row are no recipe, and the parser would take seconds to find that they do not close.
            if (byte == '[' || byte == '{') {
                if (++brackets > most_brackets_in_a_row)
                    return Diagnostic{.code = "compose.too_large", .source = position_at(origin, position - 1).source(), .message = "lists and maps nest too deeply"};
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
        Diagnostic problem{.code = "compose.yaml"};
        problem.source = position_at(origin, position).source();
        problem.source.excerpt = quotable(problem.source.excerpt, problem.source.excerpt.size());
        problem.message = decoded ? fmt::format("the character U+{:04X} may not stand in YAML", static_cast<std::uint32_t>(decoded->character))
                                  : fmt::format("the byte 0x{:02X} is not UTF-8", byte);
        return problem;
    }
    return std::nullopt;
}

YamlStrictness::YamlStrictness(std::shared_ptr<const Origin> origin)
    : origin_(std::move(origin)), has_tabs_(origin_->text.find('\t') != std::string::npos) {}

/// Past "&anchor" and "!tag", and the blanks, comments and line breaks between them and the scalar.
std::size_t YamlStrictness::skip_properties(std::size_t byte) const {
    const std::string_view text = origin_->text;
    while (byte < text.size()) {
        const char c = text[byte];
        if (c == '&' || c == '!') {
            byte = std::min(text.find_first_of(" \t\r\n", byte), text.size());
        } else if (c == '#') {
            byte = std::min(text.find('\n', byte), text.size());
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            ++byte;
        } else {
            break;
        }
    }
    return byte;
}

std::optional<Diagnostic> YamlStrictness::scalar(std::size_t byte, bool plain) {
    other(byte);
    if (plain) return std::nullopt;
    const std::string_view text = origin_->text;
    const std::size_t begin = skip_properties(byte);
    if (begin >= text.size()) return std::nullopt;
    const char open = text[begin];
    if (open == '|' || open == '>') {
        spans_.push_back({begin, text.size()});
        in_block_ = true;
        return std::nullopt;
    }
    if (open != '"' && open != '\'') return std::nullopt;
    std::size_t end = begin + 1;
    for (; end < text.size(); ++end) {
        if (open == '"' && text[end] == '\\') {
            ++end;
        } else if (text[end] == open) {
            if (open == '\'' && end + 1 < text.size() && text[end + 1] == '\'') {
                ++end;
            } else {
                break;
            }
        }
    }
    if (end >= text.size())
        return Diagnostic{.code = "compose.yaml", .source = position_at(origin_, begin).source(), .message = "this quote is never closed"};
    if (has_tabs_) spans_.push_back({begin, end});
    return std::nullopt;
}

void YamlStrictness::other(std::size_t byte) {
    if (in_block_ && byte > spans_.back().begin) {
        spans_.back().end = byte;
        in_block_ = false;
    }
}

bool YamlStrictness::is_protected(std::size_t byte) const {
    const auto after = std::ranges::upper_bound(spans_, byte, {}, &Span::begin);
    return after != spans_.begin() && byte < std::prev(after)->end;
}

std::optional<Diagnostic> YamlStrictness::finish() {
    if (!has_tabs_) return std::nullopt;
    const std::string_view text = origin_->text;
    bool comment = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\n') comment = false;
        if (c == '#' && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\n' || text[i - 1] == '\t')) comment = comment || !is_protected(i);
        if (c == '\t' && !comment && !is_protected(i))
            return Diagnostic{.code = "compose.yaml", .source = position_at(origin_, i).source(), .message = "a tab cannot stand here; use spaces, or quotes around the text"};
    }
    return std::nullopt;
}

}  // namespace recipe::config
