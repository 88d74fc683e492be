// SPDX-License-Identifier: Apache-2.0
// Texts, and how they are written as the value of a key.
#pragma once

#include "catch.hpp"
#include "config/config.hpp"

namespace recipe::config {

struct WrittenText {
    std::string_view text;
    std::string_view yaml;
};

inline void check_written(std::initializer_list<WrittenText> cases) {
    for (const auto& [text, yaml] : cases) {
        INFO(text);
        Value map = Value::map();
        map.set(Value::string("x"), Value::string(std::string(text)));
        CHECK(to_yaml(map) == yaml);
    }
}

}  // namespace recipe::config
