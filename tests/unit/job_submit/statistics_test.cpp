// SPDX-License-Identifier: Apache-2.0
#include "statistics.hpp"
#include "catch.hpp"

using recipe::job_submit::Statistics;
using namespace std::chrono_literals;

TEST_CASE("percentiles are at most a fifth above the truth") {
    Statistics statistics;
    CHECK(statistics.text().empty());
    for (int i = 0; i < 98; ++i) statistics.add({.processor = 10us, .clock = 20us});
    statistics.add({.processor = 50us, .clock = 50us});
    statistics.add({.processor = 60us, .clock = 2ms});
    CHECK(statistics.text() ==
          "100 decisions, of processor time median 11 µs, 99th percentile 55 µs, longest 60 µs, by the clock "
          "median 22 µs, 99th percentile 55 µs, longest 2000 µs");
}

TEST_CASE("times beyond all buckets are counted") {
    Statistics statistics;
    statistics.add({.processor = 0ns, .clock = std::chrono::hours(1)});
    statistics.add({.processor = 0ns, .clock = 0ns});
    CHECK(statistics.text().starts_with("2 decisions, of processor time median 1 µs"));
}
