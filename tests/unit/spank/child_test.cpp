#include "catch.hpp"
#include "child.hpp"

#include <csignal>
#include <stdexcept>
#include <unistd.h>

using namespace recipe::spank;
using namespace std::chrono_literals;

TEST_CASE("a child tells what it found, in order") {
    const Told told = ask_child(10s, [](const Teller& teller) {
        teller.about_to("/a");
        teller.tell('!', "first");
        teller.tell('>', "");
        teller.tell('!', "second\nline");
    });
    CHECK(told.in_time);
    REQUIRE(told.findings.size() == 3);
    CHECK(told.findings[0] == std::pair<char, std::string>('!', "first"));
    CHECK(told.findings[1] == std::pair<char, std::string>('>', ""));
    CHECK(told.findings[2] == std::pair<char, std::string>('!', "second\nline"));
}

TEST_CASE("a child that hangs is left behind, and what it hung at is known") {
    const Told told = ask_child(200ms, [](const Teller& teller) {
        teller.about_to("/fast");
        teller.tell('!', "found");
        teller.about_to("/dead");
        while (true) pause();
    });
    CHECK_FALSE(told.in_time);
    CHECK(told.stuck_at == "/dead");
    REQUIRE(told.findings.size() == 1);
    CHECK(told.findings[0].second == "found");
}

TEST_CASE("a child that dies has not answered") {
    CHECK_FALSE(ask_child(10s, [](const Teller&) { std::raise(SIGKILL); }).in_time);
    CHECK_FALSE(ask_child(10s, [](const Teller&) { throw std::runtime_error("unexpected"); }).in_time);
}

TEST_CASE("a child that tells too much is cut off") {
    const Told told = ask_child(10s, [](const Teller& teller) {
        const std::string text(1000, 'x');
        while (true) teller.tell('!', text);
    });
    CHECK_FALSE(told.in_time);
    CHECK(told.findings.size() < 1000);
}
