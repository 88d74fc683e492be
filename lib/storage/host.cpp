// SPDX-License-Identifier: Apache-2.0
// The submitting host's own file systems.
#include "storage/storage.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <utility>

namespace recipe::storage {
namespace {

constexpr std::size_t max_exports_bytes = 1024 * 1024;
constexpr std::size_t max_path_bytes = 4096;
constexpr off_t max_text_bytes = 1024 * 1024;

/// The last of what is there of an absolute path.
std::string nearest_of(std::string path) {
    struct stat status{};
    while (path.size() > 1 && stat(path.c_str(), &status) != 0) {
        if (errno != ENOENT && errno != ENOTDIR) return path;  // there, and its owner does not let us read it
        path.resize(std::max<std::size_t>(path.rfind('/'), 1));
    }
    return path;
}

/// Of what is there, links followed.
Exposed exposed_part(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr), &std::free);
    if (real == nullptr) return {};
    for (std::string directory = real.get();; directory.resize(std::max<std::size_t>(directory.rfind('/'), 1))) {
        struct stat status{};
        if (stat(directory.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
            const bool by_group = (status.st_mode & S_IWGRP) != 0 && status.st_gid != 0 && status.st_gid != getegid();
            const bool by_all = (status.st_mode & S_IWOTH) != 0;
            if ((by_group || by_all) && (status.st_mode & S_ISVTX) == 0)
                return {.directory = directory, .mode = status.st_mode & 07777U, .owner = status.st_uid};
        }
        if (directory == "/") return {};
    }
}

struct Descriptor {
    int number;
    explicit Descriptor(int opened) : number(opened) {}
    ~Descriptor() {
        if (number >= 0) close(number);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
};

template <class Answer>
std::function<Answer(const std::string&)> remembered(std::function<Answer(const std::string&)> ask) {
    auto answers = std::make_shared<std::map<std::string, Answer>>();
    return [ask = std::move(ask), answers](const std::string& path) {
        const auto known = answers->find(path);
        return known != answers->end() ? known->second : answers->emplace(path, ask(path)).first->second;
    };
}

bool holds(int file, off_t offset, std::string_view magic) {
    std::array<char, 16> bytes{};
    const ssize_t count = pread(file, bytes.data(), magic.size(), offset);
    return count == static_cast<ssize_t>(magic.size()) && std::string_view(bytes.data(), magic.size()) == magic;
}

}  // namespace

PathStatus path_status(const std::string& path) {
    PathStatus status;
    if (!path.starts_with('/') || path.size() >= max_path_bytes || path.find('\0') != std::string::npos) return status;
    if (!answers(path)) return status;
    status.nearest = nearest_of(normal(path));
    status.exists = status.nearest == normal(path);
    struct stat found{};
    if (stat(status.nearest.c_str(), &found) == 0) {
        status.is_directory = S_ISDIR(found.st_mode);
        status.device = found.st_dev;
    }
    struct statfs system{};
    if (statfs(status.nearest.c_str(), &system) == 0) {
        status.type = type_of(static_cast<std::uint32_t>(system.f_type));
        status.free_bytes = static_cast<double>(system.f_bavail) * static_cast<double>(system.f_bsize);
    }
    const int mode = status.is_directory ? W_OK | X_OK : W_OK;
    if (faccessat(AT_FDCWD, status.nearest.c_str(), mode, AT_EACCESS) != 0)
        status.write_error = errno;
    else if (!status.exists && !status.is_directory)
        status.write_error = ENOTDIR;
    status.exposed = exposed_part(status.nearest);
    return status;
}

Content content_of(const std::string& path) {
    struct stat status{};
    if (!answers(path)) return Content::unreadable;
    if (stat(path.c_str(), &status) != 0)
        return errno == ENOENT || errno == ENOTDIR ? Content::missing : Content::unreadable;
    if (S_ISDIR(status.st_mode)) return Content::directory;
    const Descriptor file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (file.number < 0) return Content::unreadable;
    // "hsqs" begins a squashfs; a SIF image has a launcher's line first.
    if (holds(file.number, 0, "hsqs")) return Content::squashfs;
    return holds(file.number, 32, "SIF_MAGIC") ? Content::singularity : Content::other;
}

Access access_of(const std::string& path) {
    Access access;
    struct stat found{};
    const bool answered = answers(path);
    if (!answered || stat(path.c_str(), &found) != 0) {
        access.error = access.read_error = access.write_error = answered ? errno : EIO;
        return access;
    }
    access.is_directory = S_ISDIR(found.st_mode);
    access.is_file = S_ISREG(found.st_mode);
    access.mode = found.st_mode & 07777U;
    if (::access(path.c_str(), R_OK) != 0) access.read_error = errno;
    if (::access(path.c_str(), W_OK | X_OK) != 0) access.write_error = errno;
    return access;
}

std::optional<std::string> text_of(const std::string& path) {
    if (!path.starts_with('/') || path.size() >= max_path_bytes || path.find('\0') != std::string::npos ||
        !answers(path))
        return std::nullopt;
    const Descriptor file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    struct stat status{};
    if (file.number < 0 || fstat(file.number, &status) != 0 || !S_ISREG(status.st_mode) ||
        status.st_size > max_text_bytes)
        return std::nullopt;
    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t filled = 0;
    while (filled < text.size()) {
        const ssize_t count = read(file.number, text.data() + filled, text.size() - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        filled += static_cast<std::size_t>(count);
    }
    text.resize(filled);
    return text;
}

Host remembering(Host host) {
    host.status_of = remembered(std::move(host.status_of));
    host.content = remembered(std::move(host.content));
    host.access = remembered(std::move(host.access));
    host.text = remembered(std::move(host.text));
    return host;
}

Host this_host() {
    std::ifstream file("/etc/exports", std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(file), {});
    text.resize(std::min(text.size(), max_exports_bytes));
    return remembering({.status_of = path_status, .content = content_of, .exported = exported_directories(text)});
}

std::vector<std::string> exported_directories(std::string_view text) {
    std::vector<std::string> directories;
    bool continued = false;
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const bool continues = line.ends_with('\\');
        if (!continued && line.starts_with('"'))
            line = line.substr(1, line.find('"', 1) - 1);
        else
            line = line.substr(0, line.find_first_of(" \t\n\v\f\r"));
        if (!continued && line.starts_with('/')) directories.push_back(normal(line));
        continued = continues;
    }
    return directories;
}

bool is_within(std::string_view path, std::string_view directory) noexcept {
    return path == directory || directory == "/" ||
           (path.starts_with(directory) && path.size() > directory.size() && path[directory.size()] == '/');
}

std::string normal(std::string_view path) {
    std::string text = std::filesystem::path(path).lexically_normal().string();
    while (text.size() > 1 && text.ends_with('/')) text.pop_back();
    // lexically_normal() keeps two slashes at the front on some systems.
    if (text.starts_with("//")) text.erase(0, 1);
    return text;
}

}  // namespace recipe::storage
