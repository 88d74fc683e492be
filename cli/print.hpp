// SPDX-License-Identifier: Apache-2.0
// The one way by which srecipe writes on its streams: what a terminal would obey (slurm_text/shown_text.hpp) is escaped
// here, whatever recipe, file name or argument it is from.
#pragma once

#include "config/value/value.hpp"
#include "diagnostic/diagnostic.hpp"

#include <fmt/format.h>
#include <string_view>

namespace recipe::cli {

/// Text for people on stdout: everything but line ends is shown, and nothing obeyed.
void print_text(std::string_view text);
/// The same on stderr.
void complain_text(std::string_view text);

template <class... Arguments>
void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    print_text(fmt::format(format, std::forward<Arguments>(arguments)...));
}
template <class... Arguments>
void complain(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    complain_text(fmt::format(format, std::forward<Arguments>(arguments)...));
}

/// On stderr, in colours on a terminal.
void print_diagnostics(const Diagnostics& diagnostics);

/// A value as JSON, and a line end. What is unsafe stands in it as \u009b, which means the same.
void print_json(const config::Value& value);
void print_json(std::string_view json);

/// A text that is to be saved or read by a program, as it is: YAML, a script, a value. On a terminal like any other.
void print_data(std::string_view text);

}  // namespace recipe::cli
