#include "statistics.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace recipe::job_submit {
namespace {

constexpr double smallest = 1000;  // ns; the first bucket ends here
constexpr double growth = 1.2;

}  // namespace

void Statistics::add(std::chrono::nanoseconds duration) noexcept {
    const std::int64_t nanoseconds = duration.count();
    const auto times_smallest = static_cast<double>(nanoseconds) / smallest;
    const double steps = times_smallest <= 1 ? 0 : std::ceil(std::log(times_smallest) / std::log(growth));
    counts_[std::min(static_cast<std::size_t>(steps), buckets - 1)].fetch_add(1, std::memory_order_relaxed);
    std::int64_t longest = longest_.load(std::memory_order_relaxed);
    while (nanoseconds > longest && !longest_.compare_exchange_weak(longest, nanoseconds, std::memory_order_relaxed)) {}
}

double Statistics::percentile(double share, std::uint64_t total) const noexcept {
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets; ++i) {
        seen += counts_[i].load(std::memory_order_relaxed);
        if (static_cast<double>(seen) >= share * static_cast<double>(total)) return smallest * std::pow(growth, static_cast<double>(i));
    }
    return static_cast<double>(longest_.load(std::memory_order_relaxed));
}

std::string Statistics::text() const {
    std::uint64_t total = 0;
    for (const auto& count : counts_) total += count.load(std::memory_order_relaxed);
    if (total == 0) return {};
    return fmt::format("{} decisions, median {:.0f} µs, 99th percentile {:.0f} µs, longest {:.0f} µs", total,
                       percentile(0.5, total) / 1e3, percentile(0.99, total) / 1e3,
                       static_cast<double>(longest_.load(std::memory_order_relaxed)) / 1e3);
}

}  // namespace recipe::job_submit
