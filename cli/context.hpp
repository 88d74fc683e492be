// SPDX-License-Identifier: Apache-2.0
// What every command needs, read once, and how it says what is wrong.
#pragma once

#include "commands.hpp"
#include "print.hpp"

#include "query/query.hpp"

namespace recipe::cli {

/// Of this process, its arguments and environment.
[[nodiscard]] Expected<query::Context> make_context(const Arguments& arguments);
[[nodiscard]] query::Subject subject_of(const Arguments& arguments);

/// Prints them on stderr; the exit status.
int fail(const Diagnostics& diagnostics);

}  // namespace recipe::cli
