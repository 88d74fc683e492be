// SPDX-License-Identifier: Apache-2.0
// Checks directories, image and names on this node within a time limit.
#include "spank/node/node_checks.hpp"

#include "diagnostic/codes.hpp"
#include "diagnostic/codes/node.hpp"
#include "secret/secret.hpp"
#include "slurm_text/lists.hpp"
#include "spank/host/configuration_file.hpp"
#include "spank/host/interfaces.hpp"
#include "spank/host/own_directory.hpp"
#include "spank/host/ports.hpp"
#include "spank/host/run_with_timeout.hpp"
#include "spank/host/secret_files.hpp"
#include "spank/host/tokens.hpp"
#include "spank/node/records.hpp"
#include "trace/trace.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <memory>

namespace recipe::spank {
namespace {

constexpr char problem_kind = '!';
constexpr char interface_kind = '>';
constexpr char no_hook_kind = '-';
constexpr char secrets_kind = '*';
constexpr char port_kind = ':';
constexpr char separator = '\x1f';

/// What a node has left to report that the first node's tokens did not appear within the plan's time.
constexpr std::chrono::seconds after_waiting{2};

/// What is left of the tokens is a small hidden file; the step's end does not wait for it as its start does.
constexpr std::chrono::seconds time_to_remove{2};

constexpr std::string_view every_node_writes = "name one that every node can write to";

void report(const Reporter& reporter, const Diagnostic& problem) {
    reporter.report(problem_kind,
                    fmt::format("{}{}{}{}{}", problem.code.name(), separator, problem.message, separator, problem.fix));
}

Diagnostic parse_problem(std::string_view text) {
    const std::size_t first = text.find(separator);
    const std::size_t second = text.find(separator, first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos)
        return {.code = codes::node.no_answer, .message = std::string(text)};
    const codes::Code* code = codes::find(text.substr(0, first));
    return {.code = code != nullptr ? *code : codes::node.no_answer,
            .message = std::string(text.substr(first + 1, second - first - 1)),
            .fix = std::string(text.substr(second + 1))};
}

void report_all(const Reporter& reporter, const Diagnostics& problems) {
    for (const Diagnostic& problem : problems) report(reporter, problem);
}

/// A directory that the step writes to.
struct WrittenTo {
    std::string_view what;
    std::string path;
};

std::vector<WrittenTo> written_to(const plan::LaunchPlan& plan, const node::Facts& facts) {
    std::vector<WrittenTo> directories{{"results", node::job_directory(plan, facts)}};
    for (std::string& directory : node::written_directories(plan, facts))
        directories.push_back({"output", std::move(directory)});
    return directories;
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

void check_directory(const Reporter& reporter, std::string_view what, const std::string& directory) {
    reporter.starting(directory);
    const std::string why = why_not_writable(directory);
    if (why.empty()) return;
    report(reporter, {.code = codes::node.directory,
                      .message = fmt::format("the {} directory {}: {}", what, directory, why),
                      .fix = std::string(every_node_writes)});
}

constexpr std::string_view all_nodes_share = "name one on storage that all nodes of the job share";

Diagnostic ports_problem(const plan::LaunchPlan& plan, const std::vector<std::uint16_t>& tried) {
    return {.code = codes::node.port,
            .message = fmt::format("all {} ports from {} on that were tried, on which the step's tasks could meet, are "
                                   "taken by other programs",
                                   tried.size(), tried.front()),
            .fix = fmt::format("the administrator keeps {}-{} free for jobs", plan.ports.first, plan.ports.last)};
}

/// The token of the job's own directory, which comes first, says the port; those of the other directories as well.
void agree_on(const Reporter& reporter, const std::optional<std::uint16_t>& port, const WrittenTo& place) {
    if (port && place.what == "results") reporter.report(port_kind, std::to_string(*port));
}

Diagnostic token_problem(const Token& token, DiagnosticCode code, const WrittenTo& place, std::string_view fix) {
    std::string message = fmt::format("the {} directory {}: {}", place.what, place.path, token.problem);
    if (!token.foreign) return {.code = code, .message = std::move(message), .fix = std::string(fix)};
    return {.code = codes::node.foreign,
            .message = std::move(message) + ": it proves no shared storage, and nothing of it is used",
            .fix = "name one in which only the user makes files"};
}

/// The head node leaves its token here, before it checks anything else; the others wait for it last.
void leave_tokens(const Reporter& reporter, const std::vector<WrittenTo>& directories, const plan::LaunchPlan& plan,
                  node::Facts facts) {
    const std::vector<std::uint16_t> ports = node::rendezvous_ports(plan.ports, facts);
    facts.port = first_free(ports);
    if (!facts.port) report(reporter, ports_problem(plan, ports));
    for (const WrittenTo& place : directories) {
        reporter.starting(place.path);
        const Token token = leave_token(place.path, facts);
        agree_on(reporter, token.port, place);
        if (!token.problem.empty())
            report(reporter, token_problem(token, codes::node.directory, place, every_node_writes));
    }
}

void await_tokens(const Reporter& reporter, const std::vector<WrittenTo>& directories, const node::Facts& facts,
                  Deadline deadline) {
    for (const WrittenTo& place : directories) {
        reporter.starting(place.path);
        const Token token = await_token(place.path, facts, deadline);
        agree_on(reporter, token.port, place);
        if (!token.problem.empty())
            report(reporter, token_problem(token, codes::node.not_shared, place, all_nodes_share));
    }
}

void check_image(const Reporter& reporter, const std::string& path) {
    reporter.starting(path);
    // open() finds out more than access(): a server may let root-squashed users see files that it does not give them.
    const int file = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    const int error = errno;
    if (file >= 0) {
        close(file);
        return;
    }
    report(reporter, {.code = codes::node.image,
                      .message = fmt::format("the container image {}: {}", path, std::strerror(error)),
                      .fix = "put it where every node reads it, or name another with --recipe-set=container=IMAGE"});
}

// Where enroot's packages look for hooks.
constexpr const char* enroot_hook = "/etc/enroot/hooks.d/50-recipe-mounts.sh";

void check_hook(const Reporter& reporter) {
    reporter.starting(enroot_hook);
    if (faccessat(AT_FDCWD, enroot_hook, X_OK, AT_EACCESS) != 0) reporter.report(no_hook_kind, enroot_hook);
}

void check_head(const Reporter& reporter, const plan::LaunchPlan& plan, const std::string& head, bool checks) {
    reporter.starting(fmt::format("the name of the head node, {}", head));
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int rc = getaddrinfo(head.c_str(), nullptr, &hints, &found);
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, [](addrinfo* list) {
        if (list != nullptr) freeaddrinfo(list);
    });
    if (rc != 0 || found == nullptr) {
        if (checks)
            report(reporter,
                   {.code = codes::node.head_name,
                    .message = fmt::format("the head node's name {} cannot be resolved: {}", head, gai_strerror(rc)),
                    .fix = "the administrator gives nodes a NodeAddr that all nodes resolve"});
        return;
    }
    if (plan.interfaces_by_route) reporter.report(interface_kind, interface_towards(*found->ai_addr));
}

/// What the plan's references mean; the parent process is sent it as well.
Expected<std::vector<std::string>> read_secrets_of(const Reporter& reporter, const plan::LaunchPlan& plan) {
    if (plan.secrets_file.empty()) return {};
    reporter.starting(plan.secrets_file);
    Expected<std::vector<std::string>> texts = read_secret_texts(plan.secrets_file);
    if (!texts) return texts;
    if (const Expected<std::string> file = secret::file_text(*texts)) reporter.report(secrets_kind, *file);
    return texts;
}

/// enroot can only mount directories that exist.
void make_mounted(const Reporter& reporter, const plan::LaunchPlan& plan, const node::Facts& facts) {
    if (!plan.container) return;
    for (const std::string& directory : node::written_directories(plan, facts)) {
        reporter.starting(directory);
        static_cast<void>(make_directories(directory));  // check_directory() says what is wrong
    }
}

/// The plan with the configuration that its file holds, unless the job has recorded it already.
Expected<plan::LaunchPlan> with_configuration(const Reporter& reporter, const plan::LaunchPlan& plan,
                                              const node::Facts& facts) {
    if (!plan.configuration_file) return plan;
    const Expected<bool> recorded = configuration_is_recorded(plan, facts);
    if (!recorded) return std::unexpected(recorded.error());
    if (*recorded) return plan;
    reporter.starting(plan.configuration_file->path);
    Expected<config::Value> config = read_configuration(plan);
    if (!config) return std::unexpected(std::move(config.error()));
    plan::LaunchPlan whole = plan;
    whole.config = std::move(*config);
    reporter.starting(node::job_directory(plan, facts));
    return whole;
}

/// False: the tasks will not find their configuration.
bool record(const Reporter& reporter, const plan::LaunchPlan& plan, const node::Facts& facts,
            const NodeCheckOptions& what, const std::string& nodes, const node::Lookup& environment) {
    const Expected<std::vector<std::string>> secrets = read_secrets_of(reporter, plan);
    if (!secrets) {
        report_all(reporter, secrets.error());
        return false;
    }
    reporter.starting(node::job_directory(plan, facts));
    Expected<plan::LaunchPlan> whole = with_configuration(reporter, plan, facts);
    if (!whole) {
        report_all(reporter, whole.error());
        return false;
    }
    const Expected<bool> wrote = record_configuration(plan::restore_secrets(std::move(*whole), *secrets), facts);
    if (!wrote) {
        report_all(reporter, wrote.error());
        return false;
    }
    // check_directory() says what is wrong.
    if (!plan.step_key.empty()) static_cast<void>(make_directories(node::results_directory(plan, facts)));
    // The batch step's record was written before its script cloned the code.
    if (!what.start && !(what.start_if_first && (*wrote || plan.code))) return true;
    std::optional<node::FileIdentity> image;
    if (const auto path = node::image_path(plan)) {
        reporter.starting(*path);
        image = identity_of(*path);
        reporter.starting(node::job_directory(plan, facts));
    }
    const Expected<void> recorded = record_start(plan, facts, nodes, image, environment, *secrets);
    if (!recorded) report_all(reporter, recorded.error());
    return true;
}

Diagnostic no_answer(const std::string& silent, std::int64_t seconds) {
    return {.code = codes::node.no_answer,
            .message = fmt::format("{} does not answer within {} s", silent, seconds),
            .fix = "wait for its server, or leave the node out with -x"};
}

/// That a node's checks and records may take.
std::int64_t limit_of(const plan::LaunchPlan& plan) {
    return plan.check_seconds > 0 ? plan.check_seconds : site::max_check_seconds;
}

double milliseconds(std::chrono::microseconds time) {
    return static_cast<double>(time.count()) / 1000;
}

/// One line for each place that was checked, and one for all of them.
void trace_checks(const TimedResult& result, const NodeChecks& found) {
    for (std::size_t i = 0; i < result.steps.size(); ++i)
        trace::debug([&] {
            const TimedStep& step = result.steps[i];
            const auto end = i + 1 < result.steps.size() ? result.steps[i + 1].began : result.took;
            return fmt::format("checked {}: {:.1f} ms", step.place, milliseconds(end - step.began));
        });
    trace::info([&] {
        return fmt::format("node checks: {} places in {:.1f} ms, {}", result.steps.size(), milliseconds(result.took),
                           found.problems.empty() ? std::string("nothing is wrong")
                                                  : fmt::format("{} problems", found.problems.size()));
    });
}

}  // namespace

NodeChecks check_node(const plan::LaunchPlan& plan, const node::Facts& facts, const NodeCheckOptions& what,
                      const std::string& nodes, const node::Lookup& environment) {
    const bool checks = what.checks && plan.check_seconds > 0;
    const std::int64_t seconds = limit_of(plan);
    const bool compares = checks && facts.node_count > 1;
    const bool waits = compares && !facts.has_first_task;
    const Deadline deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    const std::vector<WrittenTo> directories = written_to(plan, facts);
    const TimedResult result =
        run_with_timeout(std::chrono::seconds(seconds) + (waits ? after_waiting : std::chrono::seconds(0)),
                         [&](const Reporter& reporter) {
                             const bool recorded = record(reporter, plan, facts, what, nodes, environment);
                             if (what.start || what.start_if_first) make_mounted(reporter, plan, facts);
                             if (compares && !waits) leave_tokens(reporter, directories, plan, facts);
                             if (checks) {
                                 if (const auto image = node::image_path(plan); image && what.image)
                                     check_image(reporter, *image);
                                 for (const WrittenTo& directory : directories)
                                     if (recorded || directory.what != "results")
                                         check_directory(reporter, directory.what, directory.path);
                             }
                             if (what.hook) check_hook(reporter);
                             const bool meets = facts.node_count > 1 && !facts.head.empty();
                             if (what.checks && meets && (checks || plan.interfaces_by_route))
                                 check_head(reporter, plan, facts.head, checks);
                             if (waits) await_tokens(reporter, directories, facts, deadline);
                         });
    NodeChecks found;
    if (plan.secrets_file.empty()) found.secrets.emplace();
    for (const auto& [kind, text] : result.findings) {
        if (kind == problem_kind) found.problems.push_back(parse_problem(text));
        if (kind == interface_kind) found.interface = text;
        if (kind == port_kind) found.port = slurm_text::parse_number<std::uint16_t>(text);
        if (kind == secrets_kind) {
            if (Expected<std::vector<std::string>> texts = secret::parse_secret_file(text))
                found.secrets = std::move(*texts);
        }
        if (kind == no_hook_kind) found.hook_missing = true;
    }
    if (!result.in_time) {
        found.silent = result.stuck_at.empty() ? "the node" : result.stuck_at;
        found.problems.push_back(no_answer(found.silent, seconds));
    }
    trace_checks(result, found);
    return found;
}

NodeChecks unchecked_node(const plan::LaunchPlan& plan, const std::string& silent) {
    NodeChecks found;
    found.silent = silent;
    if (plan.secrets_file.empty())
        found.secrets.emplace();
    else
        found.problems.push_back(no_answer(silent, limit_of(plan)));
    return found;
}

void remove_tokens(const plan::LaunchPlan& plan, const node::Facts& facts) {
    if (plan.check_seconds == 0 || facts.node_count < 2 || node::kind_of(plan, facts) == node::Kind::plain) return;
    const std::vector<WrittenTo> directories = written_to(plan, facts);
    static_cast<void>(run_with_timeout(time_to_remove, [&](const Reporter&) {
        for (const WrittenTo& directory : directories) remove_token(directory.path, facts);
    }));
}

}  // namespace recipe::spank
