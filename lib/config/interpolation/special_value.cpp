// SPDX-License-Identifier: Apache-2.0
// Distinguishes missing values and interpolations from texts.
#include "config/interpolation/special_value.hpp"

#include <fmt/format.h>

namespace recipe::config {
namespace {

void collect_invalid(const Value& value, std::vector<InvalidInterpolation>& invalid) {
    if (const std::string* text = value.as_string()) {
        if (!interpolation::has_interpolation(*text) || interpolation::plain_reference(*text)) return;
        if (const auto parsed = interpolation::parse_text(*text); !parsed) invalid.push_back({&value, parsed.error()});
        return;
    }
    for (const Value& item : value.items()) collect_invalid(item, invalid);
    for (const Entry& entry : value.entries()) collect_invalid(entry.value, invalid);
}

}  // namespace

std::vector<InvalidInterpolation> find_invalid_interpolations(const Value& tree) {
    std::vector<InvalidInterpolation> invalid;
    collect_invalid(tree, invalid);
    return invalid;
}

std::string describe(const interpolation::SyntaxError& error) {
    return fmt::format("this is no valid interpolation, at character {}: {}", error.position + 1, error.message);
}

}  // namespace recipe::config
