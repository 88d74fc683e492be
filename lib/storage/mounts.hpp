// SPDX-License-Identifier: Apache-2.0
// The file systems of this process. Private to this module.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace recipe::storage {

struct Mount {
    std::string directory;
    bool local = false;      // this host alone answers for it
    bool automatic = false;  // autofs: whoever looks below it makes it mount another
    bool answered = false;
};

/// By a text in the form of /proc/self/mountinfo (proc_pid_mountinfo(5)), in its order; what is covered is left out.
[[nodiscard]] std::vector<Mount> mounts_in(std::string_view text);

/// The mount that an absolute path without links is on; nullptr: none of these.
[[nodiscard]] Mount* mount_of(std::vector<Mount>& mounts, std::string_view path);

/// /proc/self/mountinfo; "" when it cannot be read.
[[nodiscard]] std::string own_mounts();

}  // namespace recipe::storage
