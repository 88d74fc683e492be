#include "catch.hpp"
#include "statistics.hpp"

using recipe::job_submit::Statistics;
using namespace std::chrono_literals;

TEST_CASE("percentiles are at most a fifth above the truth") {
    Statistics statistics;
    CHECK(statistics.text().empty());
    for (int i = 0; i < 98; ++i) statistics.add(10us);
    statistics.add(50us);
    statistics.add(2ms);
    CHECK(statistics.text() == "100 decisions, median 11 µs, 99th percentile 55 µs, longest 2000 µs");
}

TEST_CASE("times beyond all buckets are counted") {
    Statistics statistics;
    statistics.add(std::chrono::hours(1));
    statistics.add(0ns);
    CHECK(statistics.text().starts_with("2 decisions, median 1 µs"));
}
