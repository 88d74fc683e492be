// SPDX-License-Identifier: Apache-2.0
// Writes and reads files of the user's own, and removes those that nobody uses.
#include "spank/host/own_files.hpp"

#include "spank/host/own_directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace recipe::spank {
namespace {

constexpr int max_entries = 65536;  // of a directory that is searched
constexpr mode_t of_others = S_IRWXG | S_IRWXO;
constexpr mode_t written_by_others = S_IWGRP | S_IWOTH;

std::string too_many(std::size_t max_bytes) {
    return fmt::format("it has more than {} bytes", max_bytes);
}

/// "" when it is one that may be read.
std::string why_not_own(int file, std::size_t max_bytes, Others may_not) {
    struct stat status{};
    if (fstat(file, &status) != 0) return std::strerror(errno);
    if (!S_ISREG(status.st_mode)) return "it is no regular file";
    if (status.st_uid != geteuid()) return "it belongs to another user";
    if (may_not == Others::read_or_write && (status.st_mode & of_others) != 0) return "others may read or write it";
    if ((status.st_mode & written_by_others) != 0) return "others may write it";
    if (status.st_size > static_cast<off_t>(max_bytes)) return too_many(max_bytes);
    return {};
}

std::string read_all(int file, std::size_t max_bytes, std::string& text) {
    std::array<char, 8192> chunk{};
    while (text.size() <= max_bytes) {
        const ssize_t got = read(file, chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::strerror(errno);
        if (got == 0) return {};
        text.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return too_many(max_bytes);  // it grew
}

}  // namespace

std::expected<std::string, std::string> read_own_file(const std::string& path, std::size_t max_bytes, Others may_not) {
    const Descriptor file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!file.is_open()) return std::unexpected<std::string>(errno == ELOOP ? "it is a link" : std::strerror(errno));
    std::string problem = why_not_own(file.get(), max_bytes, may_not);
    std::string text;
    if (problem.empty()) problem = read_all(file.get(), max_bytes, text);
    if (!problem.empty()) return std::unexpected(std::move(problem));
    static_cast<void>(futimens(file.get(), nullptr));
    return text;
}

std::string write_own_file(const std::string& path, std::string_view text) {
    if (create_file(path, text)) return {};
    const bool foreign = errno == EEXIST;
    std::string problem = fmt::format("cannot write {}: {}", path, std::strerror(errno));
    if (!foreign) unlink(path.c_str());
    return problem;
}

void remove_unused(const std::string& directory, std::int64_t now,
                   const std::function<bool(const std::string& path)>& ours) {
    const std::unique_ptr<DIR, int (*)(DIR*)> opened(opendir(directory.c_str()), closedir);
    if (opened == nullptr) return;
    const int at = dirfd(opened.get());
    const std::int64_t oldest = now - std::chrono::duration_cast<std::chrono::seconds>(max_unused).count();
    const dirent* entry = nullptr;
    for (int i = 0; i < max_entries && (entry = readdir(opened.get())) != nullptr; ++i) {
        struct stat status{};
        if (!ours(directory + '/' + entry->d_name)) continue;
        if (fstatat(at, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode)) continue;
        if (status.st_uid == geteuid() && status.st_mtime < oldest) unlinkat(at, entry->d_name, 0);
    }
}

}  // namespace recipe::spank
