// SPDX-License-Identifier: Apache-2.0
// The trace: its levels, what it costs when it is off, and what becomes of a line.
#include "trace/trace.hpp"

#include "catch.hpp"
#include "secret/secret.hpp"
#include "traced.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <stdexcept>
#include <string>
#include <utility>

using namespace recipe;
using test::Traced;
using trace::Level;

namespace {

auto saying(std::string text) {
    return [text = std::move(text)] { return text; };
}

}  // namespace

TEST_CASE("the trace has two levels, of which the second has the lines of the first") {
    {
        const Traced traced(Level::info);
        CHECK(trace::enabled(Level::info));
        CHECK_FALSE(trace::enabled(Level::debug));
        trace::info(saying("decided"));
        trace::debug(saying("step by step"));
        CHECK(Traced::lines == Traced::Lines{{Level::info, "decided"}});
    }
    const Traced traced(Level::debug);
    trace::info(saying("decided"));
    trace::debug(saying("step by step"));
    CHECK(Traced::lines == Traced::Lines{{Level::info, "decided"}, {Level::debug, "step by step"}});
}

TEST_CASE("a line that nobody wants is not made") {
    int made = 0;
    const auto line = [&] {
        ++made;
        return std::string("line");
    };
    {
        const Traced traced(Level::off);
        trace::info(line);
        trace::debug(line);
    }
    CHECK(made == 0);
    {
        const Traced traced(Level::info);
        trace::debug(line);
        CHECK(made == 0);
        trace::info(line);
    }
    CHECK(made == 1);
    CHECK(Traced::lines.size() == 1);
}

TEST_CASE("the trace is off until somebody asks for it") {
    CHECK_FALSE(trace::enabled(Level::info));
}

TEST_CASE("a line that cannot be made is left out, and what it tells about goes on") {
    const Traced traced(Level::debug);
    trace::info([]() -> std::string { throw std::runtime_error("no memory"); });
    trace::info([]() -> std::string { throw 42; });
    trace::info(saying("after"));
    CHECK(Traced::lines == Traced::Lines{{Level::info, "after"}});
}

TEST_CASE("a line is one line, whatever is in it, and has an end") {
    const Traced traced(Level::info);
    trace::info(saying("a\nslurmctld: error: forged \x1b[31m\x7f\t\xc3\xa9"));
    trace::info(saying(std::string("nul\0in it", 9)));
    trace::info(saying(std::string(5000, 'x')));
    // No character of several bytes is cut in two.
    std::string long_text(4095, 'x');
    for (int i = 0; i < 100; ++i) long_text += "\xc3\xa9";
    trace::info(saying(long_text));
    REQUIRE(Traced::lines.size() == 4);
    CHECK(Traced::lines[0].second == "a\\x0aslurmctld: error: forged \\x1b[31m\\x7f\\x09\xc3\xa9");
    CHECK(Traced::lines[1].second == "nul\\x00in it");
    CHECK(Traced::lines[2].second == std::string(4096, 'x') + "...");
    CHECK(Traced::lines[3].second == std::string(4095, 'x') + "\xc3\xa9...");
}

TEST_CASE("secrets are hidden before a line is written") {
    const Traced traced(Level::info, secret::redacted_line);
    trace::info(saying("override: ++git.token=ghp_12345678"));
    trace::info(saying("clones https://me:ghp_12345678@host/x"));
    REQUIRE(Traced::lines.size() == 2);
    CHECK(Traced::lines[0].second == "override: ++git.token=***");
    CHECK(Traced::lines[1].second == "clones https://***@host/x");
}

TEST_CASE("RECIPE_LOG names a level") {
    CHECK(trace::parse_level("") == Level::off);
    CHECK(trace::parse_level("off") == Level::off);
    CHECK(trace::parse_level("info") == Level::info);
    CHECK(trace::parse_level("debug") == Level::debug);
    for (const char* none : {"DEBUG", "verbose", "1", "debug "}) CHECK(trace::parse_level(none) == std::nullopt);
}

TEST_CASE("outside Slurm everything is written, for nobody says what is not wanted") {
    CHECK(trace::slurm_level() == Level::debug);
}

TEST_CASE("a stopwatch counts from lap to lap") {
    const Traced traced(Level::info);
    trace::Stopwatch watch;
    usleep(2000);
    CHECK(watch.lap() >= 2.0);
    CHECK(watch.lap() < 1000.0);
}

TEST_CASE("on stderr a line says whose it is") {
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    const int real = dup(STDERR_FILENO);
    REQUIRE(dup2(ends[1], STDERR_FILENO) >= 0);
    trace::write_to_stderr(Level::info, "site settings: x");
    dup2(real, STDERR_FILENO);
    close(real);
    std::array<char, 100> text{};
    const ssize_t got = read(ends[0], text.data(), text.size());
    close(ends[0]);
    close(ends[1]);
    REQUIRE(got > 0);
    CHECK(std::string(text.data(), static_cast<std::size_t>(got)) == "recipe: site settings: x\n");
}
