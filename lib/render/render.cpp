// SPDX-License-Identifier: Apache-2.0
// Prints diagnostics as text.
#include "render/render.hpp"

#include "config/value/value.hpp"
#include "slurm_text/shown_text.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace recipe::render {
namespace {

constexpr std::size_t max_line_bytes = 1024;

/// The column counts bytes; the terminal shows one cell for each code point.
std::size_t cells_before(std::string_view line, int column) {
    const std::string_view before = line.substr(0, static_cast<std::size_t>(column) - 1);
    return static_cast<std::size_t>(
        std::ranges::count_if(before, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool has_caret(const Source& source) {
    return source.column > 0 && !source.excerpt.empty() && source.excerpt.size() < max_line_bytes &&
           static_cast<std::size_t>(source.column) <= source.excerpt.size() + 1;
}

/// Many messages begin with the key; saying it twice helps nobody.
bool names_its_key(const Diagnostic& diagnostic) {
    const std::string_view message = diagnostic.message;
    return diagnostic.key.empty() || message.starts_with(diagnostic.key) ||
           message.starts_with('`' + diagnostic.key + '`');
}

/// A tab takes one cell, as the caret counts it.
std::string one_line(std::string_view text) {
    std::string line(text);
    std::ranges::replace(line, '\t', ' ');
    return slurm_text::printable(line, max_line_bytes);
}

std::string_view colour_of(Severity severity) {
    switch (severity) {
        case Severity::error:
            return "\033[1;31m";
        case Severity::warning:
            return "\033[1;33m";
        case Severity::hint:
            return "\033[1;36m";
    }
    return "";
}

}  // namespace

std::vector<std::string> lines(const Diagnostic& diagnostic) {
    std::vector<std::string> result;
    const std::string place = to_string(diagnostic.source);
    const std::string first = names_its_key(diagnostic) ? "" : one_line(diagnostic.key) + ": ";
    result.push_back(first + one_line(diagnostic.message) + " [" + std::string(diagnostic.code) + "]");
    if (!place.empty()) result.push_back("    at " + one_line(place));
    if (has_caret(diagnostic.source)) {
        result.push_back("      " + one_line(diagnostic.source.excerpt));
        result.push_back(std::string(6 + cells_before(diagnostic.source.excerpt, diagnostic.source.column), ' ') + '^');
    }
    if (!diagnostic.fix.empty()) result.push_back("    fix: " + one_line(diagnostic.fix));
    return result;
}

std::string text(const Diagnostics& diagnostics, bool colour) {
    Diagnostics sorted = diagnostics;
    std::ranges::stable_sort(sorted, std::ranges::greater{}, &Diagnostic::severity);
    std::string result;
    for (const Diagnostic& diagnostic : sorted) {
        const std::string_view on = colour ? colour_of(diagnostic.severity) : "";
        result += fmt::format("{}{}:{} ", on, to_string(diagnostic.severity), colour ? "\033[0m" : "");
        for (const std::string& line : lines(diagnostic)) result += line + '\n';
    }
    return result;
}

}  // namespace recipe::render
