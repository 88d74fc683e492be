// SPDX-License-Identifier: Apache-2.0
// Whether what a job writes is there for all its nodes, and still there tomorrow.
#include "planner/container/writes.hpp"

#include "diagnostic/codes/model.hpp"
#include "slurm_text/shell_words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

namespace recipe::planner {
namespace {

using storage::Kind;
using storage::PathStatus;

constexpr double GB = 1e9;

/// Writes to one file system.
struct Group {
    PathStatus status;  // of the first
    std::vector<const Write*> writes;
};

/// By file system, in the order of the first write to each. What is not visible here says nothing.
std::vector<Group> groups_of(const std::vector<Write>& writes, const storage::Host& host, auto is_of_interest) {
    std::vector<Group> groups;
    for (const Write& write : writes) {
        const PathStatus status = host.status_of(write.path.substr(0, write.path.find("/%j")));
        if (status.is_elsewhere() || !is_of_interest(write, status)) continue;
        const auto same =
            std::ranges::find_if(groups, [&](const Group& group) { return group.status.device == status.device; });
        if (same == groups.end())
            groups.push_back({.status = status, .writes = {&write}});
        else
            same->writes.push_back(&write);
    }
    return groups;
}

/// "exp_manager.exp_dir is /dev/shm/x; exp_manager.checkpoint_dir too"
std::string named(const Group& group) {
    std::vector<std::string> others;
    for (const Write* write : group.writes)
        if (write != group.writes.front()) others.push_back(write->key);
    const Write& first = *group.writes.front();
    if (others.empty()) return fmt::format("{} is {}", first.key, first.path);
    return fmt::format("{} is {} (with {})", first.key, first.path, fmt::join(others, ", "));
}

bool is_shared_by(const std::vector<std::string>& directories, const std::string& path) {
    return std::ranges::any_of(directories,
                               [&](const std::string& directory) { return storage::is_within(path, directory); });
}

/// Where to write instead: what the site has for it and this user may write to, else a word.
std::string elsewhere(const Group& group, const Durability& against, const storage::Host& host) {
    const auto shared = std::ranges::find_if(
        against.shared, [&](const std::string& directory) { return host.status_of(directory).write_error == 0; });
    const std::string directory = shared == against.shared.end() ? "/SHARED/DIRECTORY" : *shared;
    const std::string& key = group.writes.front()->key;
    // The results directory is made of the base.
    return fmt::format("--recipe-set={}={}", key == "run.results_dir" ? "base_results_dir" : key, directory);
}

void check_shared(const std::vector<Write>& writes, const Durability& against, const storage::Host& host,
                  Diagnostics& found) {
    if (against.nodes < 2) return;
    const auto stays_here = [&](const Write& write, const PathStatus& status) {
        const Kind kind = storage::kind_of(status.type);
        return (kind == Kind::memory || kind == Kind::local) && !is_shared_by(against.shared, write.path) &&
               (kind == Kind::memory || !is_shared_by(host.exported, write.path));
    };
    for (const Group& group : groups_of(writes, host, stays_here)) {
        const bool memory = storage::kind_of(group.status.type) == Kind::memory;
        found.push_back(
            {.code = codes::paths.node_local,
             .severity = memory || against.strict ? Severity::error : Severity::warning,
             .key = group.writes.front()->key,
             .source = group.writes.front()->where,
             .message =
                 memory ? fmt::format("{}, in the memory of each node ({}): {} nodes do not share it, and it is gone "
                                      "after the job",
                                      named(group), group.status.type, against.nodes)
                        : fmt::format(
                              "{}, on a disk of this host ({}), which {} nodes share only if it is exported to them",
                              named(group), group.status.type, against.nodes),
             .fix = elsewhere(group, against, host)});
    }
}

void check_writable(const std::vector<Write>& writes, const Durability& against, const storage::Host& host,
                    Diagnostics& found) {
    const auto denied = [&](const Write& write, const PathStatus& status) {
        // The results directory, and so what lies in it, has a rule of its own.
        const bool in_results =
            storage::is_within(write.path, writes.front().path) && writes.front().key == "run.results_dir";
        return status.write_error != 0 && !in_results;
    };
    for (const Group& group : groups_of(writes, host, denied)) {
        const int error = group.status.write_error;
        found.push_back({.code = codes::paths.not_writable,
                         .severity = error == EROFS ? Severity::warning : Severity::error,
                         .key = group.writes.front()->key,
                         .source = group.writes.front()->where,
                         .message = fmt::format("{}, and you may not write to {} ({})", named(group),
                                                group.status.nearest, std::strerror(error)),
                         .fix = elsewhere(group, against, host)});
    }
}

void check_space(const std::vector<Write>& writes, const Durability& against, const storage::Host& host,
                 Diagnostics& found) {
    if (!against.checkpoint_bytes) return;
    const auto too_full = [&](const Write&, const PathStatus& status) {
        return !status.type.empty() && status.free_bytes < *against.checkpoint_bytes;
    };
    for (const Group& group : groups_of(writes, host, too_full))
        found.push_back({.code = codes::paths.space,
                         .key = group.writes.front()->key,
                         .source = group.writes.front()->where,
                         .message = fmt::format(
                             "{}, where {:.1f} GB are free; a checkpoint (weights and optimizer) takes {:.1f} GB",
                             named(group), group.status.free_bytes / GB, *against.checkpoint_bytes / GB),
                         .fix = {}});
}

/// Of the directory in which each job makes its own: a node believes what it finds there if it is the user's, and
/// whoever may rename what is above it has another way.
void check_exposed(const std::vector<Write>& writes, const storage::Host& host, Diagnostics& found) {
    if (writes.empty() || writes.front().key != "run.results_dir") return;
    const Write& results = writes.front();
    const PathStatus status = host.status_of(results.path);
    if (status.exposed.directory.empty() || status.is_elsewhere()) return;
    const storage::Exposed& exposed = status.exposed;
    const bool own = exposed.owner == geteuid();
    found.push_back({.code = codes::paths.exposed,
                     .key = results.key,
                     .source = results.where,
                     .message = fmt::format("{} is {}, and others may write to {} (mode {:04o}, {}): they can put "
                                            "another directory in the place of the job's, or of what is above it",
                                            results.key, results.path, exposed.directory, exposed.mode,
                                            own ? "yours" : fmt::format("of uid {}", exposed.owner)),
                     .fix = own ? fmt::format("chmod +t {}", slurm_text::shell_word(exposed.directory))
                                : std::string("--recipe-set=base_results_dir=$HOME/results")});
}

}  // namespace

Diagnostics durability(const std::vector<Write>& writes, const Durability& against, const storage::Host& host) {
    Diagnostics found;
    check_shared(writes, against, host, found);
    check_writable(writes, against, host, found);
    check_space(writes, against, host, found);
    check_exposed(writes, host, found);
    return found;
}

}  // namespace recipe::planner
