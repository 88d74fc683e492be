// SPDX-License-Identifier: Apache-2.0
// Hands lines for people to Slurm.
#include "spank/host/say.hpp"

#include "slurm_text/shown_text.hpp"
#include "spank/slurm_headers.hpp"

namespace recipe::spank {
namespace {

template <class Write>
void say(std::string_view line, Write write) noexcept {
    try {
        write(slurm_text::escape_control(line).c_str());
    } catch (...) {
        write("(out of memory)");
    }
}

}  // namespace

void say_error(std::string_view line) noexcept {
    say(line, [](const char* text) { slurm_error("recipe: %s", text); });
}

void say_info(std::string_view line) noexcept {
    say(line, [](const char* text) { slurm_info("recipe: %s", text); });
}

void say_note(std::string_view line) noexcept {
    say(line, [](const char* text) { slurm_spank_log("recipe: %s", text); });
}

}  // namespace recipe::spank
