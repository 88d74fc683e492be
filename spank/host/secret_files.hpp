// SPDX-License-Identifier: Apache-2.0
// Files that hold the secrets of a user's recipes, written and read as that user and nobody else.
//
// On the submitting host each job has one, `<state directory>/slurm-recipe/secrets/<128 random bits>`, and one more for
// git's token. The plan names it. When it is read it has to be a file of the user's own (own_files.hpp) that nobody
// else may read.
#pragma once

#include "diagnostic/diagnostic.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace recipe::spank {

/// A path of a new file there. "" when the kernel gives no random bits.
[[nodiscard]] std::string new_secrets_file(const std::string& directory);
/// The eight digits that distinguish its references from those of another.
[[nodiscard]] std::string label_of(std::string_view secrets_file);

/// Creates the file (0600), its directory (0700) and what is above it. "" or what went wrong.
[[nodiscard]] std::string write_secrets(const std::string& path, std::string_view text);

/// The text of a file that a plan names, and a sign of life for remove_old_secrets(). Code node.secrets: it is no
/// regular file, not of the user, open to others, too large, or cannot be read. Never waits for a writer, follows no
/// link.
[[nodiscard]] Expected<std::string> read_secrets(const std::string& path);
/// What it holds. Code node.secrets.
[[nodiscard]] Expected<std::vector<std::string>> read_secret_texts(const std::string& path);

/// Removes a file of secrets and its companion for git, where the name is one that we give.
void remove_secrets(const std::string& path);

/// Removes the user's files of this directory that have not been used since max_unused before `now` (seconds since
/// 1970).
void remove_old_secrets(const std::string& directory, std::int64_t now);

}  // namespace recipe::spank
