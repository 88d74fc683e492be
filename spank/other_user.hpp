// root may submit for somebody else (--uid). What is written then is written with that user's rights and no others, since a
// path of theirs leads where they please.
#pragma once

#include "slurm_client.hpp"

#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
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

/// The user that --uid and --gid of this command name; nothing when that is the caller.
[[nodiscard]] std::optional<OtherUser> other_user(const SlurmOptions& options);

/// The rights that are in effect: in slurmstepd, which is root besides, those of the job's user.
[[nodiscard]] OtherUser effective_user();

/// This process for good.
[[nodiscard]] bool become(const OtherUser& user);

/// Does it as that user, in a child process. EPERM when there is no becoming that user.
std::error_code run_as(const OtherUser& user, const std::function<std::error_code()>& work);

/// mkdir -p as that user, in a child process; fails as submit::make_writable_directory does.
[[nodiscard]] std::error_code make_writable_directory_as(const OtherUser& user, const std::string& directory);

}  // namespace recipe::spank
