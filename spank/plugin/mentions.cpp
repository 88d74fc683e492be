// SPDX-License-Identifier: Apache-2.0
// Looks for signs of a recipe where Slurm does not look for one.
#include "spank/plugin/mentions.hpp"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

namespace recipe::spank {
namespace {

constexpr char option[] = "--recipe";
constexpr off_t longest_script = 4 << 20;  // that slurmctld takes, unless it was told otherwise
constexpr unsigned long pipe_bytes = 64 * 1024;

bool file_mentions_recipe(int file) {
    char beginning[2];
    if (pread(file, beginning, sizeof beginning, 0) != sizeof beginning) return false;
    if (beginning[0] != '#' || beginning[1] != '!') return false;
    struct stat status;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > longest_script) return false;
    const size_t size = static_cast<size_t>(status.st_size);
    char* text = static_cast<char*>(malloc(size));
    if (text == nullptr) return false;
    const ssize_t got = pread(file, text, size, 0);
    const bool mentions = got > 0 && memmem(text, static_cast<size_t>(got), option, sizeof option - 1) != nullptr;
    free(text);
    return mentions;
}

/// A device or a pipe might keep us waiting.
int open_script(const char* path) {
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/// As sbatch looks for it: here, then along PATH.
int find_script(const char* word, bool along_path) {
    const int here = open_script(word);
    if (here >= 0 || !along_path || errno != ENOENT || strchr(word, '/') != nullptr) return here;
    const char* path = getenv("PATH");
    while (path != nullptr && *path != '\0') {
        const size_t length = strcspn(path, ":");
        char file[PATH_MAX];
        const int written = snprintf(file, sizeof file, "%.*s/%s", static_cast<int>(length), path, word);
        if (length > 0 && written > 0 && static_cast<size_t>(written) < sizeof file) {
            const int there = open_script(file);
            if (there >= 0) return there;
        }
        path += length;
        if (*path == ':') ++path;
    }
    return -1;
}

}  // namespace

bool words_may_name_recipe(int argc, char* const* argv) {
    for (int i = 1; i < argc; ++i)
        if (strncmp(argv[i], "--rec", 5) == 0) return true;
    return false;
}

bool words_mention_recipe(int argc, char* const* argv) {
    for (int i = 1; i < argc; ++i)
        if (strstr(argv[i], option) != nullptr) return true;
    return false;
}

bool variables_mention_recipe(const char* command) {
    if (strcmp(command, "sbatch") == 0)
        return getenv("SBATCH_RECIPE_SET") != nullptr || getenv("SBATCH_RECIPE_FORCE") != nullptr;
    if (strcmp(command, "salloc") == 0)
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

int descriptor_named(const char* word) {
    if (strcmp(word, "/dev/stdin") == 0) return STDIN_FILENO;
    static const char* const directories[] = {"/dev/fd/", "/proc/self/fd/"};
    for (const char* directory : directories) {
        const size_t length = strlen(directory);
        if (strncmp(word, directory, length) != 0) continue;
        char* end = nullptr;
        const long number = strtol(word + length, &end, 10);
        if (end != word + length && *end == '\0' && number >= 0 && number <= INT_MAX) return static_cast<int>(number);
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
