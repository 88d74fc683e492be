// SPDX-License-Identifier: Apache-2.0
// root may submit for somebody else (--uid).
#pragma once

#include "spank/client/slurm_client.hpp"
#include "spank/host/user_rights.hpp"

#include <optional>
#include <string>
#include <system_error>

namespace recipe::spank {

/// The user that --uid and --gid of this command name; nothing when that is the caller.
[[nodiscard]] std::optional<OtherUser> other_user(const SlurmOptions& options);

/// mkdir -p as that user, in a child process; fails as planner::make_writable_directory does.
[[nodiscard]] std::error_code make_writable_directory_as(const OtherUser& user, const std::string& directory);

}  // namespace recipe::spank
