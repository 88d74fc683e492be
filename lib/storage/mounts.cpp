// SPDX-License-Identifier: Apache-2.0
// Reads the table of mounts, to know what only this host answers for.
#include "storage/mounts.hpp"

#include "storage/storage.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>

namespace recipe::storage {
namespace {

constexpr std::size_t max_table_bytes = 16 * 1024 * 1024;

/// File systems without a server that hold no user's files, and those of disks by the names that statfs(2) gives
/// another's.
constexpr std::array<std::string_view, 28> of_this_host{
    "binfmt_misc", "bpf",        "cgroup",  "cgroup2", "configfs",   "debugfs", "devpts",
    "devtmpfs",    "efivarfs",   "erofs",   "exfat",   "ext2",       "ext3",    "fusectl",
    "iso9660",     "mqueue",     "nfsd",    "nsfs",    "pstore",     "rootfs",  "rpc_pipefs",
    "selinuxfs",   "securityfs", "tracefs", "vfat",    "fuse.lxcfs", "jfs",     "udf"};

bool is_local(std::string_view type) {
    const Kind kind = kind_of(type);
    return kind == Kind::memory || kind == Kind::local || std::ranges::find(of_this_host, type) != of_this_host.end();
}

std::string_view next_field(std::string_view& line) {
    const std::string_view field = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(field.size() + 1, line.size()));
    return field;
}

/// "\040" is a blank there.
std::string unescaped(std::string_view text) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '7'; };
    std::string path;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size() && is_digit(text[i + 1]) && is_digit(text[i + 2]) &&
            is_digit(text[i + 3])) {
            path += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
            i += 3;
        } else {
            path += text[i];
        }
    }
    return path;
}

}  // namespace

std::vector<Mount> mounts_in(std::string_view text) {
    constexpr int fields_before_directory = 4;  // number, parent's number, device, root
    std::vector<Mount> mounts;
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        for (int i = 0; i < fields_before_directory; ++i) next_field(line);
        const std::string_view directory = next_field(line);
        // Any number of fields, up to a lone "-".
        while (!line.empty() && next_field(line) != "-") {
        }
        const std::string_view type = next_field(line);
        if (!directory.starts_with('/') || type.empty()) continue;
        Mount mount{.directory = unescaped(directory), .local = is_local(type), .automatic = type == "autofs"};
        std::erase_if(mounts, [&](const Mount& below) { return is_within(below.directory, mount.directory); });
        mounts.push_back(std::move(mount));
    }
    return mounts;
}

Mount* mount_of(std::vector<Mount>& mounts, std::string_view path) {
    Mount* found = nullptr;
    for (Mount& mount : mounts)
        if (is_within(path, mount.directory) && (found == nullptr || mount.directory.size() > found->directory.size()))
            found = &mount;
    return found;
}

std::string own_mounts() {
    const int file = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    if (file < 0) return {};
    std::string text;
    std::array<char, 16384> chunk{};
    while (text.size() < max_table_bytes) {
        const ssize_t got = read(file, chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        text.append(chunk.data(), static_cast<std::size_t>(got));
    }
    close(file);
    return text;
}

}  // namespace recipe::storage
