// SPDX-License-Identifier: Apache-2.0
// Which characters a YAML file may hold. Internal to lib/config.
#pragma once

#include "config/value/value.hpp"

namespace recipe::config {

/// Invalid UTF-8, characters that no YAML file may hold, and more brackets in a row than a recipe can mean.
[[nodiscard]] std::optional<Diagnostic> check_characters(const std::shared_ptr<const SourceText>& origin);

}  // namespace recipe::config
