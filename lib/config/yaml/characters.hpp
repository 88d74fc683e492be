// SPDX-License-Identifier: Apache-2.0
// Which characters a YAML file may hold. Internal to this room.
#pragma once

#include "config/value/value.hpp"

namespace recipe::config {

/// Refuses a text for what no YAML file may hold (invalid UTF-8, control characters), for what PyYAML and yaml-cpp take
/// for different things wherever it stands (line breaks that are none to yaml-cpp), and for more brackets or commas
/// than a recipe can mean, on which yaml-cpp would spend seconds and hundreds of megabytes.
[[nodiscard]] std::optional<Diagnostic> check_characters(const std::shared_ptr<const SourceText>& origin);

}  // namespace recipe::config
