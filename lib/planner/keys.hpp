// SPDX-License-Identifier: Apache-2.0
// Settings that a recipe and Slurm both spell: where the recipe has them, and what they mean.
#pragma once

#include "config/value/value.hpp"
#include "plan/plan.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace recipe::planner {

/// The time limit that a recipe means. An int that its file spells with colons was read as sexagesimal seconds by YAML
/// ("12:00:00" is 43200) and means what the text says.
[[nodiscard]] std::optional<std::optional<std::int64_t>> time_limit_of(const config::Value& value);

/// The node counts and devices of a recipe live under these keys, from the root; the first that exists and is not null.
[[nodiscard]] std::string nodes_key(const config::Value& root);
[[nodiscard]] std::string devices_key(const config::Value& root);
[[nodiscard]] std::string time_limit_key(const config::Value& root);
[[nodiscard]] plan::Launcher launcher_of(const config::Value& root);

}  // namespace recipe::planner
