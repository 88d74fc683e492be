// What PyYAML refuses and yaml-cpp lets pass. Internal to lib/config.
#pragma once

#include "config/config.hpp"

namespace recipe::config {

/// Invalid UTF-8 and characters that no YAML file may hold.
[[nodiscard]] std::optional<Diagnostic> check_characters(const std::shared_ptr<const Origin>& origin);

}  // namespace recipe::config
