// SPDX-License-Identifier: Apache-2.0
// Whose job it is when root submits with --uid.
#include "spank/client/other_user.hpp"

#include "planner/planner.hpp"
#include "slurm_text/lists.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>
#include <algorithm>

namespace recipe::spank {
namespace {

constexpr int max_groups = 65536;  // NGROUPS_MAX of Linux

/// Slurm keeps both as numbers and says so in several ways: "65534", "nobody(65534)", or by name.
std::optional<unsigned> id_in(const std::string& text) {
    const std::size_t open = text.find('(');
    if (open != std::string::npos && text.ends_with(')'))
        return slurm_text::parse_number<unsigned>(text.substr(open + 1, text.size() - open - 2));
    return slurm_text::parse_number<unsigned>(text);
}

const passwd* account_of(const std::string& text) {
    if (const auto uid = id_in(text)) return getpwuid(*uid);
    return getpwnam(text.c_str());
}

std::optional<gid_t> group_in(const std::string& text) {
    if (const auto gid = id_in(text)) return *gid;
    const group* entry = getgrnam(text.c_str());
    if (entry == nullptr) return std::nullopt;
    return entry->gr_gid;
}

std::vector<gid_t> groups_of(const std::string& name, gid_t gid) {
    int count = 64;
    std::vector<gid_t> groups(static_cast<std::size_t>(count));
    while (getgrouplist(name.c_str(), gid, groups.data(), &count) < 0 && count <= max_groups) {
        count = std::max(count, static_cast<int>(groups.size()) * 2);
        groups.resize(static_cast<std::size_t>(count));
    }
    groups.resize(static_cast<std::size_t>(std::clamp(count, 0, static_cast<int>(groups.size()))));
    return groups;
}

}  // namespace

std::optional<OtherUser> other_user(const SlurmOptions& options) {
    if (geteuid() != 0 || !options.is_set("uid")) return std::nullopt;
    const std::string text = options.get("uid");
    OtherUser user{};
    if (const passwd* account = account_of(text)) {
        user = {.uid = account->pw_uid,
                .gid = account->pw_gid,
                .groups = {},
                .name = account->pw_name,
                .home = account->pw_dir};
    } else if (const auto uid = id_in(text)) {
        user = {.uid = *uid, .gid = *uid, .groups = {}, .name = std::to_string(*uid)};
    } else {
        return std::nullopt;
    }
    if (user.uid == geteuid()) return std::nullopt;
    if (options.is_set("gid")) user.gid = group_in(options.get("gid")).value_or(user.gid);
    user.groups = groups_of(user.name, user.gid);
    return user;
}

std::error_code make_writable_directory_as(const OtherUser& user, const std::string& directory) {
    return run_as(user, [&] { return planner::make_writable_directory(directory); });
}

}  // namespace recipe::spank
