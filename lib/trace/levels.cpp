// SPDX-License-Identifier: Apache-2.0
// Which level is asked for, and the sink that writes on stderr.
#include "trace/trace.hpp"

#include <dlfcn.h>
#include <unistd.h>
#include <cstring>

namespace recipe::trace {
namespace {

// slurm.conf(5), SlurmctldDebug: quiet is 0, then fatal, error, info, verbose, debug.
constexpr int slurm_verbose_level = 4;
constexpr int slurm_debug_level = 5;

using GetLevel = int (*)();

/// In no public header, but exported by every Slurm.
GetLevel find_slurm_level() {
    void* symbol = dlsym(RTLD_DEFAULT, "slurm_get_log_level");
    GetLevel function = nullptr;
    static_assert(sizeof symbol == sizeof function);
    std::memcpy(&function, &symbol, sizeof function);
    return function;
}

}  // namespace

void set_level(Level level) noexcept {
    detail::level.store(static_cast<int>(level), std::memory_order_relaxed);
}

std::optional<Level> parse_level(std::string_view text) noexcept {
    if (text.empty() || text == "off") return Level::off;
    if (text == "info") return Level::info;
    if (text == "debug") return Level::debug;
    return std::nullopt;
}

Level slurm_level() noexcept {
    static const GetLevel get_level = find_slurm_level();
    if (get_level == nullptr) return Level::debug;
    const int level = get_level();
    if (level >= slurm_debug_level) return Level::debug;
    return level >= slurm_verbose_level ? Level::info : Level::off;
}

void write_to_stderr(Level /*level*/, const char* line) noexcept {
    try {
        const std::string text = "recipe: " + std::string(line) + '\n';
        // Whoever closed stderr wants no trace.
        [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
    } catch (...) {
        return;
    }
}

}  // namespace recipe::trace
