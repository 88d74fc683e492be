// SPDX-License-Identifier: Apache-2.0
// What reading a data file has found wrong, and how it is said.
#include "tables/tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace recipe::tables {

void Problems::add(const config::Value& at, std::string key, std::string message) {
    Source source = at.position().source();
    if (source.empty()) source.name = file_;
    found_.push_back(
        {.code = code_, .key = std::move(key), .source = std::move(source), .message = std::move(message)});
}

std::string unknown_field(std::string_view name, const std::vector<std::string_view>& known) {
    return fmt::format("there is no field {}; the fields are {}", name, fmt::join(known, ", "));
}

}  // namespace recipe::tables
