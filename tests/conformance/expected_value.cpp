// SPDX-License-Identifier: Apache-2.0
#include "expected_value.hpp"
#include "config/config.hpp"

#include <cstdlib>

namespace recipe::conformance {

using config::Entry;
using config::Value;

namespace {

const Value* only_entry(const Value& json, std::string_view key) {
    return json.is_map() && json.size() == 1 ? json.find(key) : nullptr;
}

}  // namespace

Value decode(const Value& json) {
    for (const char* name : {"float", "__float__"})
        if (const Value* number = only_entry(json, name); number && number->is_string())
            return Value::floating(std::strtod(number->as_string()->c_str(), nullptr));
    if (const Value* pairs = only_entry(json, "dict"); pairs && pairs->is_list()) {
        Value map = Value::map();
        for (const Value& pair : pairs->items()) map.set(decode(pair.items()[0]), decode(pair.items()[1]));
        return map;
    }
    if (json.is_list()) {
        Value list = Value::list();
        for (const Value& item : json.items()) list.push_back(decode(item));
        return list;
    }
    if (json.is_map()) {
        Value map = Value::map();
        for (const Entry& entry : json.entries()) map.set(entry.key, decode(entry.value));
        return map;
    }
    return json;
}

Value with_string_keys(const Value& value) {
    if (value.is_list()) {
        Value list = Value::list();
        for (const Value& item : value.items()) list.push_back(with_string_keys(item));
        return list;
    }
    if (value.is_map()) {
        Value map = Value::map();
        for (const Entry& entry : value.entries())
            map.set(Value::string(config::to_python_text(entry.key)), with_string_keys(entry.value));
        return map;
    }
    return value;
}

}  // namespace recipe::conformance
