// SPDX-License-Identifier: Apache-2.0
// Work with the rights of another user.
#include "spank/host/user_rights.hpp"

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>

namespace recipe::spank {

OtherUser effective_user() {
    OtherUser user{.uid = geteuid(), .gid = getegid(), .groups = {}, .name = {}};
    const int count = getgroups(0, nullptr);
    user.groups.resize(static_cast<std::size_t>(std::max(count, 0)));
    const int got = getgroups(count, user.groups.data());
    user.groups.resize(static_cast<std::size_t>(std::max(got, 0)));
    return user;
}

bool become(const OtherUser& user) {
    return setgroups(user.groups.size(), user.groups.data()) == 0 && setresgid(user.gid, user.gid, user.gid) == 0 &&
           setresuid(user.uid, user.uid, user.uid) == 0;
}

std::error_code run_as(const OtherUser& user, const std::function<std::error_code()>& work) {
    const pid_t child = fork();
    if (child < 0) return {errno, std::generic_category()};
    if (child == 0) _exit(become(user) ? work().value() : EPERM);
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return {errno, std::generic_category()};
    return {WIFEXITED(status) ? WEXITSTATUS(status) : EIO, std::generic_category()};
}

}  // namespace recipe::spank
