// SPDX-License-Identifier: Apache-2.0
// Opens, reads and writes what belongs to the user in a directory of the job's.
#include "spank/host/own_directory.hpp"

#include "storage/write_all.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace recipe::spank {
namespace {

constexpr mode_t written_by_others = S_IWGRP | S_IWOTH;

std::string failure(std::string_view doing, const std::string& path) {
    return fmt::format("cannot {} {}: {}", doing, path, std::strerror(errno));
}

std::unexpected<NotOwn> not_own(NotOwn::Kind kind, std::string why) {
    return std::unexpected(NotOwn{.kind = kind, .why = std::move(why)});
}

std::unexpected<NotOwn> not_opened(const std::string& path) {
    const bool missing = errno == ENOENT;
    // O_NOFOLLOW on a link says ELOOP, and ENOTDIR with O_DIRECTORY.
    if (errno == ELOOP) return not_own(NotOwn::Kind::foreign, path + " is a link");
    return not_own(missing ? NotOwn::Kind::missing : NotOwn::Kind::unusable, failure("open", path));
}

/// Nothing: it is the user's own, and nobody else may write to it.
std::expected<void, NotOwn> check_own(int file, mode_t type, const std::string& path) {
    struct stat status{};
    if (fstat(file, &status) != 0) return not_own(NotOwn::Kind::unusable, failure("stat", path));
    if ((status.st_mode & S_IFMT) != type)
        return not_own(NotOwn::Kind::foreign,
                       fmt::format("{} is no {}", path, type == S_IFDIR ? "directory" : "regular file"));
    // With the effective ids: slurmstepd is still root in its real ones.
    if (status.st_uid != geteuid())
        return not_own(NotOwn::Kind::foreign, fmt::format("{} belongs to {}, and not to {}", path,
                                                          user_name(status.st_uid), user_name(geteuid())));
    if ((status.st_mode & written_by_others) != 0)
        return not_own(NotOwn::Kind::open_to_others,
                       fmt::format("others may write to {} (mode {:04o})", path, status.st_mode & 07777));
    return {};
}

bool write_and_sync(int file, std::string_view content) {
    return storage::write_all(file, content) && fsync(file) == 0;
}

}  // namespace

std::string user_name(uid_t user) {
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    if (getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
        return fmt::format("{} (uid {})", found->pw_name, user);
    return fmt::format("uid {}", user);
}

bool create_file_at(int directory, const std::string& name, std::string_view content) {
    const Descriptor file(openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    return file.is_open() && write_and_sync(file.get(), content);
}

Descriptor::~Descriptor() {
    if (number_ >= 0) close(number_);
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
}

std::expected<OwnDirectory, NotOwn> OwnDirectory::open_at(int above, const std::string& name, std::string path) {
    constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    Descriptor directory(openat(above, name.c_str(), flags));
    if (!directory.is_open()) {
        const int reason = errno;
        struct stat status{};
        if (reason == ENOTDIR && fstatat(above, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISLNK(status.st_mode))
            return not_own(NotOwn::Kind::foreign, path + " is a link");
        errno = reason;
        return not_opened(path);
    }
    if (auto own = check_own(directory.get(), S_IFDIR, path); !own) return std::unexpected(std::move(own.error()));
    return OwnDirectory(std::move(directory), std::move(path));
}

std::expected<OwnDirectory, NotOwn> OwnDirectory::open(const std::string& path) {
    return open_at(AT_FDCWD, path, path);
}

std::expected<OwnDirectory, NotOwn> OwnDirectory::make(const std::string& path) {
    if (!make_directories(path)) return not_own(NotOwn::Kind::unusable, failure("create", path));
    return open(path);
}

std::expected<OwnDirectory, NotOwn> OwnDirectory::below(const std::string& name) const {
    return open_at(directory_.get(), name, path_ + '/' + name);
}

std::expected<Descriptor, NotOwn> OwnDirectory::open_file(const std::string& name, int flags) const {
    const std::string path = path_ + '/' + name;
    Descriptor file(openat(directory_.get(), name.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!file.is_open()) return not_opened(path);
    if (auto own = check_own(file.get(), S_IFREG, path); !own) return std::unexpected(std::move(own.error()));
    return file;
}

bool OwnDirectory::is_named(const std::string& name, const Descriptor& file) const {
    struct stat mine{};
    struct stat named{};
    return fstat(file.get(), &mine) == 0 && fstatat(directory_.get(), name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           mine.st_dev == named.st_dev && mine.st_ino == named.st_ino;
}

template <class PutInPlace>
std::string OwnDirectory::write_beside(const std::string& name, std::string_view content,
                                       PutInPlace put_in_place) const {
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    const std::string temporary = fmt::format("{}.{}.{}", name, host.data(), getpid());
    const int at = directory_.get();
    if (!create_file_at(at, temporary, content)) {
        const bool anothers = errno == EEXIST;
        std::string problem = failure("write", path_ + '/' + temporary);
        if (!anothers) unlinkat(at, temporary.c_str(), 0);
        return problem;
    }
    if (put_in_place(at, temporary.c_str(), name.c_str())) return {};
    std::string problem = failure("create", path_ + '/' + name);
    unlinkat(at, temporary.c_str(), 0);
    return problem;
}

std::string OwnDirectory::write_once(const std::string& name, std::string_view content) const {
    // A hard link never replaces what is there, unlike rename, and is atomic on NFS too. File systems without links get
    // a rename, which replaces the file by one of the same content.
    return write_beside(name, content, [](int at, const char* temporary, const char* place) {
        if (linkat(at, temporary, at, place, 0) == 0 || errno == EEXIST) return unlinkat(at, temporary, 0) == 0;
        return renameat(at, temporary, at, place) == 0;
    });
}

std::string OwnDirectory::replace(const std::string& name, std::string_view content) const {
    return write_beside(name, content, [](int at, const char* temporary, const char* place) {
        return renameat(at, temporary, at, place) == 0;
    });
}

bool OwnDirectory::create(const std::string& name, std::string_view content) const {
    return create_file_at(directory_.get(), name, content);
}

bool make_directories(const std::string& directory) {
    for (std::size_t slash = directory.find('/', 1);; slash = directory.find('/', slash + 1)) {
        const std::string part = directory.substr(0, slash);
        if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
            const int reason = errno;
            struct stat status{};
            // A parent on a read-only or foreign mount that is there all the same.
            const bool there = stat(part.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
            errno = reason;
            if (!there) return false;
        }
        if (slash == std::string::npos) return true;
    }
}

bool create_file(const std::string& path, std::string_view content) {
    return create_file_at(AT_FDCWD, path, content);
}

}  // namespace recipe::spank
