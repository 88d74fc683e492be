// SPDX-License-Identifier: Apache-2.0
// What the product does and why, for somebody who asked to see it: `srecipe -v`, RECIPE_LOG, and Slurm's own -v and
// debug levels. Off, a line costs one comparison, and what it would say is not made.
//
//   trace::debug([&] { return fmt::format("plan: {} bytes", json.size()); });
//
// A line has no prefix and no newline; where it goes adds them. A sink takes it as it is: no thread, no lock of ours
// and nothing that ends with the process, so that a forked task of slurmstepd can write it.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace recipe::trace {

/// info: what was decided (-v). debug: how, step by step and with times (-vv).
enum class Level : int { off, info, debug };

namespace detail {
[[gnu::visibility("hidden")]] extern std::atomic<int> level;
using MakeText = std::string (*)(const void* maker);
void write(Level at, MakeText make, const void* maker) noexcept;

template <class Maker>
std::string call(const void* maker) {
    return (*static_cast<const Maker*>(maker))();
}
}  // namespace detail

[[nodiscard]] inline bool enabled(Level level) noexcept {
    return detail::level.load(std::memory_order_relaxed) >= static_cast<int>(level);
}

/// `make` returns the line as a std::string, and is called only when the line is wanted. What it throws costs the line.
template <class Maker>
void info(const Maker& make) noexcept {
    if (enabled(Level::info)) [[unlikely]]
        detail::write(Level::info, detail::call<Maker>, &make);
}
template <class Maker>
void debug(const Maker& make) noexcept {
    if (enabled(Level::debug)) [[unlikely]]
        detail::write(Level::debug, detail::call<Maker>, &make);
}

/// Milliseconds between its laps. Reads no clock while the trace is off.
class Stopwatch {
public:
    using Clock = std::chrono::steady_clock;
    Stopwatch() noexcept : last_(enabled(Level::info) ? Clock::now() : Clock::time_point()) {}

    /// Since the last lap, or since it was made.
    [[nodiscard]] double lap() noexcept {
        const Clock::time_point now = Clock::now();
        return std::chrono::duration<double, std::milli>(now - std::exchange(last_, now)).count();
    }

private:
    Clock::time_point last_;
};

// --- for whoever owns the process
// -------------------------------------------------------------------------------------

/// Writes one line. Called by any thread that traces.
using Sink = void (*)(Level level, const char* line) noexcept;
/// What a line is turned into before it is written: secrets hidden.
using Filter = std::string (*)(std::string_view line);

/// Where lines go from now on; before that, nowhere. Control characters of a line are escaped, and a long one is cut.
void write_to(Sink sink, Filter filter) noexcept;
void set_level(Level level) noexcept;

/// A sink: "recipe: LINE" on stderr, in one write.
void write_to_stderr(Level level, const char* line) noexcept;

/// "off", "info" or "debug", as RECIPE_LOG has it; "" is off.
[[nodiscard]] std::optional<Level> parse_level(std::string_view text) noexcept;

/// The level that the Slurm command or daemon around us logs at. Where it is not known, `debug`: Slurm drops what it
/// does not want.
[[nodiscard]] Level slurm_level() noexcept;

}  // namespace recipe::trace
