// SPDX-License-Identifier: Apache-2.0
// Compresses the configuration in a plan.
#include "plan/wire/codec.hpp"

#include "diagnostic/codes/node.hpp"

#include <cmath>
#include <limits>

namespace recipe::plan {
namespace {

using config::Entry;
using config::Integer;
using config::Value;
using Kind = Value::Kind;

constexpr std::string_view float_escape = "$float";
constexpr std::string_view int_escape = "$int";
constexpr std::string_view map_escape = "$map";

Value escape(std::string_view name, Value content) {
    Value map = Value::map();
    map.set(Value::string(std::string(name)), std::move(content));
    return map;
}

bool is_plain_map(const Value& map) {
    for (const Entry& entry : map.entries()) {
        const std::string* key = entry.key.as_string();
        if (key == nullptr || key->starts_with('$')) return false;
    }
    return true;
}

std::unexpected<Diagnostics> malformed(std::string message) {
    return refuse({.code = codes::plan.malformed, .message = std::move(message)});
}

Expected<Value> decode_float(const Value& content) {
    const std::string* text = content.as_string();
    if (text != nullptr && *text == "inf") return Value::floating(std::numeric_limits<double>::infinity());
    if (text != nullptr && *text == "-inf") return Value::floating(-std::numeric_limits<double>::infinity());
    if (text != nullptr && *text == "nan") return Value::floating(std::numeric_limits<double>::quiet_NaN());
    return malformed("$float is none of inf, -inf, nan");
}

Expected<Value> decode_int(const Value& content) {
    const std::string* text = content.as_string();
    const auto integer = text != nullptr ? Integer::from_digits(*text) : std::nullopt;
    if (!integer) return malformed("$int holds no integer");
    return Value::integer(*integer);
}

Expected<Value> decode_map(const Value& content) {
    Value map = Value::map();
    if (!content.is_list()) return malformed("$map is no list");
    for (const Value& pair : content.items()) {
        if (!pair.is_list() || pair.size() != 2) return malformed("$map has an item that is no pair");
        Expected<Value> key = decode(pair.items()[0]);
        if (!key) return key;
        if (key->is_map() || key->is_list()) return malformed("$map has a key that is no scalar");
        Expected<Value> value = decode(pair.items()[1]);
        if (!value) return value;
        map.set(std::move(*key), std::move(*value));
    }
    return map;
}

}  // namespace

Value encode(const Value& value) {
    switch (value.kind()) {
        case Kind::floating: {
            const double number = *value.as_number();
            if (std::isfinite(number)) return value;
            return escape(float_escape, Value::string(std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf"));
        }
        case Kind::integer:
            if (value.as_int()) return value;
            return escape(int_escape, Value::string(value.as_integer()->to_string()));
        case Kind::list: {
            Value list = Value::list();
            for (const Value& item : value.items()) list.push_back(encode(item));
            return list;
        }
        case Kind::map: {
            if (is_plain_map(value)) {
                Value map = Value::map();
                for (const Entry& entry : value.entries()) map.set(entry.key, encode(entry.value));
                return map;
            }
            Value pairs = Value::list();
            for (const Entry& entry : value.entries())
                pairs.push_back(Value::list({encode(entry.key), encode(entry.value)}));
            return escape(map_escape, std::move(pairs));
        }
        default:
            return value;
    }
}

Expected<Value> decode(const Value& value) {
    if (value.is_list()) {
        Value list = Value::list();
        for (const Value& item : value.items()) {
            Expected<Value> decoded = decode(item);
            if (!decoded) return decoded;
            list.push_back(std::move(*decoded));
        }
        return list;
    }
    if (!value.is_map()) return value;
    if (const Value* content = value.find(float_escape)) return decode_float(*content);
    if (const Value* content = value.find(int_escape)) return decode_int(*content);
    if (const Value* content = value.find(map_escape)) return decode_map(*content);
    Value map = Value::map();
    for (const Entry& entry : value.entries()) {
        Expected<Value> decoded = decode(entry.value);
        if (!decoded) return decoded;
        map.set(entry.key, std::move(*decoded));
    }
    return map;
}

}  // namespace recipe::plan
