// SPDX-License-Identifier: Apache-2.0
// What the harnesses ask of what they were answered.
#pragma once

#include "diagnostic/diagnostic.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace recipe::fuzz {

/// Ends the fuzzer, which keeps the input.
inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz: not so: %s\n", what);
    std::abort();
}

/// A refusal says what is wrong.
inline void require_reasons(const Diagnostics& refusal) {
    require(!refusal.empty(), "a refusal has a reason");
    for (const Diagnostic& diagnostic : refusal) {
        require(!diagnostic.code.name().empty(), "a diagnostic has a code");
        require(!diagnostic.message.empty(), "a diagnostic has a message");
    }
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// The text up to the next `end`, which is taken off `rest`; all of it where there is none.
inline std::string_view take_until(std::string_view& rest, char end) {
    const std::size_t length = rest.find(end);
    const std::string_view taken = rest.substr(0, length);
    rest = length == std::string_view::npos ? std::string_view() : rest.substr(length + 1);
    return taken;
}

}  // namespace recipe::fuzz
