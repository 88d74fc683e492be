// SPDX-License-Identifier: Apache-2.0
// A configuration as JSON without loss. JSON knows no infinite floats, no ints beyond 64 bits that every reader keeps,
// and no keys but strings; such nodes are written as a map with one key that starts with '$':
//   {"$float": "inf"}   {"$int": "123456789012345678901234567890"}   {"$map": [[key, value], ...]}
// A map of the recipe that has such a key itself is written as "$map", so nothing is ambiguous.
#pragma once

#include "config/value/value.hpp"

namespace recipe::plan {

/// A value of JSON's kinds only.
[[nodiscard]] config::Value encode(const config::Value& value);

/// The inverse of encode(); malformed escapes are refused with code plan.malformed.
[[nodiscard]] Expected<config::Value> decode(const config::Value& value);

}  // namespace recipe::plan
