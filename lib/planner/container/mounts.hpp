// SPDX-License-Identifier: Apache-2.0
// What of the host a container sees.
#pragma once

#include "diagnostic/diagnostic.hpp"
#include "plan/plan.hpp"
#include "storage/storage.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace recipe::planner {

/// Somebody wants a directory or file in the container.
struct MountRequest {
    plan::Mount mount;
    std::string key;  // of the recipe, for diagnostics; may be empty
    Source where;
    bool is_made = false;  // by the job, so that it need not be there
};

/// `source[:target[:flags]]` of cluster.container_mounts. Code container.mount_form.
[[nodiscard]] Expected<plan::Mount> read_mount(std::string_view text);

/// The mounts, parents before children, and none that another brings along; of two for one target the first. A site may
/// call an error less than that, so that there are mounts whatever was found. Codes:
///   container.mount_form      relative, `:`, `,` or control characters in a path (error; such a mount is left out)
///   container.mount_missing   the source is not here (warning; error where its directory is)
///   container.mount_over      two sources for one target (error), or one mount over a part of another (warning)
///   container.mount_system    a target that the image needs for itself, such as /usr (warning; error for /)
///   container.mounts_too_long more than the 4095 bytes that pyxis reads, or more mounts than a plan holds (error)
[[nodiscard]] std::vector<plan::Mount> mounts_of(const std::vector<MountRequest>& requests, const storage::Host& host,
                                                 Diagnostics& found);
inline constexpr std::size_t max_mounts_bytes = 4095;  // pyxis reads options and variables into PATH_MAX bytes

/// The path on the host of what a container with these mounts has at `path`.
[[nodiscard]] std::string source_of(const std::string& path, const std::vector<plan::Mount>& mounts);

/// As --container-mounts takes them.
[[nodiscard]] std::string mounts_text(const std::vector<plan::Mount>& mounts);

}  // namespace recipe::planner
