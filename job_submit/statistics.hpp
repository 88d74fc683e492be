// SPDX-License-Identifier: Apache-2.0
// How long decisions take, counted without locks.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace recipe::job_submit {

/// A histogram of times whose buckets grow by a fifth, so that a percentile is at most a fifth too high.
class Times {
public:
    void add(std::chrono::nanoseconds duration) noexcept;

    /// "median 18 µs, 99th percentile 41 µs, longest 88 µs"
    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::uint64_t count() const noexcept;

private:
    static constexpr std::size_t buckets = 96;  // up to 40 s
    [[nodiscard]] double percentile(double share, std::uint64_t total) const noexcept;

    std::array<std::atomic<std::uint64_t>, buckets> counts_{};
    std::atomic<std::int64_t> longest_{0};  // ns
};

/// What one decision took.
struct Duration {
    std::chrono::nanoseconds processor;  // of the thread
    std::chrono::nanoseconds clock;      // in which others may have had the processor
};

class Statistics {
public:
    void add(Duration duration) noexcept;

    /// "1204 decisions, of processor time median …, by the clock median …"; empty when there was no decision.
    [[nodiscard]] std::string text() const;

private:
    Times processor_;
    Times clock_;
};

/// Since it was made, by the thread that made it.
class Stopwatch {
public:
    Stopwatch() noexcept;
    [[nodiscard]] Duration elapsed() const noexcept;

private:
    Duration start_;
};

}  // namespace recipe::job_submit
