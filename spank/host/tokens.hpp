// SPDX-License-Identifier: Apache-2.0
// Whether the nodes of a step have the same storage under the directories that it writes to: the head node leaves
// a token in each, and the others must read it. With it they learn the port that the head node has found free. Every
// step has tokens of its own name, so that steps do not disturb one another.
//
// Directories are reached by descriptor, and a token is read only when it is the user's own and nobody else may write
// to it: others could have made it, to show storage as shared that is not, or to name a port of theirs.
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

/// One directory's token, as the head node has left it or another node finds it.
struct Token {
    std::string problem;                // why it cannot be left, or is not seen; "": it is there
    std::optional<std::uint16_t> port;  // that it says
    bool foreign = false;               // the problem: another user has made it, or others may write to it
};

/// The token says on which port the step meets: facts.port.
[[nodiscard]] Token leave_token(const std::string& directory, const node::Facts& facts);

/// Waits for the head node's token.
[[nodiscard]] Token await_token(const std::string& directory, const node::Facts& facts, Deadline deadline);

/// Wherever leave_token may have put it.
void remove_token(const std::string& directory, const node::Facts& facts);

/// The nearest directory above a path that is there, or the path itself.
[[nodiscard]] std::string existing_part(std::string path);

}  // namespace recipe::spank
