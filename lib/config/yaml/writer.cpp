// SPDX-License-Identifier: Apache-2.0
// Writes YAML as OmegaConf.to_yaml does: PyYAML's block style, 80 columns, OmegaConf's quoting.
#include "config/python/number_text.hpp"
#include "config/python/python_number.hpp"
#include "config/python/utf8.hpp"
#include "config/yaml/scalar.hpp"
#include "config/yaml/scalar_style.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace recipe::config {
namespace {

class Emitter {
public:
    std::string write(const Value& value) {
        write_node(value, false);
        write_line_break();
        return std::move(out_);
    }

private:
    enum class Context { root, sequence, mapping, simple_key };

    void write_node(const Value& value, bool in_mapping) {
        if (value.is_map() && value.size() > 0) {
            write_mapping(value);
        } else if (value.is_list() && value.size() > 0) {
            write_sequence(value, in_mapping);
        } else if (value.is_map()) {
            write_indicator("{}", true);
        } else if (value.is_list()) {
            write_indicator("[]", true);
        } else {
            write_scalar(value, false);
        }
    }

    void write_mapping(const Value& value) {
        const int outer = indent_;
        indent_ = outer < 0 ? 0 : outer + 2;
        for (const auto& [key, item] : value.entries()) {
            write_indent();
            if (is_simple_key(key)) {
                write_scalar(key, true);
                write_indicator(":", false);
            } else {
                write_indicator("?", true, true);
                write_scalar(key, false);
                write_indent();
                write_indicator(":", true, true);
            }
            write_node(item, true);
        }
        indent_ = outer;
    }

    void write_sequence(const Value& value, bool in_mapping) {
        const int outer = indent_;
        const bool indentless = in_mapping && !indention_;
        if (outer < 0) {
            indent_ = 0;
        } else if (!indentless) {
            indent_ = outer + 2;
        }
        for (const Value& item : value.items()) {
            write_indent();
            write_indicator("-", true, true);
            write_node(item, false);
        }
        indent_ = outer;
    }

    static bool is_simple_key(const Value& key) {
        const std::string text = scalar_text(key);
        const Characters characters = characters_of(text);
        // PyYAML counts the tag as well, although it does not write it: "!!str".
        std::size_t tag = 5;
        if (key.kind() == Value::Kind::floating) tag = 7;
        if (key.kind() == Value::Kind::boolean || key.is_null()) tag = 6;
        return tag + characters.size() < 128 && !characters.empty() && !analyze(characters).multiline;
    }

    static std::string scalar_text(const Value& value) {
        switch (value.kind()) {
            case Value::Kind::null:
                return "null";
            case Value::Kind::boolean:
                return *value.as_bool() ? "true" : "false";
            case Value::Kind::floating:
                return float_yaml(*value.as_number());
            default:
                return to_python_text(value);
        }
    }

    void write_scalar(const Value& value, bool simple_key) {
        const int outer = indent_;
        indent_ = outer < 0 ? 2 : outer + 2;
        const std::string text = scalar_text(value);
        const Characters characters = characters_of(text);
        const Analysis analysis = analyze(characters);
        const bool split = !simple_key;
        const bool plain = !value.is_string() || (analysis.allow_plain && reads_as_string(text));
        if (plain) {
            write_plain(characters, split);
        } else if (analysis.allow_single_quoted && !(simple_key && analysis.multiline)) {
            write_single_quoted(characters, split);
        } else {
            write_double_quoted(characters, split);
        }
        indent_ = outer;
    }

    // --- the emitter's own notion of where it is ---

    void put(std::u32string_view characters) {
        for (const char32_t c : characters) append_utf8(out_, c);
        column_ += static_cast<int>(characters.size());
    }

    void put_ascii(std::string_view text) {
        out_ += text;
        column_ += static_cast<int>(text.size());
    }

    void write_indicator(std::string_view indicator, bool need_whitespace, bool indention = false) {
        if (!whitespace_ && need_whitespace) put_ascii(" ");
        put_ascii(indicator);
        whitespace_ = false;
        indention_ = indention_ && indention;
    }

    void write_line_break(char32_t line_break = '\n') {
        append_utf8(out_, line_break);
        whitespace_ = true;
        indention_ = true;
        column_ = 0;
    }

    void write_indent() {
        const int indent = std::max(indent_, 0);
        if (!indention_ || column_ > indent || (column_ == indent && !whitespace_)) write_line_break();
        if (column_ < indent) {
            whitespace_ = true;
            out_.append(static_cast<std::size_t>(indent - column_), ' ');
            column_ = indent;
        }
    }

    void write_plain(const Characters& text, bool split) {
        if (!whitespace_) put_ascii(" ");
        whitespace_ = false;
        indention_ = false;
        // Plain text has no line breaks here; a single space beyond the width may become one.
        std::size_t start = 0;
        bool spaces = false;
        for (std::size_t end = 0; end <= text.size(); ++end) {
            const bool space = end < text.size() && text[end] == ' ';
            if (spaces) {
                if (!space) {
                    if (start + 1 == end && column_ > width && split) {
                        write_indent();
                        whitespace_ = false;
                        indention_ = false;
                    } else {
                        put(std::u32string_view(text).substr(start, end - start));
                    }
                    start = end;
                }
            } else if (end == text.size() || space) {
                put(std::u32string_view(text).substr(start, end - start));
                start = end;
            }
            spaces = space;
        }
    }

    void write_breaks(std::u32string_view breaks) {
        if (breaks.front() == '\n') write_line_break();
        for (const char32_t c : breaks) write_line_break(c);
        write_indent();
    }

    void write_single_quoted(const Characters& text, bool split) {
        write_indicator("'", true);
        const std::u32string_view view = text;
        std::size_t start = 0;
        bool spaces = false;
        bool breaks = false;
        for (std::size_t end = 0; end <= text.size(); ++end) {
            const bool at_end = end == text.size();
            const char32_t c = at_end ? char32_t{0} : text[end];
            if (spaces) {
                if (at_end || c != ' ') {
                    if (start + 1 == end && column_ > width && split && start != 0 && !at_end) {
                        write_indent();
                    } else {
                        put(view.substr(start, end - start));
                    }
                    start = end;
                }
            } else if (breaks) {
                if (at_end || !is_break(c)) {
                    write_breaks(view.substr(start, end - start));
                    start = end;
                }
            } else if (at_end || c == ' ' || is_break(c) || c == '\'') {
                if (start < end) {
                    put(view.substr(start, end - start));
                    start = end;
                }
            }
            if (!at_end && c == '\'') {
                put_ascii("''");
                start = end + 1;
            }
            if (!at_end) {
                spaces = c == ' ';
                breaks = is_break(c);
            }
        }
        write_indicator("'", false);
    }

    static std::string escape_of(char32_t c) {
        switch (c) {
            case 0x00:
                return "\\0";
            case 0x07:
                return "\\a";
            case 0x08:
                return "\\b";
            case 0x09:
                return "\\t";
            case 0x0A:
                return "\\n";
            case 0x0B:
                return "\\v";
            case 0x0C:
                return "\\f";
            case 0x0D:
                return "\\r";
            case 0x1B:
                return "\\e";
            case '"':
                return "\\\"";
            case '\\':
                return "\\\\";
            case 0x85:
                return "\\N";
            case 0xA0:
                return "\\_";
            case 0x2028:
                return "\\L";
            case 0x2029:
                return "\\P";
            default:
                break;
        }
        const auto number = static_cast<std::uint32_t>(c);
        if (number <= 0xFF) return fmt::format("\\x{:02X}", number);
        if (number <= 0xFFFF) return fmt::format("\\u{:04X}", number);
        return fmt::format("\\U{:08X}", number);
    }

    static bool needs_escape(char32_t c) {
        if (c == '"' || c == '\\' || c == 0x85 || c == 0x2028 || c == 0x2029 || c == 0xFEFF) return true;
        return !((c >= 0x20 && c <= 0x7E) || (c >= 0xA0 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD));
    }

    void write_double_quoted(const Characters& text, bool split) {
        write_indicator("\"", true);
        const std::u32string_view view = text;
        std::size_t start = 0;
        for (std::size_t end = 0; end <= text.size(); ++end) {
            const bool at_end = end == text.size();
            const char32_t c = at_end ? char32_t{0} : text[end];
            if (at_end || needs_escape(c)) {
                if (start < end) {
                    put(view.substr(start, end - start));
                    start = end;
                }
                if (!at_end) {
                    put_ascii(escape_of(c));
                    start = end + 1;
                }
            }
            const bool inside = end > 0 && end + 1 < text.size();
            const int pending = static_cast<int>(end) - static_cast<int>(start);
            if (inside && (c == ' ' || start >= end) && column_ + pending > width && split) {
                if (start < end) {
                    put(view.substr(start, end - start));
                    start = end;
                }
                put_ascii("\\");
                write_indent();
                whitespace_ = false;
                indention_ = false;
                if (text[start] == ' ') put_ascii("\\");
            }
        }
        write_indicator("\"", false);
    }

    static constexpr int width = 80;

    std::string out_;
    int indent_ = -1;
    int column_ = 0;
    bool whitespace_ = true;
    bool indention_ = true;
};

}  // namespace

std::string to_yaml(const Value& value) {
    return Emitter().write(value);
}

}  // namespace recipe::config
