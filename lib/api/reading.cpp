// SPDX-License-Identifier: Apache-2.0
// Checks the types of a request's values.
#include "api/reading.hpp"
#include "diagnostic/codes/tools.hpp"

#include <fmt/format.h>
#include <utility>

namespace recipe::api {

using config::Value;

void Reading::refuse(std::string key, std::string message, std::string fix) {
    problems_.push_back({.code = codes::api.request,
                         .key = std::move(key),
                         .source = {.name = "request"},
                         .message = std::move(message),
                         .fix = std::move(fix)});
}

std::string Reading::text(const Value& value, const std::string& key) {
    const std::string* text = value.as_string();
    if (text == nullptr)
        wrong_type(value, key, "a string");
    else if (text->contains('\0'))
        refuse(key, fmt::format("{} holds a NUL character", key));
    else
        return *text;
    return {};
}

std::string Reading::filled_text(const Value& value, const std::string& key) {
    if (value.as_string() != nullptr && value.as_string()->empty()) refuse(key, fmt::format("{} is empty", key));
    return text(value, key);
}

std::vector<std::string> Reading::texts(const Value& value, const std::string& key, std::size_t most) {
    std::vector<std::string> found;
    if (!value.is_list()) {
        wrong_type(value, key, "a list of strings");
    } else if (is_short_enough(value, key, most)) {
        for (const Value& item : value.items())
            found.push_back(filled_text(item, fmt::format("{}[{}]", key, found.size())));
    }
    return found;
}

bool Reading::flag(const Value& value, const std::string& key) {
    if (!value.as_bool()) wrong_type(value, key, "true or false");
    return value.as_bool().value_or(false);
}

const Value::Map& Reading::entries(const Value& value, const std::string& key, std::size_t most) {
    static const Value::Map none;
    if (!value.is_map()) wrong_type(value, key, "an object");
    return value.is_map() && is_short_enough(value, key, most) ? value.entries() : none;
}

bool Reading::is_short_enough(const Value& value, const std::string& key, std::size_t most) {
    if (value.size() > most)
        refuse(key, fmt::format("{} holds {} items; at most {} are read", key, value.size(), most));
    return value.size() <= most;
}

void Reading::wrong_type(const Value& value, const std::string& key, std::string_view wanted) {
    refuse(key, fmt::format("{} is {}, not {}", key, wanted, describe(value.kind())));
}

}  // namespace recipe::api
