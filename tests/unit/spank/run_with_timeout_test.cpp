// SPDX-License-Identifier: Apache-2.0
#include "spank/host/run_with_timeout.hpp"
#include "catch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <stdexcept>

using namespace recipe::spank;
using namespace std::chrono_literals;

TEST_CASE("a child reports what it found, in order") {
    const TimedResult result = run_with_timeout(10s, [](const Reporter& reporter) {
        reporter.starting("/a");
        reporter.report('!', "first");
        reporter.report('>', "");
        reporter.report('!', "second\nline");
    });
    CHECK(result.in_time);
    REQUIRE(result.findings.size() == 3);
    CHECK(result.findings[0] == std::pair<char, std::string>('!', "first"));
    CHECK(result.findings[1] == std::pair<char, std::string>('>', ""));
    CHECK(result.findings[2] == std::pair<char, std::string>('!', "second\nline"));
}

TEST_CASE("a child that hangs is left behind, and what it hung at is known") {
    TimedResult result;
    // The limit counts from before the child exists. On a busy machine it may be over before the child gets a
    // processor, and then rightly nothing is known: such a machine is given more time, until the child got where it
    // hangs.
    for (auto limit = 200ms; result.stuck_at != "/dead" && limit < 100s; limit *= 2) {
        result = run_with_timeout(limit, [](const Reporter& reporter) {
            reporter.starting("/fast");
            reporter.report('!', "found");
            reporter.starting("/dead");
            while (true) pause();
        });
        CHECK_FALSE(result.in_time);
        CHECK(result.findings.size() <= 1);
    }
    CHECK(result.stuck_at == "/dead");
    REQUIRE(result.findings.size() == 1);
    CHECK(result.findings[0].second == "found");
}

TEST_CASE("a child that hangs does not live on") {
    pid_t child = 0;
    for (auto limit = 200ms; child == 0 && limit < 100s; limit *= 2) {
        const TimedResult result = run_with_timeout(limit, [](const Reporter& reporter) {
            reporter.report('!', std::to_string(getpid()));
            while (true) pause();
        });
        if (!result.findings.empty()) child = std::stoi(result.findings[0].second);
    }
    REQUIRE(child > 0);
    // On a busy machine it may die later than run_with_timeout waits for it, and is this process's to reap.
    for (int i = 0; i < 1000 && waitpid(child, nullptr, WNOHANG) == 0; ++i) usleep(10'000);
    CHECK(kill(child, 0) == -1);
}

TEST_CASE("a child reports what it checks, and when it began") {
    const TimedResult result = run_with_timeout(10s, [](const Reporter& reporter) {
        reporter.starting("/first place");
        usleep(3000);
        reporter.starting("");
    });
    REQUIRE(result.steps.size() == 2);
    CHECK(result.steps[0].place == "/first place");
    CHECK(result.steps[1].place.empty());
    CHECK(result.steps[1].began - result.steps[0].began >= 3ms);
    CHECK(result.took >= result.steps[1].began);
}

TEST_CASE("a child that dies has not answered") {
    CHECK_FALSE(run_with_timeout(10s, [](const Reporter&) { std::raise(SIGKILL); }).in_time);
    CHECK_FALSE(run_with_timeout(10s, [](const Reporter&) { throw std::runtime_error("unexpected"); }).in_time);
}

TEST_CASE("a child whose end another wait took has answered") {
    // As in a process that ignores SIGCHLD: the kernel keeps no status.
    const auto before = std::signal(SIGCHLD, SIG_IGN);
    const TimedResult result = run_with_timeout(10s, [](const Reporter& reporter) { reporter.report('!', "found"); });
    std::signal(SIGCHLD, before);
    CHECK(result.in_time);
    CHECK(result.findings.size() == 1);
}

TEST_CASE("a child that reports too much is cut off") {
    const TimedResult result = run_with_timeout(10s, [](const Reporter& reporter) {
        const std::string text(1000, 'x');
        while (true) reporter.report('!', text);
    });
    CHECK_FALSE(result.in_time);
    CHECK(result.findings.size() < 1000);
}

TEST_CASE("a child holds none of its caller's files, and nothing of its streams") {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const std::array held{fcntl(ends[0], F_DUPFD, 20), fcntl(ends[1], F_DUPFD, 20)};
    const TimedResult result = run_with_timeout(10s, [&](const Reporter& reporter) {
        for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
            struct stat file{};
            const bool null = fstat(stream, &file) == 0 && S_ISCHR(file.st_mode) && file.st_rdev == makedev(1, 3);
            reporter.report('s', null ? "/dev/null" : "another file");
        }
        for (const int end : held) reporter.report('p', fcntl(end, F_GETFD) < 0 ? "closed" : "open");
    });
    for (const int end : {ends[0], ends[1], held[0], held[1]}) close(end);
    REQUIRE(result.findings.size() == 5);
    for (const auto& [kind, text] : result.findings) CHECK(text == (kind == 's' ? "/dev/null" : "closed"));
}
