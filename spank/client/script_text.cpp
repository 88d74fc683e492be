// SPDX-License-Identifier: Apache-2.0
// Reads the script that sbatch, srun or salloc was given.
#include "spank/client/script_text.hpp"

#include "spank/client/offered_script.hpp"
#include "storage/storage.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <string_view>

namespace recipe::spank {
namespace {

constexpr off_t max_bytes = 4 << 20;

std::string text_of(int file) {
    struct stat status{};
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > max_bytes) return {};
    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    const ssize_t got = pread(file, text.data(), text.size(), 0);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text.starts_with("#!") ? text : std::string();
}

/// sbatch has emptied the pipe by now.
bool is_descriptor(std::string_view name) {
    return name == "/dev/stdin" || name.starts_with("/dev/fd/") || name.starts_with("/proc/self/fd/");
}

/// A device or a pipe might keep us waiting.
int open_script(const std::string& path) {
    return open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

std::string text_at(const std::string& path) {
    if (!storage::answers(path)) return {};
    const int file = open_script(path);
    if (file < 0) return {};
    std::string text = text_of(file);
    close(file);
    return text;
}

/// sbatch looks here first, then along PATH.
std::string text_along_path(const std::string& name, const std::string& path) {
    std::string_view rest = path;
    while (!rest.empty()) {
        const std::string_view directory = rest.substr(0, rest.find(':'));
        const std::string file = std::string(directory) + '/' + name;
        if (!directory.empty() && storage::answers(file) && access(file.c_str(), R_OK) == 0) return text_at(file);
        rest.remove_prefix(std::min(directory.size() + 1, rest.size()));
    }
    return {};
}

}  // namespace

std::string script_text(const Client& client, const StoredOptions& stored) {
    const bool sbatch = client.tool == planner::Tool::sbatch;
    if (!client.command_line.command.empty()) {
        const std::string& name = client.command_line.command.front();
        if (sbatch && stored.piped_script != nullptr && is_descriptor(name)) return stored.piped_script;
        if (!sbatch || name.find('/') != std::string::npos || storage::exists(name)) return text_at(name);
        const auto path = client.environment.find("PATH");
        return path != client.environment.end() ? text_along_path(name, path->second) : std::string();
    }
    if (!sbatch || script_was_offered()) return {};
    if (client.options.is_set("wrap")) return client.options.get("wrap");
    if (stored.piped_script != nullptr) return stored.piped_script;
    return text_of(STDIN_FILENO);
}

}  // namespace recipe::spank
