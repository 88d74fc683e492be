// SPDX-License-Identifier: Apache-2.0
// The text of a YAML scalar in each of its styles. Internal to lib/config.
#pragma once

#include "config/yaml/cursor.hpp"

namespace recipe::config {

/// A plain scalar. `indent` is that of the block it stands in; `broke_line` says whether it ended after a line break.
[[nodiscard]] std::string read_plain_scalar(YamlCursor& cursor, int indent, bool in_flow, bool& broke_line);
/// A scalar in single or double quotes. Throws YamlSyntaxError.
[[nodiscard]] std::string read_quoted_scalar(YamlCursor& cursor);
/// A literal (|) or folded (>) scalar. Throws YamlSyntaxError.
[[nodiscard]] std::string read_block_scalar(YamlCursor& cursor, int indent);

}  // namespace recipe::config
