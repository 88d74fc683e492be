// Texts that Python would make. Internal to lib/config; to_python_text() is public.
#pragma once

#include "config/config.hpp"

namespace recipe::config {

/// Python's repr() of a string: 'a', "it's", 'a\nb'.
[[nodiscard]] std::string python_repr(std::string_view text);

}  // namespace recipe::config
