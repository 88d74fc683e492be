// SPDX-License-Identifier: Apache-2.0
// The one file that knows spdlog: a logger of our own, without its registry, its threads and its locks.
#include "trace/trace.hpp"

#include "slurm_text/shown_text.hpp"

// Nobody prints the thread's number, and asking for it would need thread-local storage.
#define SPDLOG_NO_THREAD_ID
#include <spdlog/logger.h>
#include <spdlog/sinks/sink.h>

#include <fmt/format.h>
#include <memory>

namespace recipe::trace {
namespace {

constexpr std::size_t max_line_bytes = 4096;

/// A line as it was written, without a formatter: Slurm and stderr have prefixes of their own. It keeps nothing that
/// changes, so that threads need no lock.
class LineSink final : public spdlog::sinks::sink {
public:
    explicit LineSink(Sink write) : write_(write) {}
    void log(const spdlog::details::log_msg& message) override {
        // The payload is the text of a std::string, which ends with NUL.
        write_(message.level == spdlog::level::info ? Level::info : Level::debug, message.payload.data());
    }
    void flush() override {}
    void set_pattern(const std::string& /*pattern*/) override {}
    void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) override {}

private:
    Sink write_;
};

struct Output {
    Sink sink;
    Filter filter;
    spdlog::logger logger;

    Output(Sink write, Filter hide) : sink(write), filter(hide), logger("recipe", std::make_shared<LineSink>(write)) {
        logger.set_level(spdlog::level::debug);
        logger.set_error_handler([](const std::string&) {});  // the default one takes a lock and prints
    }
};

/// Never freed: slurmstepd and slurmctld end with exit() while other threads run.
constinit std::atomic<Output*> output{nullptr};

}  // namespace

namespace detail {

constinit std::atomic<int> level{static_cast<int>(Level::off)};

void write(Level at, MakeText make, const void* maker) noexcept {
    Output* to = output.load(std::memory_order_acquire);
    if (to == nullptr) return;
    try {
        // On one line, whatever a recipe or a hostile plan has put into it.
        const std::string line = slurm_text::printable(to->filter(make(maker)), max_line_bytes);
        to->logger.log(at == Level::info ? spdlog::level::info : spdlog::level::debug, spdlog::string_view_t(line));
    } catch (...) {
        // The line is lost. The work that it describes goes on.
        return;
    }
}

}  // namespace detail

void write_to(Sink sink, Filter filter) noexcept {
    const Output* before = output.load(std::memory_order_acquire);
    if (before != nullptr && before->sink == sink && before->filter == filter) return;
    try {
        output.store(new Output(sink, filter), std::memory_order_release);
    } catch (...) {
        set_level(Level::off);
    }
}

}  // namespace recipe::trace
