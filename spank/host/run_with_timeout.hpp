// SPDX-License-Identifier: Apache-2.0
// Work that may hang, done by a child process: an access to a network file system whose server is gone never returns.
//
// A thread would not do. While one of slurmstepd's threads hangs in the kernel, seteuid() waits for it for ever (it
// changes all threads together), and with it slurmstepd.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recipe::spank {

/// What the child uses to report what it found.
class Reporter {
public:
    explicit Reporter(int pipe) : pipe_(pipe) {}
    /// What is checked from now on: a child that hangs hangs at the last one that it named.
    void starting(std::string_view place) const;
    /// `kind` is anything but '.'; `text` has no NUL.
    void report(char kind, std::string_view text) const;

private:
    int pipe_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// What the child checked, and when it began that, counted from its own start.
struct TimedStep {
    std::string place;
    std::chrono::microseconds began{};
};

struct TimedResult {
    std::vector<std::pair<char, std::string>> findings;  // in the order in which they were reported
    std::vector<TimedStep> steps;                        // likewise
    std::string stuck_at;                                // when the time was over or the child died: what it did then
    bool in_time = false;
    std::chrono::microseconds took{};  // from the start of the child to its end, or until it was given up
};

/// Runs `work` in a child with the caller's effective rights and no more, and listens for at most `limit`. Then the
/// child is killed and left to itself. The child has the caller's memory and none of its files, and /dev/null on its
/// streams; it must not wait for the caller's threads, and traces nothing.
[[nodiscard]] TimedResult run_with_timeout(std::chrono::milliseconds limit,
                                           const std::function<void(const Reporter&)>& work);

}  // namespace recipe::spank
