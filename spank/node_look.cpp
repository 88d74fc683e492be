#include "node_look.hpp"

#include "child.hpp"
#include "config_file.hpp"
#include "interfaces.hpp"
#include "records.hpp"
#include "secret/secret.hpp"
#include "secret_files.hpp"
#include "tokens.hpp"

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
constexpr char no_hook_kind = '-';
constexpr char secrets_kind = '*';
constexpr char separator = '\x1f';

/// A node that waits for the first one's tokens until the plan's time is over has some left to say so.
constexpr std::chrono::seconds after_waiting{2};

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

/// A directory that the step writes to.
struct WrittenTo {
    std::string_view what;
    std::string path;
};

std::vector<WrittenTo> written_to(const plan::LaunchPlan& plan, const step::Facts& facts) {
    std::vector<WrittenTo> directories{{"results", step::job_directory(plan, facts)}};
    for (std::string& directory : step::written_directories(plan, facts))
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

void look_at_directory(const Teller& teller, std::string_view what, const std::string& directory) {
    teller.about_to(directory);
    const std::string why = why_not_writable(directory);
    if (why.empty()) return;
    tell(teller, {.code = "node.directory",
                  .message = fmt::format("the {} directory {}: {}", what, directory, why),
                  .fix = std::string(every_node_writes)});
}

constexpr std::string_view all_nodes_share = "name one on storage that all nodes of the job share";

/// The first node leaves its token here, and so before it looks at anything else; the others wait for it last.
void leave_tokens(const Teller& teller, const std::vector<WrittenTo>& directories, const step::Facts& facts) {
    for (const auto& [what, path] : directories) {
        teller.about_to(path);
        const std::string why = leave_token(path, facts);
        if (!why.empty())
            tell(teller, {.code = "node.directory",
                          .message = fmt::format("the {} directory {}: {}", what, path, why),
                          .fix = std::string(every_node_writes)});
    }
}

void await_tokens(const Teller& teller, const std::vector<WrittenTo>& directories, const step::Facts& facts, Deadline deadline) {
    for (const auto& [what, path] : directories) {
        teller.about_to(path);
        const std::string why = await_token(path, facts, deadline);
        if (!why.empty())
            tell(teller, {.code = "node.not_shared",
                          .message = fmt::format("the {} directory {}: {}", what, path, why),
                          .fix = std::string(all_nodes_share)});
    }
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

// Where enroot's packages look for hooks.
constexpr const char* enroot_hook = "/etc/enroot/hooks.d/50-recipe-mounts.sh";

void look_at_hook(const Teller& teller) {
    teller.about_to(enroot_hook);
    if (faccessat(AT_FDCWD, enroot_hook, X_OK, AT_EACCESS) != 0) teller.tell(no_hook_kind, enroot_hook);
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

/// What the plan's references mean, which the parent hears as well.
Expected<std::vector<std::string>> read_secrets_of(const Teller& teller, const plan::LaunchPlan& plan) {
    if (plan.secrets_file.empty()) return {};
    teller.about_to(plan.secrets_file);
    Expected<std::vector<std::string>> texts = read_secret_texts(plan.secrets_file);
    if (!texts) return texts;
    if (const Expected<std::string> file = secret::file_text(*texts)) teller.tell(secrets_kind, *file);
    return texts;
}

/// enroot mounts nothing that is not there.
void make_mounted(const Teller& teller, const plan::LaunchPlan& plan, const step::Facts& facts) {
    if (!plan.container) return;
    for (const std::string& directory : step::written_directories(plan, facts)) {
        teller.about_to(directory);
        static_cast<void>(make_directories(directory));  // a look at it says what is wrong
    }
}

/// False: the tasks will not find their configuration.
bool record(const Teller& teller, const plan::LaunchPlan& plan, const step::Facts& facts, const LookFor& what,
            const std::string& nodes, const step::Lookup& environment) {
    const Expected<std::vector<std::string>> secrets = read_secrets_of(teller, plan);
    if (!secrets) {
        tell_all(teller, secrets.error());
        return false;
    }
    teller.about_to(step::job_directory(plan, facts));
    const Expected<bool> wrote = record_configuration(step::with_secrets(plan, *secrets), facts);
    if (!wrote) {
        tell_all(teller, wrote.error());
        return false;
    }
    // The batch step's record was written before its script cloned the code.
    if (!what.start && !(what.start_if_first && (*wrote || plan.code))) return true;
    const Expected<void> recorded = record_start(plan, facts, nodes, environment, *secrets);
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
    const bool compares = checks && facts.node_count > 1;
    const bool waits = compares && facts.node_rank > 0;
    const Deadline deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    const std::vector<WrittenTo> directories = written_to(plan, facts);
    const Told told = ask_child(std::chrono::seconds(seconds) + (waits ? after_waiting : std::chrono::seconds(0)), [&](const Teller& teller) {
        const bool recorded = record(teller, plan, facts, what, nodes, environment);
        if (what.start || what.start_if_first) make_mounted(teller, plan, facts);
        if (compares && !waits) leave_tokens(teller, directories, facts);
        if (checks) {
            if (const auto image = step::image_path(plan); image && what.image) look_at_image(teller, *image);
            for (const WrittenTo& directory : directories)
                if (recorded || directory.what != "results") look_at_directory(teller, directory.what, directory.path);
        }
        if (what.hook) look_at_hook(teller);
        const bool meets = facts.node_count > 1 && !facts.head.empty();
        if (what.checks && meets && (checks || plan.interfaces_by_route)) look_at_head(teller, plan, facts.head, checks);
        if (waits) await_tokens(teller, directories, facts, deadline);
    });
    Look look;
    if (plan.secrets_file.empty()) look.secrets.emplace();
    for (const auto& [kind, text] : told.findings) {
        if (kind == problem_kind) look.problems.push_back(heard(text));
        if (kind == interface_kind) look.interface = text;
        if (kind == secrets_kind) {
            if (Expected<std::vector<std::string>> texts = secret::texts_in(text)) look.secrets = std::move(*texts);
        }
        if (kind == no_hook_kind) look.hook_missing = true;
    }
    if (!told.in_time) look.problems.push_back(no_answer(told, seconds));
    return look;
}

void remove_tokens(const plan::LaunchPlan& plan, const step::Facts& facts) {
    if (plan.check_seconds == 0 || facts.node_count < 2 || step::kind_of(plan, facts) == step::Kind::plain) return;
    const std::vector<WrittenTo> directories = written_to(plan, facts);
    static_cast<void>(ask_child(std::chrono::seconds(plan.check_seconds), [&](const Teller&) {
        for (const WrittenTo& directory : directories) remove_token(directory.path, facts);
    }));
}

}  // namespace recipe::spank
