// SPDX-License-Identifier: Apache-2.0
// Leaves and reads the tokens that prove shared storage.
#include "spank/host/tokens.hpp"

#include "slurm_text/lists.hpp"
#include "spank/host/own_directory.hpp"

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

struct Said {
    std::string port;
    bool believed = false;
};

/// What the token in the directory says. Some file servers give files to another user, and root's to nobody: what they
/// show is a proof of shared storage all the same, and no more.
std::optional<Said> read_token(const std::string& directory, const std::string& name) {
    const int file = open(in(directory, name).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) return std::nullopt;
    struct stat status{};
    std::array<char, 96> buffer{};
    const ssize_t got = fstat(file, &status) == 0 ? read(file, buffer.data(), buffer.size()) : -1;
    close(file);
    if (got < 0) return std::nullopt;
    const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
    if (!text.starts_with(name + ' ') || !text.ends_with('.')) return std::nullopt;  // it is being written
    return Said{.port = std::string(text.substr(name.size() + 1, text.size() - name.size() - 2)),
                .believed = S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
                            (status.st_mode & (S_IWGRP | S_IWOTH)) == 0};
}

Token believed(const Said& said) {
    Token token;
    if (said.believed) token.port = slurm_text::parse_number<std::uint16_t>(said.port);
    if (token.port == 0) token.port.reset();
    return token;
}

/// Two directories may have one place. Nothing: errno says why.
std::optional<Said> put_token(const std::string& directory, const std::string& name, const std::string& port) {
    static_cast<void>(create_file(in(directory, name), fmt::format("{} {}.", name, port)));
    const int error = errno;
    std::optional<Said> there = read_token(directory, name);
    errno = error;
    return there && there->port == port ? there : std::nullopt;
}

struct Place {
    std::string directory;
    Said said;
};

/// The directory at or above `path` that has the token.
std::optional<Place> place_of_token(const std::string& path, const std::string& name) {
    for (std::string directory = path;; directory = parent_of(directory)) {
        look_again_at(directory);
        if (std::optional<Said> said = read_token(directory, name)) return Place{directory, std::move(*said)};
        if (directory == "/") return std::nullopt;
    }
}

}  // namespace

std::string existing_part(std::string path) {
    struct stat status{};
    while (path.size() > 1 && stat(path.c_str(), &status) != 0 && errno == ENOENT)
        path.resize(std::max<std::size_t>(path.rfind('/'), 1));
    return path;
}

Token leave_token(const std::string& directory, const node::Facts& facts) {
    const std::string name = name_of(facts);
    const std::string port = std::to_string(facts.port.value_or(0));
    const std::string there = existing_part(directory);
    const std::string beside = parent_of(there);
    if (there == directory && same_file_system(there, beside))
        if (const auto said = put_token(beside, name, port)) return believed(*said);
    if (const auto said = put_token(there, name, port)) return believed(*said);
    return {.problem = fmt::format("{} cannot be written to ({})", there, std::strerror(errno)), .port = {}};
}

Token await_token(const std::string& directory, const node::Facts& facts, Deadline deadline) {
    const std::string name = name_of(facts);
    useconds_t pause = first_pause;
    std::optional<Place> place = place_of_token(directory, name);
    while (!place && std::chrono::steady_clock::now() < deadline) {
        usleep(pause);
        pause = std::min(2 * pause, max_pause);
        place = place_of_token(directory, name);
    }
    if (!place) return {.problem = "what the step's first node has written there does not appear here", .port = {}};
    // It may be the token of another directory that is further up.
    if (!same_file_system(place->directory, existing_part(directory)))
        return {.problem = "another file system is mounted there on this node than on the step's first node",
                .port = {}};
    return believed(place->said);
}

void remove_token(const std::string& directory, const node::Facts& facts) {
    const std::string name = name_of(facts);
    for (std::string place = directory;; place = parent_of(place)) {
        if (unlink(in(place, name).c_str()) == 0 || place == "/") return;
    }
}

}  // namespace recipe::spank
