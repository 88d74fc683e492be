// SPDX-License-Identifier: Apache-2.0
// Files that slurmstepd writes for the user, with the user's rights.
#pragma once

#include <string>
#include <string_view>

namespace recipe::spank {

/// Creates `path` with this content, and its directories (0700) with it, atomically. A file that is there already is
/// left as it is: whoever comes first writes, once per job. Returns "" or what went wrong.
[[nodiscard]] std::string write_once(const std::string& path, std::string_view content);

/// mkdir -p with mode 0700. Several nodes may do it at once. False: errno says why.
[[nodiscard]] bool make_directories(const std::string& directory);

/// Creates `path`, whose directory is there, with this content. False: it was there before, or cannot be created.
[[nodiscard]] bool create(const std::string& path, std::string_view content);

/// Gives `path`, whose directory is there, this content, atomically. Returns "" or what went wrong.
[[nodiscard]] std::string replace(const std::string& path, std::string_view content);

}  // namespace recipe::spank
