// SPDX-License-Identifier: Apache-2.0
// What is done for a user is done with that user's rights and no others, since a path of theirs leads where they
// please.
#pragma once

#include <sys/types.h>
#include <functional>
#include <string>
#include <system_error>
#include <vector>

namespace recipe::spank {

struct OtherUser {
    uid_t uid;
    gid_t gid;
    std::vector<gid_t> groups;
    std::string name;  // or the number, where the user has none
    std::string home{};
};

/// The rights that are in effect: in slurmstepd, which is root besides, those of the job's user.
[[nodiscard]] OtherUser effective_user();

/// This process for good.
[[nodiscard]] bool become(const OtherUser& user);

/// Does it as that user, in a child process. EPERM when there is no becoming that user.
std::error_code run_as(const OtherUser& user, const std::function<std::error_code()>& work);

}  // namespace recipe::spank
