// SPDX-License-Identifier: Apache-2.0
// What Python's str() makes of a value.
#include "config/python/number_text.hpp"
#include "config/python/python_text.hpp"
#include "config/value/value.hpp"

namespace recipe::config {
namespace {

void append_repr(std::string& out, const Value& value) {
    switch (value.kind()) {
        case Value::Kind::string:
            out += python_repr(*value.as_string());
            return;
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
        default:
            out += to_python_text(value);
    }
}

}  // namespace

std::string to_python_text(const Value& value) {
    switch (value.kind()) {
        case Value::Kind::null:
            return "None";
        case Value::Kind::boolean:
            return *value.as_bool() ? "True" : "False";
        case Value::Kind::integer:
            return value.as_integer()->to_string();
        case Value::Kind::floating:
            return float_repr(*value.as_number());
        case Value::Kind::string:
            return *value.as_string();
        case Value::Kind::list:
        case Value::Kind::map:
            break;
    }
    std::string out;
    append_repr(out, value);
    return out;
}

}  // namespace recipe::config
