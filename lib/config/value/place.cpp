// SPDX-License-Identifier: Apache-2.0
// Lines, columns and excerpts of source texts.
#include "config/value/place.hpp"

#include "config/python/utf8.hpp"
#include "slurm_text/shown_text.hpp"

#include <algorithm>

namespace recipe::config {
namespace {

constexpr std::size_t max_excerpt_bytes = 240;

/// Cuts a line so that the byte of interest stays inside, and moves `column` (bytes, from 1) to characters.
std::string excerpt_of(std::string_view line, int& column) {
    const auto before = std::min(static_cast<std::size_t>(std::max(column - 1, 0)), line.size());
    std::size_t start = 0;
    if (line.size() > max_excerpt_bytes && before > max_excerpt_bytes / 2) {
        start = before - max_excerpt_bytes / 2;
        while (start < before && (static_cast<unsigned char>(line[start]) & 0xC0U) == 0x80) ++start;
    }
    std::size_t end = std::min(line.size(), start + max_excerpt_bytes);
    while (end > start && end < line.size() && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80) --end;
    if (column > 0) column = static_cast<int>(count_characters(line.substr(start, before - start))) + 1;
    return std::string(line.substr(start, end - start));
}

}  // namespace

std::string_view line_of(std::string_view text, int line) noexcept {
    for (int i = 1; i < line; ++i) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end + 1);
    }
    text = text.substr(0, text.find('\n'));
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    return text;
}

Source Position::source() const {
    if (!origin) return {};
    Source source{.name = origin->name, .line = line, .column = column};
    source.excerpt = excerpt_of(line_of(origin->text, std::max(line, 1)), source.column);
    return source;
}

Position position_at(std::shared_ptr<const SourceText> origin, std::size_t byte) {
    const std::string_view before = std::string_view(origin->text).substr(0, byte);
    const auto line = static_cast<int>(std::ranges::count(before, '\n')) + 1;
    const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is 0: the first line
    return {std::move(origin), line, static_cast<int>(before.size() - start) + 1};
}

Source typed_source(const Override& typed, std::size_t byte) {
    Source source{.name = typed.name, .column = static_cast<int>(byte) + 1};
    source.excerpt = excerpt_of(line_of(typed.text, 1), source.column);
    return source;
}

std::string quotable(std::string_view text, std::size_t longest) {
    const std::string_view start = text.substr(0, longest);
    std::string out = slurm_text::replace_control(start.substr(0, find_invalid_utf8(start)), '?');
    if (out.size() < text.size()) out += "...";
    return out;
}

}  // namespace recipe::config
