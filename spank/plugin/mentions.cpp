// SPDX-License-Identifier: Apache-2.0
// Looks for signs of a recipe where Slurm does not look for one. Texts are compared here, a character at a time: each
// function of another library is looked up when it is first called, which costs more than the comparisons.
#include "spank/plugin/mentions.hpp"

#include <charconv>
#include <string_view>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

namespace recipe::spank {
namespace {

constexpr char option[] = "--recipe";
constexpr size_t option_length = sizeof option - 1;
constexpr off_t longest_script = 4 << 20;  // that slurmctld takes, unless it was told otherwise
constexpr unsigned long pipe_bytes = 64 * 1024;

bool begins(const char* text, const char* with) {
    while (*with != '\0' && *text == *with) ++text, ++with;
    return *with == '\0';
}

/// `end`: behind the text.
bool has_option(const char* text, const char* end) {
    for (; end - text >= static_cast<long>(option_length); ++text) {
        size_t same = 0;
        while (same < option_length && text[same] == option[same]) ++same;
        if (same == option_length) return true;
    }
    return false;
}

const char* end_of(const char* text) {
    while (*text != '\0') ++text;
    return text;
}

/// Its name has "recipe" in it, in small letters or in capitals. All of ours begin with one of three characters.
bool may_be_ours(const char* variable) {
    if (*variable != 'S' && *variable != '_' && *variable != 'R') return false;
    for (; *variable != '\0' && *variable != '='; ++variable)
        if ((*variable == 'R' && begins(variable, "RECIPE")) || (*variable == 'r' && begins(variable, "recipe")))
            return true;
    return false;
}

/// A piece at a time, which begins with the end of the one before it.
bool file_mentions_recipe(int file) {
    char text[16 * 1024];
    ssize_t got = pread(file, text, sizeof text, 0);
    if (got < 2 || text[0] != '#' || text[1] != '!') return false;
    struct stat status;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > longest_script) return false;
    for (off_t offset = 0; got > 0; got = pread(file, text, sizeof text, offset)) {
        if (has_option(text, text + got)) return true;
        if (got < static_cast<ssize_t>(sizeof text)) return false;
        offset += got - static_cast<ssize_t>(option_length - 1);
        if (offset > longest_script) return false;  // it grows
    }
    return false;
}

/// A device or a pipe might keep us waiting.
int open_script(const char* path) {
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/// As sbatch looks for it: here, then along PATH.
int find_script(const char* word, bool along_path) {
    const int here = open_script(word);
    if (here >= 0 || !along_path || errno != ENOENT) return here;
    const std::string_view name = word;
    if (name.contains('/')) return here;
    const char* variable = getenv("PATH");
    std::string_view path = variable != nullptr ? variable : "";
    while (!path.empty()) {
        const size_t length = path.find(':') != path.npos ? path.find(':') : path.size();
        char file[PATH_MAX];
        if (length > 0 && length + 1 + name.size() < sizeof file) {
            memcpy(file, path.data(), length);
            file[length] = '/';
            memcpy(file + length + 1, word, name.size() + 1);
            const int there = open_script(file);
            if (there >= 0) return there;
        }
        path.remove_prefix(length < path.size() ? length + 1 : length);
    }
    return -1;
}

}  // namespace

const char* command_name(int argc, char* const* argv) {
    const char* name = argc > 0 ? argv[0] : "";
    for (const char* c = name; *c != '\0'; ++c)
        if (*c == '/') name = c + 1;
    return name;
}

bool environment_mentions_recipe(const char* const* environment) {
    for (; environment != nullptr && *environment != nullptr; ++environment)
        if (may_be_ours(*environment)) return true;
    return false;
}

bool words_may_name_recipe(int argc, char* const* argv) {
    for (int i = 1; i < argc; ++i)
        if (begins(argv[i], "--rec")) return true;
    return false;
}

bool words_mention_recipe(int argc, char* const* argv) {
    for (int i = 1; i < argc; ++i)
        if (has_option(argv[i], end_of(argv[i]))) return true;
    return false;
}

bool variables_mention_recipe(const char* command) {
    if (is_same(command, "sbatch"))
        return getenv("SBATCH_RECIPE_SET") != nullptr || getenv("SBATCH_RECIPE_FORCE") != nullptr;
    if (is_same(command, "salloc"))
        return getenv("SALLOC_RECIPE_SET") != nullptr || getenv("SALLOC_RECIPE_FORCE") != nullptr;
    return getenv("SLURM_RECIPE_SET") != nullptr || getenv("SLURM_RECIPE_FORCE") != nullptr ||
           getenv("SRUN_RECIPE") != nullptr;
}

bool script_mentions_recipe(const char* word, bool along_path) {
    const int file = find_script(word, along_path);
    if (file < 0) return false;
    const bool mentions = file_mentions_recipe(file);
    close(file);
    return mentions;
}

bool stdin_mentions_recipe() {
    return file_mentions_recipe(STDIN_FILENO);
}

bool text_mentions_recipe(const char* text) {
    return has_option(text, end_of(text));
}

int descriptor_named(const char* word) {
    if (is_same(word, "/dev/stdin")) return STDIN_FILENO;
    for (const std::string_view directory : {std::string_view("/dev/fd/"), std::string_view("/proc/self/fd/")}) {
        if (!begins(word, directory.data())) continue;
        const char* const end = end_of(word);
        int number = -1;
        const auto read = std::from_chars(word + directory.size(), end, number);
        if (read.ec == std::errc() && read.ptr == end && number >= 0) return number;
    }
    return -1;
}

const char* peek_piped_script(int argc, char* const* argv) {
    int file = STDIN_FILENO;
    for (int i = 1; i < argc; ++i)
        if (const int named = descriptor_named(argv[i]); named >= 0) file = named;
    struct stat status;
    if (fstat(file, &status) != 0 || !S_ISFIFO(status.st_mode)) return nullptr;
    int copy[2];
    if (pipe2(copy, O_CLOEXEC | O_NONBLOCK) != 0) return nullptr;
    char* text = nullptr;
    const ssize_t ready = tee(file, copy[1], pipe_bytes, SPLICE_F_NONBLOCK);
    if (ready > 0) text = static_cast<char*>(malloc(static_cast<size_t>(ready) + 1));
    if (text != nullptr) {
        const ssize_t got = read(copy[0], text, static_cast<size_t>(ready));
        text[got > 0 ? got : 0] = '\0';
    }
    close(copy[0]);
    close(copy[1]);
    return text;
}

}  // namespace recipe::spank
