// SPDX-License-Identifier: Apache-2.0
// Writes on stdout and stderr, and escapes what is not meant to be obeyed.
#include "print.hpp"

#include "diagnostic/codes/model.hpp"
#include "planner/planner.hpp"
#include "render/render.hpp"
#include "slurm_text/shown_text.hpp"

#include <unistd.h>
#include <cstdio>
#include <utility>

namespace recipe::cli {
namespace {

void write(std::FILE* stream, std::string_view text) {
    // A stream that has failed says so when srecipe ends.
    static_cast<void>(std::fwrite(text.data(), 1, text.size(), stream));
}

}  // namespace

void print_text(std::string_view text) {
    write(stdout, slurm_text::escape_lines(text));
}

void complain_text(std::string_view text) {
    write(stderr, slurm_text::escape_lines(text));
}

void print_diagnostics(const Diagnostics& diagnostics) {
    // What else is found while a place is silent is found without it.
    if (Diagnostics silent = planner::silence(); !silent.empty()) {
        static bool said = false;
        if (std::exchange(said, true)) return;
        for (const Diagnostic& each : diagnostics)
            if (each.code == codes::paths.no_answer && !each.key.empty()) silent = Diagnostics{each};
        return write(stderr, render::text(silent, isatty(STDERR_FILENO) == 1));
    }
    write(stderr, render::text(diagnostics, isatty(STDERR_FILENO) == 1));  // escaped there, line by line
}

void print_json(const config::Value& value) {
    print_json(config::to_json(value, 2));
}

void print_json(std::string_view json) {
    write(stdout, slurm_text::escape_json(json));
    write(stdout, "\n");
}

void print_data(std::string_view text) {
    if (isatty(STDOUT_FILENO) == 1)
        print_text(text);
    else
        write(stdout, text);
}

}  // namespace recipe::cli
