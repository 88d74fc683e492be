// SPDX-License-Identifier: Apache-2.0
// Files that a plan names, written and read as its user and nobody else. No name is trusted: what is
// opened has to be a regular file of the user's own that others may not change.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

namespace recipe::spank {

/// A file that no job has used for so long is of no job.
inline constexpr std::chrono::hours max_unused{30 * 24};

/// What others may not do with a file.
enum class Others : std::uint8_t { read_or_write, write };

/// The text of a file, and a sign of life for remove_unused(). The error says why it is not read: a link, no regular
/// file, another user's, open to others, larger than `max_bytes`, or what the system says. Never waits for a writer.
[[nodiscard]] std::expected<std::string, std::string> read_own_file(const std::string& path, std::size_t max_bytes,
                                                                    Others may_not);

/// Creates the file (0600) in its directory, which is there. What is there already is neither changed nor followed.
/// "" or what went wrong.
[[nodiscard]] std::string write_own_file(const std::string& path, std::string_view text);

/// Removes the user's regular files of this directory whose paths are `ours` and that have not been used since
/// max_unused before `now` (seconds since 1970).
void remove_unused(const std::string& directory, std::int64_t now,
                   const std::function<bool(const std::string& path)>& ours);

}  // namespace recipe::spank
