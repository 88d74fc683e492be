// SPDX-License-Identifier: Apache-2.0
// Whether the nodes of a step have the same storage under the directories that it writes to: the first one leaves a
// token in each, and the others must read it. Every step has tokens of its own name, so that steps do not disturb one
// another.
//
// A token of a directory that there is already lies beside it where that is the same file system: a program may ask
// whether its output directory is empty.
#pragma once

#include "diagnostic/diagnostic.hpp"
#include "node/node.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace recipe::spank {

using Deadline = std::chrono::steady_clock::time_point;

/// "", or why the token cannot be left.
[[nodiscard]] std::string leave_token(const std::string& directory, const node::Facts& facts);

/// Waits for the first node's token; "", or why this node does not see it.
[[nodiscard]] std::string await_token(const std::string& directory, const node::Facts& facts, Deadline deadline);

/// Wherever leave_token may have put it.
void remove_token(const std::string& directory, const node::Facts& facts);

/// The nearest directory above a path that is there, or the path itself.
[[nodiscard]] std::string existing_part(std::string path);

}  // namespace recipe::spank
