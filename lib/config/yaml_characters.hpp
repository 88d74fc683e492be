// Which characters a YAML file may hold. Internal to lib/config.
#pragma once

#include "config/config.hpp"

namespace recipe::config {

/// Invalid UTF-8, characters that no YAML file may hold, and more brackets in a row than a recipe can mean.
[[nodiscard]] std::optional<Diagnostic> check_characters(const std::shared_ptr<const Origin>& origin);

}  // namespace recipe::config
