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

/// As it is now: what is put in its place later does not matter.
Descriptor opened(const std::string& directory) {
    Descriptor file(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC));
    if (file.is_open() || errno != EACCES) return file;
    return Descriptor(open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));  // to be passed, and not to be listed
}

bool same_file_system(const Descriptor& one, const Descriptor& other) {
    struct stat first{};
    struct stat second{};
    return fstat(one.get(), &first) == 0 && fstat(other.get(), &second) == 0 && first.st_dev == second.st_dev;
}

/// NFS clients remember for up to a minute that a name is missing, unless its directory has been opened since.
void look_again_at(const Descriptor& directory) {
    const int again = openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* listed = again < 0 ? nullptr : fdopendir(again);
    if (listed == nullptr) {
        if (again >= 0) close(again);
        return;
    }
    static_cast<void>(readdir(listed));
    closedir(listed);
}

constexpr mode_t written_by_others = S_IWGRP | S_IWOTH;

/// Who has a file, and whether others may write to it.
struct Owner {
    uid_t user = 0;
    bool open_to_others = false;

    explicit Owner(const struct stat& status)
        : user(status.st_uid), open_to_others((status.st_mode & written_by_others) != 0) {}
    bool operator==(const Owner&) const = default;

    [[nodiscard]] bool is_this_user() const { return user == geteuid() && !open_to_others; }
};

/// Some file servers give all files to one user, or show them as open to all. What a file that we make gets there.
std::optional<Owner> owner_given(const Descriptor& directory, const std::string& name) {
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    const std::string probe = fmt::format("{}.{}.{}", name, host.data(), getpid());
    const Descriptor file(
        openat(directory.get(), probe.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file.is_open()) return std::nullopt;
    struct stat status{};
    const bool known = fstat(file.get(), &status) == 0;
    unlinkat(directory.get(), probe.c_str(), 0);
    return known ? std::optional(Owner(status)) : std::nullopt;
}

struct Said {
    std::string port;
    bool believed = false;
    std::string foreign{};  // why it is not what this user has left; nothing of it was read
};

/// What the token in the directory says. Whoever may write there can have made it.
std::optional<Said> read_token(const Descriptor& directory, const std::string& path, const std::string& name) {
    const Descriptor file(
        openat(directory.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    struct stat status{};
    if (!file.is_open() || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    const Owner owner(status);
    // Where a server gives everybody's files to one user it is a proof of shared storage all the same, and no more.
    if (!owner.is_this_user() && owner_given(directory, name) != owner) {
        const std::string token = in(path, name);
        return Said{.port = {},
                    .foreign = owner.user == geteuid()
                                   ? fmt::format("others may write to {} (mode {:04o})", token, status.st_mode & 07777U)
                                   : fmt::format("{} belongs to {}, and not to {}", token, user_name(owner.user),
                                                 user_name(geteuid()))};
    }
    std::array<char, 96> buffer{};
    const ssize_t got = read(file.get(), buffer.data(), buffer.size());
    if (got < 0) return std::nullopt;
    const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
    if (!text.starts_with(name + ' ') || !text.ends_with('.')) return std::nullopt;  // it is being written
    return Said{.port = std::string(text.substr(name.size() + 1, text.size() - name.size() - 2)),
                .believed = owner.is_this_user()};
}

Token believed(const Said& said) {
    if (!said.foreign.empty()) return {.problem = said.foreign, .port = {}, .foreign = true};
    Token token;
    if (said.believed) token.port = slurm_text::parse_number<std::uint16_t>(said.port);
    if (token.port == 0) token.port.reset();
    return token;
}

/// Two directories may have one place. Nothing: errno says why.
std::optional<Said> put_token(const Descriptor& directory, const std::string& path, const std::string& name,
                              const std::string& port) {
    static_cast<void>(create_file_at(directory.get(), name, fmt::format("{} {}.", name, port)));
    const int error = errno;
    std::optional<Said> there = read_token(directory, path, name);
    errno = error;
    return there && (there->port == port || !there->foreign.empty()) ? there : std::nullopt;
}

struct Place {
    Descriptor directory;
    Said said;
};

/// The directory at or above `path` that has the token.
std::optional<Place> place_of_token(const std::string& path, const std::string& name) {
    for (std::string directory = path;; directory = parent_of(directory)) {
        if (Descriptor here = opened(directory); here.is_open()) {
            look_again_at(here);
            if (std::optional<Said> said = read_token(here, directory, name))
                return Place{std::move(here), std::move(*said)};
        }
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
    const Descriptor here = opened(there);
    const Descriptor above = opened(beside);
    if (there == directory && same_file_system(here, above))
        if (const auto said = put_token(above, beside, name, port)) return believed(*said);
    if (const auto said = put_token(here, there, name, port)) return believed(*said);
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
    if (!same_file_system(place->directory, opened(existing_part(directory))))
        return {.problem = "another file system is mounted there on this node than on the step's first node",
                .port = {}};
    return believed(place->said);
}

void remove_token(const std::string& directory, const node::Facts& facts) {
    const std::string name = name_of(facts);
    for (std::string place = directory;; place = parent_of(place)) {
        const Descriptor here = opened(place);
        if (unlinkat(here.get(), name.c_str(), 0) == 0 || place == "/") return;
    }
}

}  // namespace recipe::spank
