// SPDX-License-Identifier: Apache-2.0
// Writes a job's configuration and manifest.
#include "spank/node/records.hpp"

#include "diagnostic/codes/node.hpp"
#include "spank/host/own_directory.hpp"
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

/// False: another process has it. A file system without locks lets everybody go on.
bool lock(const Descriptor& file) {
    return flock(file.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

std::string content_of(const Descriptor& file) {
    std::string text;
    std::array<char, 8192> chunk{};
    while (text.size() <= node::max_manifest_bytes) {
        const ssize_t got = read(file.get(), chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        text.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return text;
}

std::string name_in_directory(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

/// What the clone's HEAD says: digits, since it names no branch.
std::optional<std::string> commit_in(const std::optional<std::string>& directory) {
    if (!directory) return std::nullopt;
    const auto clone = OwnDirectory::open(*directory);
    if (!clone) return std::nullopt;
    const auto repository = clone->below(".git");
    if (!repository) return std::nullopt;
    const auto file = repository->open_file("HEAD", O_RDONLY);
    if (!file) return std::nullopt;
    std::array<char, 128> text{};
    const ssize_t got = read(file->get(), text.data(), text.size());
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

constexpr std::string_view writable_directory =
    "--recipe-set=base_results_dir=DIRECTORY names one that every node can write to";

/// What may be another's is not used at all; what cannot be used for another reason, only not for this.
std::unexpected<Diagnostics> refuse(const NotOwn& problem, DiagnosticCode otherwise, std::string_view what) {
    if (problem.is_suspect())
        return recipe::refuse({.code = codes::node.foreign,
                               .message = problem.why + ": nothing of it is used",
                               .fix = problem.kind == NotOwn::Kind::open_to_others
                                          ? "chmod go-w, where all that is there is the user's own"
                                          : "--recipe-set=base_results_dir=DIRECTORY names one in which only the user "
                                            "makes directories"});
    return recipe::refuse({.code = otherwise,
                           .message = fmt::format("{}{}", what, problem.why),
                           .fix = otherwise == codes::node.configuration ? std::string(writable_directory) : ""});
}

/// Adds the start to the manifest, in turns with whoever does it at the same time.
Expected<void> add_start(const OwnDirectory& directory, const std::string& name, const plan::LaunchPlan& plan,
                         const node::Facts& facts, const node::Start& start) {
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
        const auto file = directory.open_file(name, O_RDWR);
        if (!file && file.error().kind != NotOwn::Kind::missing) return refuse(file.error(), codes::node.manifest, "");
        if (file && (!lock(*file) || !directory.is_named(name, *file))) {
            usleep(pause);
            continue;
        }
        const Expected<std::optional<std::string>> text =
            node::manifest_with(file ? content_of(*file) : "", plan, facts, start);
        if (!text) return std::unexpected(text.error());
        if (!*text) return {};
        // One that is created meanwhile stays, and the next turn adds to it.
        const std::string problem = file ? directory.replace(name, **text) : directory.write_once(name, **text);
        if (!problem.empty()) return manifest_problem("the manifest: " + problem);
    }
    return manifest_problem(fmt::format("{}/{} is held by another process", directory.path(), name));
}

}  // namespace

std::optional<node::FileIdentity> identity_of(const std::string& path) {
    struct stat status{};
    if (stat(path.c_str(), &status) != 0) return std::nullopt;
    return node::FileIdentity{.bytes = static_cast<std::uint64_t>(status.st_size),
                              .modified = status.st_mtime,
                              .device = status.st_dev,
                              .inode = status.st_ino};
}

Expected<bool> configuration_is_recorded(const plan::LaunchPlan& plan, const node::Facts& facts) {
    const auto directory = OwnDirectory::open(node::job_directory(plan, facts));
    if (!directory && !directory.error().is_suspect()) return false;  // whoever writes says why
    if (!directory) return refuse(directory.error(), codes::node.configuration, "");
    const auto file = directory->open_file(name_in_directory(node::config_file(plan, facts)), O_RDONLY);
    if (!file && file.error().kind != NotOwn::Kind::missing)
        return refuse(file.error(), codes::node.configuration, "the recipe's configuration: ");
    return file.has_value();
}

Expected<bool> record_configuration(const plan::LaunchPlan& plan, const node::Facts& facts) {
    const Expected<bool> recorded = configuration_is_recorded(plan, facts);
    if (!recorded) return recorded;
    if (*recorded) return false;
    const auto directory = OwnDirectory::make(node::job_directory(plan, facts));
    if (!directory) return refuse(directory.error(), codes::node.configuration, "the recipe's configuration: ");
    std::string problem =
        directory->write_once(name_in_directory(node::config_file(plan, facts)), node::config_text(plan, facts));
    if (!problem.empty())
        return recipe::refuse({.code = codes::node.configuration,
                               .message = "the recipe's configuration: " + std::move(problem),
                               .fix = std::string(writable_directory)});
    // Whoever came first may not be us.
    if (const Expected<bool> ours = configuration_is_recorded(plan, facts); !ours) return ours;
    return true;
}

Expected<void> record_start(const plan::LaunchPlan& plan, const node::Facts& facts, const std::string& nodes,
                            const std::optional<node::FileIdentity>& image, const node::Lookup& environment,
                            const std::vector<std::string>& secrets) {
    const std::string path = node::manifest_file(plan, facts);
    const auto directory = OwnDirectory::open(path.substr(0, path.rfind('/')));
    if (!directory) return refuse(directory.error(), codes::node.manifest, "the manifest: ");
    const node::Start start{.time = std::time(nullptr),
                            .host = host_name(),
                            .nodes = nodes,
                            .slurm_version = slurm_version(),
                            .image = image,
                            .commit = commit_in(node::code_directory(plan, facts)),
                            .environment = node::without_secrets(
                                node::assigned(plan::restore_secrets(plan, secrets), facts, {}, environment), secrets)};
    return add_start(*directory, name_in_directory(path), plan, facts, start);
}

bool record_report(const plan::LaunchPlan& plan, const node::Facts& facts, std::string_view text) {
    const std::string path = node::report_file(plan, facts);
    const auto directory = OwnDirectory::open(path.substr(0, path.rfind('/')));
    return directory && directory->create(name_in_directory(path), text);
}

}  // namespace recipe::spank
