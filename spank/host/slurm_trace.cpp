// SPDX-License-Identifier: Apache-2.0
// Writes the trace with Slurm's own functions.
#include "spank/host/slurm_trace.hpp"

#include "secret/secret.hpp"
#include "spank/host/say.hpp"
#include "spank/slurm_headers.hpp"
#include "trace/trace.hpp"

#include <cstdlib>
#include <string>
#include <utility>

namespace recipe::spank {
namespace {

using trace::Level;

void write_to_slurm(Level level, const char* line) noexcept {
    if (level == Level::info)
        slurm_verbose("recipe: %s", line);
    else
        slurm_debug("recipe: %s", line);
}

void start(trace::Sink sink, Level level) noexcept {
    if (level != Level::off) trace::write_to(sink, secret::redacted_line);
    trace::set_level(level);
}

/// RECIPE_LOG of the command's environment; what it cannot mean is said once.
Level asked_for() noexcept {
    const char* text = std::getenv("RECIPE_LOG");
    if (text == nullptr) return Level::off;
    const auto level = trace::parse_level(text);
    static bool said = false;
    try {
        if (!level && !std::exchange(said, true))
            say_info(std::string("warning: RECIPE_LOG is ") + text + ", which is none of off, info and debug");
    } catch (...) {
        say_info("warning: RECIPE_LOG is none of off, info and debug");  // no memory for what it is
    }
    return level.value_or(Level::off);
}

}  // namespace

void trace_to_slurm() noexcept {
    start(write_to_slurm, trace::slurm_level());
}

void trace_for_user() noexcept {
    const Level asked = asked_for();
    const Level slurm = trace::slurm_level();
    if (asked > slurm)
        start(trace::write_to_stderr, asked);
    else
        start(write_to_slurm, slurm);
}

}  // namespace recipe::spank
