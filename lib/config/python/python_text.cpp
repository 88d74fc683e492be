// SPDX-License-Identifier: Apache-2.0
// Quotes a text as Python's repr does.
#include "config/python/python_text.hpp"
#include "config/python/utf8.hpp"

#include <fmt/format.h>

#include <iterator>

namespace recipe::config {

std::string python_repr(std::string_view text) {
    const bool double_quoted = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
    const char quote = double_quoted ? '"' : '\'';
    std::string out(1, quote);
    while (!text.empty()) {
        const auto decoded = decode_utf8(text);
        const char32_t c = decoded ? decoded->character : static_cast<unsigned char>(text.front());
        const std::size_t length = decoded ? decoded->length : 1;
        if (c == static_cast<unsigned char>(quote) || c == '\\') {
            out += '\\';
            out += static_cast<char>(c);
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\r') {
            out += "\\r";
        } else if (c == '\t') {
            out += "\\t";
        } else if (decoded && is_printable(c)) {
            out += text.substr(0, length);
        } else {
            const auto number = static_cast<std::uint32_t>(c);
            const char* format = number <= 0xFF ? "\\x{:02x}" : number <= 0xFFFF ? "\\u{:04x}" : "\\U{:08x}";
            fmt::format_to(std::back_inserter(out), fmt::runtime(format), number);
        }
        text.remove_prefix(length);
    }
    out += quote;
    return out;
}

}  // namespace recipe::config
