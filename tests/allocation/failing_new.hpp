// SPDX-License-Identifier: Apache-2.0
// The program's operator new, which can be told to find no memory.
#pragma once

#include <cstdint>

namespace recipe::test {

/// Counts this thread's allocations from 1; those that the mode names throw std::bad_alloc.
struct Failing {
    enum class Mode : std::uint8_t { none, one, from };  // the one with this number, or all from there on
    Mode mode = Mode::none;
    std::uint64_t number = 0;
};

/// From here on, counting from 1 again.
void fail_allocations(Failing failing) noexcept;
/// Stops it. How many there were.
std::uint64_t count_allocations() noexcept;

}  // namespace recipe::test
