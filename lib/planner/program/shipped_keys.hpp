// SPDX-License-Identifier: Apache-2.0
// keys.yaml of our own trainer as constants, since every submission of our recipes reads it and reading YAML is a sixth
// of their time. The build makes them (generate.cpp). Private to this room.
#pragma once

#include <string_view>

namespace recipe::planner {

extern const std::string_view shipped_keys_yaml;  // the file, byte for byte
extern const std::string_view shipped_keys_json;  // what it says

}  // namespace recipe::planner
