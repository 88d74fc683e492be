// SPDX-License-Identifier: Apache-2.0
// Writing to what is open already.
#pragma once

#include <string_view>

namespace recipe::storage {

/// All of the text, however many calls it takes. False: errno says why, and what was written stays. Safe in a child
/// after fork() or vfork().
[[nodiscard]] bool write_all(int descriptor, std::string_view text) noexcept;

}  // namespace recipe::storage
