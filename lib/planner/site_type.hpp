// SPDX-License-Identifier: Apache-2.0
// The instance type of a recipe that names none, where the site knows its partition's.
#pragma once

#include "config/config.hpp"
#include "site/site.hpp"

#include <optional>
#include <string_view>

namespace recipe::planner {

/// What the recipe would say: an override of its instance_type. `partition`: as -p has it; nothing: what the recipe
/// names. Nothing where the recipe has a type, or the site none for this partition.
[[nodiscard]] std::optional<config::Override> site_type(const site::Settings& settings, const config::Value& root,
                                                        std::optional<std::string_view> partition);

}  // namespace recipe::planner
