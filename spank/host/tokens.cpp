// SPDX-License-Identifier: Apache-2.0
// Leaves and reads the tokens that prove shared storage.
#include "spank/host/tokens.hpp"

#include "spank/host/config_file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace recipe::spank {
namespace {

constexpr useconds_t first_pause = 10'000;
constexpr useconds_t max_pause = 250'000;

std::string name_of(const node::Facts& facts) {
    return fmt::format(".recipe-{}.{}.{}", facts.job_id, facts.step_id, facts.restart_count);
}

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string in(const std::string& directory, const std::string& name) {
    return directory.ends_with('/') ? directory + name : directory + '/' + name;
}

bool same_file_system(const std::string& one, const std::string& other) {
    struct stat first{};
    struct stat second{};
    return stat(one.c_str(), &first) == 0 && stat(other.c_str(), &second) == 0 && first.st_dev == second.st_dev;
}

/// NFS clients remember for up to a minute that a name is missing, unless its directory has been opened since.
void look_again_at(const std::string& directory) {
    DIR* opened = opendir(directory.c_str());
    if (opened == nullptr) return;
    static_cast<void>(readdir(opened));
    closedir(opened);
}

bool holds_token(const std::string& directory, const std::string& name) {
    const int file = open(in(directory, name).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) return false;
    std::array<char, 64> text{};
    const ssize_t got = read(file, text.data(), text.size());
    close(file);
    return got >= 0 && std::string_view(text.data(), static_cast<std::size_t>(got)) == name;
}

/// Two directories may have one place. False: errno says why.
bool put_token(const std::string& directory, const std::string& name) {
    if (create(in(directory, name), name)) return true;
    const int error = errno;
    const bool there = holds_token(directory, name);
    errno = error;
    return there;
}

/// The directory at or above `path` that has the token; "": none.
std::string place_of_token(const std::string& path, const std::string& name) {
    for (std::string directory = path;; directory = parent_of(directory)) {
        look_again_at(directory);
        if (holds_token(directory, name)) return directory;
        if (directory == "/") return {};
    }
}

}  // namespace

std::string existing_part(std::string path) {
    struct stat status{};
    while (path.size() > 1 && stat(path.c_str(), &status) != 0 && errno == ENOENT)
        path.resize(std::max<std::size_t>(path.rfind('/'), 1));
    return path;
}

std::string leave_token(const std::string& directory, const node::Facts& facts) {
    const std::string name = name_of(facts);
    const std::string there = existing_part(directory);
    const std::string beside = parent_of(there);
    if (there == directory && same_file_system(there, beside) && put_token(beside, name)) return {};
    if (put_token(there, name)) return {};
    return fmt::format("{} cannot be written to ({})", there, std::strerror(errno));
}

std::string await_token(const std::string& directory, const node::Facts& facts, Deadline deadline) {
    const std::string name = name_of(facts);
    useconds_t pause = first_pause;
    std::string place = place_of_token(directory, name);
    while (place.empty() && std::chrono::steady_clock::now() < deadline) {
        usleep(pause);
        pause = std::min(2 * pause, max_pause);
        place = place_of_token(directory, name);
    }
    if (place.empty()) return "what the step's first node has written there does not appear here";
    // It may be the token of another directory that is further up.
    if (!same_file_system(place, existing_part(directory)))
        return "another file system is mounted there on this node than on the step's first node";
    return {};
}

void remove_token(const std::string& directory, const node::Facts& facts) {
    const std::string name = name_of(facts);
    for (std::string place = directory;; place = parent_of(place)) {
        if (unlink(in(place, name).c_str()) == 0 || place == "/") return;
    }
}

}  // namespace recipe::spank
