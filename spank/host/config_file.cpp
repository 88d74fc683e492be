// SPDX-License-Identifier: Apache-2.0
// Writes files atomically.
#include "spank/host/config_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace recipe::spank {
namespace {

std::string failure(std::string_view doing, const std::string& path) {
    return fmt::format("{} {}: {}", doing, path, std::strerror(errno));
}

bool write_and_sync(int file, std::string_view content) {
    while (!content.empty()) {
        const ssize_t written = write(file, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return fsync(file) == 0;
}

/// A hard link never replaces what is there, unlike rename, and is atomic on NFS too. File systems without links get a
/// rename, which replaces the file by one of the same content.
bool publish(const std::string& temporary, const std::string& path) {
    if (link(temporary.c_str(), path.c_str()) == 0 || errno == EEXIST) return unlink(temporary.c_str()) == 0;
    return rename(temporary.c_str(), path.c_str()) == 0;
}

/// Writes a file beside `path` and lets `put_in_place` move it there.
template <class PutInPlace>
std::string write_beside(const std::string& path, std::string_view content, PutInPlace put_in_place) {
    char host[256] = {};
    gethostname(host, sizeof host - 1);
    const std::string temporary = fmt::format("{}.{}.{}", path, host, getpid());
    const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) return failure("cannot create", temporary);
    const bool written = write_and_sync(file, content);
    std::string problem = written ? std::string() : failure("cannot write", temporary);
    close(file);
    if (problem.empty() && !put_in_place(temporary, path)) problem = failure("cannot create", path);
    if (!problem.empty()) unlink(temporary.c_str());
    return problem;
}

}  // namespace

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

std::string write_once(const std::string& path, std::string_view content) {
    // With the effective ids: slurmstepd is still root in its real ones.
    if (faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) == 0) return {};
    const std::string directory = path.substr(0, path.rfind('/'));
    if (!make_directories(directory)) return failure("cannot create", directory);
    return write_beside(path, content, publish);
}

bool create(const std::string& path, std::string_view content) {
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) return false;
    const bool written = write_and_sync(file, content);
    close(file);
    return written;
}

std::string replace(const std::string& path, std::string_view content) {
    return write_beside(path, content, [](const std::string& temporary, const std::string& place) {
        return rename(temporary.c_str(), place.c_str()) == 0;
    });
}

}  // namespace recipe::spank
