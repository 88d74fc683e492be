// SPDX-License-Identifier: Apache-2.0
// Writes a job's configuration and manifest.
#include "spank/node/records.hpp"

#include "diagnostic/codes/node.hpp"
#include "spank/host/config_file.hpp"
#include "spank/slurm_headers.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

namespace recipe::spank {
namespace {

constexpr int max_attempts = 100;
constexpr useconds_t pause = 20'000;

class File {
public:
    explicit File(const std::string& path) : file_(open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC)) {}
    ~File() {
        if (file_ >= 0) close(file_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    [[nodiscard]] bool is_open() const { return file_ >= 0; }

    /// False: another process has it. A file system without locks lets everybody go on.
    [[nodiscard]] bool lock() const { return flock(file_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK; }

    /// Whether `path` still names this file: whoever had the lock before has replaced it.
    [[nodiscard]] bool is_at(const std::string& path) const {
        struct stat mine{};
        struct stat named{};
        return fstat(file_, &mine) == 0 && stat(path.c_str(), &named) == 0 && mine.st_dev == named.st_dev &&
               mine.st_ino == named.st_ino;
    }

    [[nodiscard]] std::string content() const {
        std::string text;
        std::array<char, 8192> chunk{};
        while (text.size() <= node::max_manifest_bytes) {
            const ssize_t got = read(file_, chunk.data(), chunk.size());
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) break;
            text.append(chunk.data(), static_cast<std::size_t>(got));
        }
        return text;
    }

private:
    int file_;
};

std::optional<node::FileIdentity> identity_of(const std::optional<std::string>& path) {
    struct stat status{};
    if (!path || stat(path->c_str(), &status) != 0) return std::nullopt;
    return node::FileIdentity{.bytes = static_cast<std::uint64_t>(status.st_size),
                              .modified = status.st_mtime,
                              .device = status.st_dev,
                              .inode = status.st_ino};
}

/// What the clone's HEAD says: digits, since it names no branch.
std::optional<std::string> commit_in(const std::optional<std::string>& directory) {
    if (!directory) return std::nullopt;
    const int file = open((*directory + "/.git/HEAD").c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) return std::nullopt;
    std::array<char, 128> text{};
    const ssize_t got = read(file, text.data(), text.size());
    close(file);
    std::string_view head(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    if (head.ends_with('\n')) head.remove_suffix(1);
    if (!plan::is_commit(head)) return std::nullopt;
    return std::string(head);
}

std::string slurm_version() {
    return fmt::format("{}.{:02}.{}", SLURM_VERSION_MAJOR(SLURM_VERSION_NUMBER),
                       SLURM_VERSION_MINOR(SLURM_VERSION_NUMBER), SLURM_VERSION_MICRO(SLURM_VERSION_NUMBER));
}

std::string host_name() {
    std::array<char, 256> name{};
    gethostname(name.data(), name.size() - 1);
    return name.data();
}

std::unexpected<Diagnostics> manifest_problem(std::string what) {
    return refuse({.code = codes::node.manifest, .message = std::move(what)});
}

}  // namespace

bool configuration_is_recorded(const plan::LaunchPlan& plan, const node::Facts& facts) {
    return faccessat(AT_FDCWD, node::config_file(plan, facts).c_str(), R_OK, AT_EACCESS) == 0;
}

Expected<bool> record_configuration(const plan::LaunchPlan& plan, const node::Facts& facts) {
    if (configuration_is_recorded(plan, facts)) return false;
    const std::string path = node::config_file(plan, facts);
    std::string problem = write_once(path, node::config_text(plan, facts));
    if (problem.empty()) return true;
    return refuse({.code = codes::node.configuration,
                   .message = "the recipe's configuration: " + std::move(problem),
                   .fix = "--recipe-set=base_results_dir=DIRECTORY names one that every node can write to"});
}

Expected<void> record_start(const plan::LaunchPlan& plan, const node::Facts& facts, const std::string& nodes,
                            const node::Lookup& environment, const std::vector<std::string>& secrets) {
    const std::string path = node::manifest_file(plan, facts);
    const node::Start start{.time = std::time(nullptr),
                            .host = host_name(),
                            .nodes = nodes,
                            .slurm_version = slurm_version(),
                            .image = identity_of(node::image_path(plan)),
                            .commit = commit_in(node::code_directory(plan, facts)),
                            .environment = node::without_secrets(
                                node::assigned(plan::restore_secrets(plan, secrets), facts, {}, environment), secrets)};
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        const File file(path);
        if (!file.is_open() && errno != ENOENT)
            return manifest_problem(fmt::format("{}: {}", path, std::strerror(errno)));
        if (file.is_open() && (!file.lock() || !file.is_at(path))) {
            usleep(pause);
            continue;
        }
        const Expected<std::optional<std::string>> text =
            node::manifest_with(file.is_open() ? file.content() : "", plan, facts, start);
        if (!text) return std::unexpected(text.error());
        if (!*text) return {};
        // One that is created meanwhile stays, and the next turn adds to it.
        const std::string problem = file.is_open() ? replace(path, **text) : write_once(path, **text);
        if (!problem.empty()) return manifest_problem("the manifest: " + problem);
    }
    return manifest_problem(fmt::format("{} is held by another process", path));
}

}  // namespace recipe::spank
