// SPDX-License-Identifier: Apache-2.0
// Values to JSON and back.
#include "config/python/number_text.hpp"
#include "config/value/place.hpp"
#include "diagnostic/codes/compose.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <iterator>

namespace recipe::config {
namespace {

void append_string(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            case '\b':
                out += "\\b";
                break;
            case '\f':
                out += "\\f";
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
                } else {
                    out += c;
                }
        }
    }
    out += '"';
}

std::string key_text(const Value& key) {
    switch (key.kind()) {
        case Value::Kind::null:
            return "null";
        case Value::Kind::boolean:
            return *key.as_bool() ? "true" : "false";
        case Value::Kind::floating:
            return float_yaml(*key.as_number());
        default:
            return to_python_text(key);
    }
}

class JsonWriter {
public:
    JsonWriter(std::string& out, int indent) : out_(out), indent_(indent) {}

    void write(const Value& value) {
        switch (value.kind()) {
            case Value::Kind::null:
                out_ += "null";
                break;
            case Value::Kind::boolean:
                out_ += *value.as_bool() ? "true" : "false";
                break;
            case Value::Kind::integer:
                out_ += value.as_integer()->to_string();
                break;
            case Value::Kind::floating:
                write_float(*value.as_number());
                break;
            case Value::Kind::string:
                append_string(out_, *value.as_string());
                break;
            case Value::Kind::list:
                write_all('[', ']', value.items(), [this](const Value& item) { write(item); });
                break;
            case Value::Kind::map:
                write_all('{', '}', value.entries(), [this](const Entry& entry) {
                    append_string(out_, key_text(entry.key));
                    out_ += indent_ < 0 ? ":" : ": ";
                    write(entry.value);
                });
                break;
        }
    }

private:
    void write_float(double number) {
        if (std::isfinite(number)) {
            out_ += float_repr(number);
        } else {
            append_string(out_, float_yaml(number));
        }
    }

    template <class Elements, class WriteElement>
    void write_all(char open, char close, const Elements& elements, WriteElement write_element) {
        out_ += open;
        ++level_;
        const char* separator = "";
        for (const auto& element : elements) {
            out_ += separator;
            break_line();
            write_element(element);
            separator = ",";
        }
        --level_;
        if (!elements.empty()) break_line();
        out_ += close;
    }

    void break_line() {
        if (indent_ < 0) return;
        out_ += '\n';
        out_.append(static_cast<std::size_t>(indent_ * level_), ' ');
    }

    std::string& out_;
    int indent_;
    int level_ = 0;
};

/// Builds a Value from the parser's events, so that depth is bounded before anything is built.
class JsonReader : public nlohmann::json_sax<nlohmann::json> {
public:
    explicit JsonReader(int max_depth) : max_depth_(max_depth) {}

    Value take() { return std::move(root_); }
    [[nodiscard]] const std::string& problem() const { return problem_; }
    [[nodiscard]] std::size_t where() const { return where_; }

    bool null() override { return add(Value::null()); }
    bool boolean(bool value) override { return add(Value::boolean(value)); }
    bool number_integer(number_integer_t value) override { return add(Value::integer(value)); }
    bool number_unsigned(number_unsigned_t value) override {
        return add(Value::integer(*Integer::from_digits(std::to_string(value))));
    }
    bool number_float(number_float_t value, const string_t& text) override {
        // An integer beyond 64 bits arrives here as well, with its digits.
        if (text.find_first_of(".eE") == std::string::npos) {
            if (auto integer = Integer::from_digits(text)) return add(Value::integer(std::move(*integer)));
        }
        return add(Value::floating(value));
    }
    bool string(string_t& value) override { return add(Value::string(std::move(value))); }
    bool binary(binary_t&) override { return fail("binary data has no place here"); }
    bool start_object(std::size_t) override { return open(Value::map()); }
    bool end_object() override { return close(); }
    bool start_array(std::size_t) override { return open(Value::list()); }
    bool end_array() override { return close(); }
    bool key(string_t& name) override {
        if (open_.back().container.find(name)) return fail(fmt::format("the key \"{}\" is given twice", name));
        open_.back().key = std::move(name);
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
        where_ = position;
        return fail("not valid JSON");
    }

private:
    struct Open {
        Value container;
        std::string key;
    };

    bool fail(std::string problem) {
        if (problem_.empty()) problem_ = std::move(problem);
        return false;
    }

    bool open(Value container) {
        if (static_cast<int>(open_.size()) >= max_depth_) return fail(fmt::format("nested deeper than {}", max_depth_));
        open_.push_back({std::move(container), {}});
        return true;
    }

    bool close() {
        Value done = std::move(open_.back().container);
        open_.pop_back();
        return add(std::move(done));
    }

    bool add(Value value) {
        if (open_.empty()) {
            root_ = std::move(value);
        } else if (open_.back().container.is_map()) {
            open_.back().container.set(Value::string(std::move(open_.back().key)), std::move(value));
        } else {
            open_.back().container.push_back(std::move(value));
        }
        return true;
    }

    int max_depth_;
    std::vector<Open> open_;
    Value root_;
    std::string problem_;
    std::size_t where_ = 0;
};

}  // namespace

std::string to_json(const Value& value, int indent) {
    std::string out;
    JsonWriter(out, indent).write(value);
    return out;
}

Expected<Value> from_json(std::string_view text, std::size_t max_bytes, int max_depth) {
    const auto refuse_json = [](DiagnosticCode code, std::string message) {
        return refuse({.code = code, .message = std::move(message)});
    };
    if (text.size() > max_bytes)
        return refuse_json(codes::compose.too_large,
                           fmt::format("the JSON has {} bytes, at most {} are read", text.size(), max_bytes));
    JsonReader reader(max_depth);
    try {
        if (nlohmann::json::sax_parse(text.begin(), text.end(), &reader)) return reader.take();
    } catch (const nlohmann::json::exception&) {
        return refuse_json(codes::compose.json, "not valid JSON");
    }
    std::string message = reader.problem();
    if (reader.where() > 0) message += fmt::format(", at byte {}", reader.where());
    return refuse_json(codes::compose.json, std::move(message));
}

}  // namespace recipe::config
