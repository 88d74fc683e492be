// SPDX-License-Identifier: Apache-2.0
// sbatch reads its script before it parses options, from fd 0 when argv names none. A recipe needs no script, so the
// generic one is put there, unless stdin really has one.
#include "node/node.hpp"
#include "spank/client/client.hpp"
#include "spank/client/offered_script.hpp"
#include "spank/host/say.hpp"
#include "spank/plugin/hooks.hpp"
#include "storage/write_all.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace recipe::spank {
namespace {

bool offered = false;

constexpr int patience_ms = 1000;

enum class Stdin { empty, has_data, open_but_silent };

Stdin peek_stream() {
    pollfd stream{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    int ready = 0;
    do ready = poll(&stream, 1, patience_ms);
    while (ready < 0 && errno == EINTR);
    if (ready == 0) return Stdin::open_but_silent;
    int waiting = 0;
    if (ioctl(STDIN_FILENO, FIONREAD, &waiting) == 0 && waiting > 0) return Stdin::has_data;
    return Stdin::empty;  // closed at its other end
}

Stdin peek_stdin() {
    struct stat status{};
    if (fstat(STDIN_FILENO, &status) != 0) return Stdin::empty;  // closed, as cron may leave it
    if (isatty(STDIN_FILENO) == 1) return Stdin::empty;
    if (S_ISREG(status.st_mode)) {
        const off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);
        return at >= status.st_size ? Stdin::empty : Stdin::has_data;
    }
    if (S_ISCHR(status.st_mode)) return status.st_rdev == makedev(1, 3) ? Stdin::empty : Stdin::has_data;  // /dev/null
    return peek_stream();
}

bool put_into(int file, std::string_view text) {
    return storage::write_all(file, text) && lseek(file, 0, SEEK_SET) == 0;
}

void put_on_stdin(std::string_view script) {
    const int file = memfd_create("slurm-recipe", 0);
    if (file < 0 || !put_into(file, script) || (file != STDIN_FILENO && dup2(file, STDIN_FILENO) < 0)) {
        say_error(fmt::format("the recipe's batch script cannot be put on stdin: {}", std::strerror(errno)));
        return;
    }
    if (file != STDIN_FILENO) close(file);
    offered = true;
}

/// On the command line, else in the environment.
bool names_recipe(const CommandLine& line) {
    if (const TypedOption* recipe = line.find("recipe")) return recipe->value != "none";
    const char* given = std::getenv(sbatch_recipe_variable);
    return given != nullptr && given[0] != '\0' && std::string_view(given) != "none";
}

/// sbatch takes the script of a heterogeneous job from the last component.
CommandLine last_component(int argc, char** argv) {
    int first = argc;
    while (first > 1 && argv[first - 1] != std::string_view(":")) --first;
    return read_command_line(argc - first + 1, argv + first - 1);
}

/// Without a script sbatch ends before it asks us about options, and would only say that the script is empty.
void refuse_components_without_script(int argc, char** argv, const CommandLine& first) {
    const CommandLine last = last_component(argc, argv);
    const TypedOption* recipe = first.find("recipe");
    const bool without = recipe != nullptr && recipe->value == "none";
    if (!without && !last.has_command && last.find("wrap") == nullptr && peek_stdin() == Stdin::empty)
        report({heterogeneous_job()});
}

}  // namespace

bool script_was_offered() noexcept {
    return offered;
}

void offer_script(int argc, char** argv) {
    const CommandLine& line = own_command_line(argc, argv);
    if (line.heterogeneous) return refuse_components_without_script(argc, argv, line);
    const bool wanted = line.readable && names_recipe(line) && !line.has_command && line.find("wrap") == nullptr;
    if (!wanted) return;
    switch (peek_stdin()) {
        case Stdin::empty:
            put_on_stdin(node::generic_batch_script());
            break;
        case Stdin::has_data:
            break;
        case Stdin::open_but_silent:
            say_info("waiting for a batch script on stdin; </dev/null uses the recipe's own");
            break;
    }
}

}  // namespace recipe::spank
