// SPDX-License-Identifier: Apache-2.0
// How parts of the site file are read. Private to this module.
#pragma once

#include "site/site.hpp"

namespace recipe::site {

/// A refusal with code site.file at this value.
[[nodiscard]] std::unexpected<Diagnostics> fail(const config::Value& value, std::string key, std::string message);

[[nodiscard]] Expected<Policy> read_policy(const config::Value& map, const std::string& key);
[[nodiscard]] Expected<std::vector<std::pair<std::string, std::string>>> read_node_types(const config::Value& map,
                                                                                         const std::string& key);
[[nodiscard]] Expected<std::vector<std::pair<std::string, std::string>>> read_partition_types(const config::Value& map,
                                                                                              const std::string& key);
[[nodiscard]] Expected<std::chrono::seconds> read_inventory(const config::Value& map, const std::string& key);

}  // namespace recipe::site
