// SPDX-License-Identifier: Apache-2.0
#include "slurm_text/time_limit.hpp"
#include "catch.hpp"

using namespace recipe;
using slurm_text::format_time_limit;
using slurm_text::parse_time_limit;

namespace {

/// -1: no limit; -2: no time.
std::int64_t minutes(std::string_view text) {
    const auto limit = parse_time_limit(text);
    return limit ? limit->value_or(-1) : -2;
}

}  // namespace

TEST_CASE("every form of sbatch's --time is read, and seconds count as a minute that has begun") {
    CHECK(minutes("0") == 0);
    CHECK(minutes("0:1") == 1);
    CHECK(minutes("1:00") == 1);
    CHECK(minutes("1:01") == 2);
    CHECK(minutes("59:60") == 60);
    CHECK(minutes("0:0:0") == 0);
    CHECK(minutes("2:03:00") == 123);
    CHECK(minutes("2:03:01") == 124);
    CHECK(minutes("1-0") == 1440);
    CHECK(minutes("1-2") == 1560);
    CHECK(minutes("1-2:3") == 1563);
    CHECK(minutes("1-2:3:4") == 1564);
}

TEST_CASE("a limit that Slurm would take for another number is none") {
    CHECK(minutes("35791200") == 35'791'200);
    CHECK(minutes("24855-0") == 35'791'200);
    CHECK(minutes("596520:00:00") == 35'791'200);
    for (const char* text : {"35791201", "24855-0:1", "24855-0:0:1", "596520:00:01", "999999999", "100000-0"}) {
        INFO(text);
        CHECK(minutes(text) == -2);
    }
}

TEST_CASE("no limit has three names, in any case") {
    for (const char* text : {"UNLIMITED", "unlimited", "Infinite", "-1"}) CHECK(minutes(text) == -1);
}

TEST_CASE("what is no time is told apart from no limit") {
    for (const char* text :
         {"",      ":",         "1:",  ":1",  "1:2:3:4", "x",   "1x", " 1",         "1-",       "-2",         "--1",
          "1-2-3", "1-2:3:4:5", "1-x", "x-1", "-1-1",    "1.5", "+1", "1000000000", "100001-0", "unlimitedly"}) {
        INFO(text);
        CHECK(minutes(text) == -2);
    }
}

TEST_CASE("a time limit is written with days only where there are some") {
    CHECK(format_time_limit(0) == "00:00:00");
    CHECK(format_time_limit(59) == "00:59:00");
    CHECK(format_time_limit(60) == "01:00:00");
    CHECK(format_time_limit(1439) == "23:59:00");
    CHECK(format_time_limit(1440) == "1-00:00:00");
    CHECK(format_time_limit(2 * 1440 + 3 * 60 + 4) == "2-03:04:00");
}
