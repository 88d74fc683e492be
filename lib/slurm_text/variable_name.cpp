// SPDX-License-Identifier: Apache-2.0
// Recognizes names of environment variables.
#include "slurm_text/variable_name.hpp"

#include <algorithm>
#include <cstddef>

namespace recipe::slurm_text {

bool is_variable_name(std::string_view name) noexcept {
    constexpr std::size_t max_bytes = 255;
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto is_word = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
    };
    return !name.empty() && name.size() <= max_bytes && !is_digit(name.front()) && std::ranges::all_of(name, is_word);
}

}  // namespace recipe::slurm_text
