// SPDX-License-Identifier: Apache-2.0
// Keeps what is traced, for a test to look at.
#pragma once

#include "trace/trace.hpp"

#include <string>
#include <utility>
#include <vector>

namespace recipe::test {

/// The trace at a level, until its end. `lines` are those of the one that lives.
struct Traced {
    using Lines = std::vector<std::pair<trace::Level, std::string>>;
    static inline Lines lines;

    explicit Traced(trace::Level level, trace::Filter filter = as_it_is) {
        lines.clear();
        trace::write_to(keep, filter);
        trace::set_level(level);
    }
    ~Traced() { trace::set_level(trace::Level::off); }
    Traced(const Traced&) = delete;
    Traced& operator=(const Traced&) = delete;

    /// All lines, each with its end.
    static std::string text() {
        std::string all;
        for (const auto& [level, line] : lines) all += line + '\n';
        return all;
    }

private:
    static void keep(trace::Level level, const char* line) noexcept { lines.emplace_back(level, line); }
    static std::string as_it_is(std::string_view line) { return std::string(line); }
};

}  // namespace recipe::test
