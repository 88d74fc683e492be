// SPDX-License-Identifier: Apache-2.0
// Looks users up.
#include "users.hpp"

#include "slurm_text/lists.hpp"

#include <pwd.h>
#include <cerrno>
#include <optional>

namespace recipe::job_submit {
namespace {

constexpr std::size_t largest_entry = 1024 * 1024;

std::optional<std::uint32_t> id_of(const std::string& name) {
    std::vector<char> buffer(4096);
    passwd entry{};
    passwd* found = nullptr;
    int error = 0;
    while ((error = getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found)) == ERANGE &&
           buffer.size() < largest_entry)
        buffer.resize(buffer.size() * 4);
    if (error == 0 && found != nullptr) return found->pw_uid;
    return slurm_text::parse_number<std::uint32_t>(name);
}

}  // namespace

Users users_of(const std::vector<std::string>& names) {
    Users users;
    for (const std::string& name : names)
        if (const auto id = id_of(name))
            users.ids.push_back(*id);
        else
            users.unknown.push_back(name);
    return users;
}

}  // namespace recipe::job_submit
