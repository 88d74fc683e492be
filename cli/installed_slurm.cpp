// SPDX-License-Identifier: Apache-2.0
// Asks the installed Slurm where its configuration lies and what it loads.
#include "installed_slurm.hpp"

#include "diagnostic/codes/tools.hpp"
#include "slurm_text/shell_words.hpp"
#include "storage/storage.hpp"

#include <fmt/format.h>
#include <glob.h>
#include <sys/wait.h>
#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

namespace recipe::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_answer_bytes = std::size_t{64} << 20;  // of 60,000 nodes
constexpr int max_include_depth = 8;

struct Answer {
    std::string text;
    bool good = false;
};

/// `command`: words of ours, or quoted ones.
Answer ask(const char* command) {
    Answer answer;
    FILE* pipe = popen(command, "re");
    if (pipe == nullptr) return answer;
    std::array<char, 4096> piece;
    while (const std::size_t got = std::fread(piece.data(), 1, piece.size(), pipe))
        if (answer.text.size() < max_answer_bytes) answer.text.append(piece.data(), got);
    const int status = pclose(pipe);
    answer.good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return answer;
}

std::string trimmed(const std::string& text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first == std::string::npos ? std::string()
                                      : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::map<std::string, std::string> settings_in(const std::string& text) {
    std::map<std::string, std::string> settings;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        if (const std::size_t equals = line.find('='); equals != std::string::npos)
            settings.emplace(trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)));
    return settings;
}

std::unexpected<Diagnostics> unreadable(const fs::path& file, std::string message) {
    return refuse({.code = codes::doctor.plugstack, .source = {.name = file.string()}, .message = std::move(message)});
}

std::vector<fs::path> matching(const std::string& pattern) {
    if (!storage::answers(fs::path(pattern).parent_path().string())) return {};  // said once, at the end
    glob_t found{};
    const std::unique_ptr<glob_t, decltype(&globfree)> owner(&found, globfree);
    if (glob(pattern.c_str(), 0, nullptr, &found) != 0) return {};
    return {found.gl_pathv, found.gl_pathv + found.gl_pathc};
}

Expected<void> read_into(std::vector<PlugstackLine>& lines, const fs::path& file, int depth) {
    if (depth > max_include_depth) return unreadable(file, "files include one another without end");
    std::ifstream stream;
    if (storage::is_file(file.string())) stream.open(file);
    if (!stream.is_open()) return unreadable(file, fmt::format("{} cannot be read", file.string()));
    int number = 0;
    for (std::string text; std::getline(stream, text);) {
        ++number;
        std::istringstream words(text.substr(0, text.find('#')));
        std::string kind, path;
        if (!(words >> kind >> path)) continue;
        if (kind == "include") {
            for (const fs::path& included : matching(path))
                if (Expected<void> read = read_into(lines, included, depth + 1); !read) return read;
            continue;
        }
        PlugstackLine line{.source = {.name = file.string(), .line = number},
                           .required = kind == "required",
                           .path = path,
                           .arguments = {}};
        for (std::string argument; words >> argument;) line.arguments.push_back(argument);
        lines.push_back(std::move(line));
    }
    return {};
}

}  // namespace

std::string InstalledSlurm::setting(const std::string& key) const {
    const auto found = configuration.find(key);
    return found == configuration.end() || found->second == "(null)" ? std::string() : found->second;
}

fs::path InstalledSlurm::in_plugin_directories(const std::string& name) const {
    std::istringstream directories(setting("PluginDir"));
    for (std::string directory; std::getline(directories, directory, ':');)
        if (fs::path file = fs::path(directory) / name; storage::is_file(file.string())) return file;
    return {};
}

Expected<InstalledSlurm> ask_slurm() {
    const Answer version = ask("timeout 60 scontrol --version 2>&1");
    const Answer configuration = ask("timeout 60 scontrol show config 2>&1");
    if (!version.good || !configuration.good) {
        const std::string words = trimmed(version.good ? configuration.text : version.text);
        return refuse({.code = codes::doctor.slurm,
                       .message = fmt::format("no cluster answers `scontrol show config`: {}",
                                              words.substr(words.rfind('\n') + 1))});
    }
    InstalledSlurm slurm{.here = SlurmVersion::in(trimmed(version.text)),
                         .controller = {},
                         .configuration = settings_in(configuration.text)};
    slurm.controller = SlurmVersion::in(slurm.setting("SLURM_VERSION"));
    return slurm;
}

Expected<std::string> ask_nodes() {
    Answer nodes = ask("timeout 60 scontrol --all --oneliner show node 2>/dev/null");
    if (nodes.good) return std::move(nodes.text);
    return refuse({.code = codes::doctor.slurm, .message = "no cluster answers `scontrol show node`"});
}

std::vector<std::string> host_names(const std::string& list) {
    if (list.starts_with('-')) return {};
    const Answer answer =
        ask(fmt::format("timeout 60 scontrol show hostnames {} 2>/dev/null", slurm_text::shell_quoted(list)).c_str());
    std::vector<std::string> names;
    std::istringstream lines(answer.good ? answer.text : std::string());
    for (std::string name; std::getline(lines, name);) names.push_back(name);
    return names;
}

Expected<std::vector<PlugstackLine>> read_plugstack(const fs::path& file) {
    std::vector<PlugstackLine> lines;
    if (Expected<void> read = read_into(lines, file, 0); !read) return std::unexpected(std::move(read.error()));
    return lines;
}

}  // namespace recipe::cli
