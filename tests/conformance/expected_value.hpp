// SPDX-License-Identifier: Apache-2.0
// The corpus's way of writing down values whose type JSON cannot tell.
#pragma once

#include "config/value/value.hpp"

namespace recipe::conformance {

/// {"float": "1e-05"}, {"dict": [[key, value]...]}, {"__float__": "inf"} and plain JSON, as a Value.
[[nodiscard]] config::Value decode(const config::Value& json);

/// The same value with string keys, as the corpus writes resolved recipes.
[[nodiscard]] config::Value with_string_keys(const config::Value& value);

}  // namespace recipe::conformance
