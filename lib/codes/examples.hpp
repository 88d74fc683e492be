// SPDX-License-Identifier: Apache-2.0
// Overrides that break each rule of validation. Private to this module.
#pragma once

#include <string_view>

namespace recipe::codes {

[[nodiscard]] std::string_view example_of(std::string_view code);

}  // namespace recipe::codes
