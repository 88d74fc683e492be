// SPDX-License-Identifier: Apache-2.0
// The text of what this command runs.
#pragma once

#include "spank/client/client.hpp"

#include <string>

namespace recipe::spank {

/// The batch script of sbatch (a file, --wrap, stdin as far as it can still be seen), or the script that is the command
/// of srun or salloc. Empty: it is none, or not to be had.
[[nodiscard]] std::string script_text(const Client& client, const StoredOptions& stored);

}  // namespace recipe::spank
