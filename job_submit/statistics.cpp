// SPDX-License-Identifier: Apache-2.0
// Counts decisions and how long they take.
#include "statistics.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <ctime>

namespace recipe::job_submit {
namespace {

constexpr double smallest = 1000;  // ns; the first bucket ends here
constexpr double growth = 1.2;

std::chrono::nanoseconds now(clockid_t clock) noexcept {
    timespec time{};
    clock_gettime(clock, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

Duration now() noexcept {
    return {.processor = now(CLOCK_THREAD_CPUTIME_ID), .clock = now(CLOCK_MONOTONIC)};
}

}  // namespace

void Times::add(std::chrono::nanoseconds duration) noexcept {
    const std::int64_t nanoseconds = duration.count();
    const auto times_smallest = static_cast<double>(nanoseconds) / smallest;
    const double steps = times_smallest <= 1 ? 0 : std::ceil(std::log(times_smallest) / std::log(growth));
    counts_[std::min(static_cast<std::size_t>(steps), buckets - 1)].fetch_add(1, std::memory_order_relaxed);
    std::int64_t longest = longest_.load(std::memory_order_relaxed);
    while (nanoseconds > longest && !longest_.compare_exchange_weak(longest, nanoseconds, std::memory_order_relaxed)) {
    }
}

double Times::percentile(double share, std::uint64_t total) const noexcept {
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets; ++i) {
        seen += counts_[i].load(std::memory_order_relaxed);
        if (static_cast<double>(seen) >= share * static_cast<double>(total))
            return smallest * std::pow(growth, static_cast<double>(i));
    }
    return static_cast<double>(longest_.load(std::memory_order_relaxed));
}

std::uint64_t Times::count() const noexcept {
    std::uint64_t total = 0;
    for (const auto& count : counts_) total += count.load(std::memory_order_relaxed);
    return total;
}

std::string Times::text() const {
    const std::uint64_t total = count();
    return fmt::format("median {:.0f} µs, 99th percentile {:.0f} µs, longest {:.0f} µs", percentile(0.5, total) / 1e3,
                       percentile(0.99, total) / 1e3,
                       static_cast<double>(longest_.load(std::memory_order_relaxed)) / 1e3);
}

void Statistics::add(Duration duration) noexcept {
    processor_.add(duration.processor);
    clock_.add(duration.clock);
}

std::string Statistics::text() const {
    const std::uint64_t total = clock_.count();
    if (total == 0) return {};
    return fmt::format("{} decisions, of processor time {}, by the clock {}", total, processor_.text(), clock_.text());
}

Stopwatch::Stopwatch() noexcept : start_(now()) {}

Duration Stopwatch::elapsed() const noexcept {
    const Duration end = now();
    return {.processor = end.processor - start_.processor, .clock = end.clock - start_.clock};
}

}  // namespace recipe::job_submit
