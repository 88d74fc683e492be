#include "config/number_text.hpp"
#include "config/python_text.hpp"
#include "config/utf8.hpp"

#include <fmt/format.h>

#include <iterator>

namespace recipe::config {
namespace {

void append_repr(std::string& out, const Value& value) {
    switch (value.kind()) {
        case Value::Kind::string: out += python_repr(*value.as_string()); return;
        case Value::Kind::list: {
            out += '[';
            const char* separator = "";
            for (const Value& item : value.items()) {
                out += separator;
                append_repr(out, item);
                separator = ", ";
            }
            out += ']';
            return;
        }
        case Value::Kind::map: {
            out += '{';
            const char* separator = "";
            for (const auto& [key, item] : value.entries()) {
                out += separator;
                append_repr(out, key);
                out += ": ";
                append_repr(out, item);
                separator = ", ";
            }
            out += '}';
            return;
        }
        default: out += to_python_text(value);
    }
}

}  // namespace

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

std::string to_python_text(const Value& value) {
    switch (value.kind()) {
        case Value::Kind::null: return "None";
        case Value::Kind::boolean: return *value.as_bool() ? "True" : "False";
        case Value::Kind::integer: return value.as_integer()->to_string();
        case Value::Kind::floating: return float_repr(*value.as_number());
        case Value::Kind::string: return *value.as_string();
        case Value::Kind::list:
        case Value::Kind::map: break;
    }
    std::string out;
    append_repr(out, value);
    return out;
}

}  // namespace recipe::config
