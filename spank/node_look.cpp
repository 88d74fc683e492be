#include "node_look.hpp"

#include "child.hpp"
#include "interfaces.hpp"
#include "records.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <netdb.h>
#include <sys/stat.h>
#include <unistd.h>

namespace recipe::spank {
namespace {

constexpr char problem_kind = '!';
constexpr char interface_kind = '>';
constexpr char separator = '\x1f';

constexpr std::string_view every_node_writes = "name one that every node can write to";

void tell(const Teller& teller, const Diagnostic& problem) {
    teller.tell(problem_kind, fmt::format("{}{}{}{}{}", problem.code, separator, problem.message, separator, problem.fix));
}

Diagnostic heard(std::string_view text) {
    const std::size_t first = text.find(separator);
    const std::size_t second = text.find(separator, first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) return {.message = std::string(text)};
    return {.code = std::string(text.substr(0, first)),
            .message = std::string(text.substr(first + 1, second - first - 1)),
            .fix = std::string(text.substr(second + 1))};
}

void tell_all(const Teller& teller, const Diagnostics& problems) {
    for (const Diagnostic& problem : problems) tell(teller, problem);
}

/// The nearest directory above a path that is there.
std::string existing_part(std::string path) {
    struct stat status{};
    while (path.size() > 1 && stat(path.c_str(), &status) != 0 && errno == ENOENT) {
        path.resize(path.rfind('/'));
        if (path.empty()) path = "/";
    }
    return path;
}

/// "" when a file can be created in the directory, or the directory itself.
std::string why_not_writable(const std::string& directory) {
    const std::string there = existing_part(directory);
    struct stat status{};
    if (stat(there.c_str(), &status) != 0) return fmt::format("{}: {}", there, std::strerror(errno));
    if (!S_ISDIR(status.st_mode)) return fmt::format("{} is no directory", there);
    if (faccessat(AT_FDCWD, there.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return {};
    return fmt::format("{} cannot be written to ({})", there, std::strerror(errno));
}

void look_at_directory(const Teller& teller, std::string_view what, const std::string& directory) {
    teller.about_to(directory);
    const std::string why = why_not_writable(directory);
    if (why.empty()) return;
    tell(teller, {.code = "node.directory",
                  .message = fmt::format("the {} directory {}: {}", what, directory, why),
                  .fix = std::string(every_node_writes)});
}

void look_at_image(const Teller& teller, const std::string& path) {
    teller.about_to(path);
    // A read tells more than access(): a server may let root-squashed users see files that it does not give them.
    const int file = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    const int error = errno;
    if (file >= 0) {
        close(file);
        return;
    }
    tell(teller, {.code = "node.image",
                  .message = fmt::format("the container image {}: {}", path, std::strerror(error)),
                  .fix = "put it where every node reads it, or name another with --recipe-set=container=IMAGE"});
}

void look_at_head(const Teller& teller, const plan::LaunchPlan& plan, const std::string& head, bool checks) {
    teller.about_to(fmt::format("the name of the head node, {}", head));
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int rc = getaddrinfo(head.c_str(), nullptr, &hints, &found);
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, [](addrinfo* list) {
        if (list != nullptr) freeaddrinfo(list);
    });
    if (rc != 0 || found == nullptr) {
        if (checks)
            tell(teller, {.code = "node.head_name",
                          .message = fmt::format("the head node's name {} cannot be resolved: {}", head, gai_strerror(rc)),
                          .fix = "the administrator gives nodes a NodeAddr that all nodes resolve"});
        return;
    }
    if (plan.interfaces_by_route) teller.tell(interface_kind, interface_towards(*found->ai_addr));
}

/// False: the tasks will not find their configuration.
bool record(const Teller& teller, const plan::LaunchPlan& plan, const step::Facts& facts, const LookFor& what,
            const std::string& nodes, const step::Lookup& environment) {
    teller.about_to(step::job_directory(plan, facts));
    const Expected<bool> wrote = record_configuration(plan, facts);
    if (!wrote) {
        tell_all(teller, wrote.error());
        return false;
    }
    if (!what.start && !(what.start_if_first && *wrote)) return true;
    const Expected<void> recorded = record_start(plan, facts, nodes, environment);
    if (!recorded) tell_all(teller, recorded.error());
    return true;
}

Diagnostic no_answer(const Told& told, std::int64_t seconds) {
    return {.code = "node.no_answer",
            .message = fmt::format("{} does not answer within {} s",
                                   told.stuck_at.empty() ? std::string("the node") : told.stuck_at, seconds),
            .fix = "wait for its server, or leave the node out with -x"};
}

}  // namespace

Look look_at_node(const plan::LaunchPlan& plan, const step::Facts& facts, const LookFor& what, const std::string& nodes,
                  const step::Lookup& environment) {
    const bool checks = what.checks && plan.check_seconds > 0;
    const std::int64_t seconds = plan.check_seconds > 0 ? plan.check_seconds : plan::most_check_seconds;
    const Told told = ask_child(std::chrono::seconds(seconds), [&](const Teller& teller) {
        const bool recorded = record(teller, plan, facts, what, nodes, environment);
        if (checks) {
            if (const auto image = step::image_path(plan)) look_at_image(teller, *image);
            if (recorded) look_at_directory(teller, "results", step::job_directory(plan, facts));
            for (const std::string& directory : step::checkpoint_directories(plan, facts))
                look_at_directory(teller, "checkpoint", directory);
        }
        const bool meets = facts.node_count > 1 && !facts.head.empty();
        if (what.checks && meets && (checks || plan.interfaces_by_route)) look_at_head(teller, plan, facts.head, checks);
    });
    Look look;
    for (const auto& [kind, text] : told.findings) {
        if (kind == problem_kind) look.problems.push_back(heard(text));
        if (kind == interface_kind) look.interface = text;
    }
    if (!told.in_time) look.problems.push_back(no_answer(told, seconds));
    return look;
}

}  // namespace recipe::spank
