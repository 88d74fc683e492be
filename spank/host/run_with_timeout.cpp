// SPDX-License-Identifier: Apache-2.0
// Runs work that may hang in a child process.
#include "spank/host/run_with_timeout.hpp"

#include "storage/write_all.hpp"
#include "trace/trace.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>

namespace recipe::spank {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t max_bytes = 256 * 1024;

/// The rights that are in effect, for good. Root's that slurmstepd keeps beside them are not for this work.
bool keep_effective_rights() {
    const uid_t user = geteuid();
    const gid_t group = getegid();
    return setresgid(group, group, group) == 0 && setresuid(user, user, user) == 0;
}

/// Nothing of the caller's but the pipe's end, as `own_pipe`. An open end of one of the step's streams would keep
/// slurmstepd and srun waiting for as long as this process hangs.
bool keep_only(int pipe, int own_pipe) {
    if (pipe != own_pipe && dup3(pipe, own_pipe, O_CLOEXEC) != own_pipe) return false;
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream)
        if (null < 0)
            close(stream);
        else if (null != stream && dup2(null, stream) != stream)
            return false;
    return close_range(static_cast<unsigned>(own_pipe) + 1, ~0U, 0) == 0;
}

[[noreturn]] void be_child(int pipe, const std::function<void(const Reporter&)>& work) noexcept {
    constexpr int own_pipe = STDERR_FILENO + 1;
    if (!keep_only(pipe, own_pipe) || !keep_effective_rights()) _exit(1);
    trace::set_level(trace::Level::off);  // its files are closed, and Slurm's log with them
    try {
        work(Reporter(own_pipe));
    } catch (...) {
        _exit(1);
    }
    _exit(0);
}

/// Milliseconds until then, for poll().
int remaining(Clock::time_point deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    return std::max(0, static_cast<int>(left));
}

/// All that comes until the pipe's end or the deadline.
std::string listen(int pipe, Clock::time_point deadline, bool& ended) {
    std::string reports;
    std::array<char, 4096> chunk{};
    while (reports.size() < max_bytes) {
        pollfd waiting{.fd = pipe, .events = POLLIN, .revents = 0};
        const int ready = poll(&waiting, 1, remaining(deadline));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return reports;
        const ssize_t got = read(pipe, chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            ended = got == 0;
            return reports;
        }
        reports.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return reports;
}

/// Whether the child ended well before the deadline. Where Slurm's own wait took its status, nothing is known against
/// it.
bool ended_well(pid_t child, Clock::time_point deadline) {
    constexpr useconds_t pause = 1000;
    int status = 0;
    while (true) {
        const pid_t reaped = waitpid(child, &status, WNOHANG);
        if (reaped == child) return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        if (reaped < 0 && errno != EINTR) return true;
        if (remaining(deadline) == 0) return false;
        usleep(pause);
    }
}

/// "1234 /what/is/checked"
TimedStep step_of(std::string_view report) {
    std::int64_t began = 0;
    const char* const end = report.data() + report.size();
    const char* place = std::from_chars(report.data(), end, began).ptr;
    if (place != end) ++place;
    return {.place = std::string(place, end), .began = std::chrono::microseconds(began)};
}

TimedResult parse_reports(std::string_view reports) {
    TimedResult result;
    while (!reports.empty()) {
        const std::size_t end = reports.find('\0');
        if (end == std::string_view::npos) break;  // an incomplete report
        const std::string_view report = reports.substr(0, end);
        reports.remove_prefix(end + 1);
        if (report.empty()) continue;
        if (report.front() == '.')
            result.steps.push_back(step_of(report.substr(1)));
        else
            result.findings.emplace_back(report.front(), report.substr(1));
    }
    if (!result.steps.empty()) result.stuck_at = result.steps.back().place;
    return result;
}

}  // namespace

void Reporter::starting(std::string_view place) const {
    const auto began = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start_);
    report('.', std::to_string(began.count()) + ' ' + std::string(place));
}

void Reporter::report(char kind, std::string_view text) const {
    std::string message(1, kind);
    message += text;
    message += '\0';
    static_cast<void>(storage::write_all(pipe_, message));  // else nobody reads it any more
}

TimedResult run_with_timeout(std::chrono::milliseconds limit, const std::function<void(const Reporter&)>& work) {
    const Clock::time_point start = Clock::now();
    const Clock::time_point deadline = start + limit;
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return {};
    const pid_t child = fork();
    if (child == 0) be_child(ends[1], work);
    close(ends[1]);
    bool ended = false;
    const std::string reports = child > 0 ? listen(ends[0], deadline, ended) : std::string();
    close(ends[0]);
    TimedResult result = parse_reports(reports);
    result.took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
    if (child < 0) return result;
    if (!ended) {
        kill(child, SIGKILL);
        // One that hangs in the kernel does not die now; nobody waits for it.
        static_cast<void>(ended_well(child, Clock::now() + std::chrono::milliseconds(20)));
        return result;
    }
    // Between closing its files and ending, a child on a busy machine may wait for a processor.
    result.in_time = ended_well(child, std::max(deadline, Clock::now() + std::chrono::seconds(1)));
    return result;
}

}  // namespace recipe::spank
