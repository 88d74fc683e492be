// SPDX-License-Identifier: Apache-2.0
// Texts that Python would make. Internal to lib/config.
#pragma once

#include <string>
#include <string_view>

namespace recipe::config {

/// Python's repr() of a string: 'a', "it's", 'a\nb'.
[[nodiscard]] std::string python_repr(std::string_view text);

}  // namespace recipe::config
