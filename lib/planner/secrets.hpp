// SPDX-License-Identifier: Apache-2.0
// The secrets of a recipe: where they stand, where they must not, and the diagnostics about them.
#pragma once

#include "planner/composition.hpp"
#include "planner/draft.hpp"
#include "secret/secret.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace recipe::planner {

/// Warns of secrets that are written out (secret.literal). One in a text that has to stay as it is, and that others can
/// read, is refused (secret.visible).
[[nodiscard]] Diagnostics check_secrets(const SubmitRequest& request, const Composition& composition,
                                        const Draft& draft);

/// Whether the value of the override with this number, of all that were applied, is a secret: by the key that it
/// reached, or by what it looks like. The name of a variable of the environment says nothing of that.
[[nodiscard]] bool says_secret(const Composition& composition, std::size_t index, std::string_view text);

/// Texts that must not stay in the line that Slurm keeps of the command: the values of the secrets, and what overrides
/// say of them, which may be quoted or a list.
[[nodiscard]] std::vector<std::string> typed_secrets(const Composition& composition);

/// git.token, which git reads from a file of its own, unless the recipe names one. Code launch.code_token where it
/// would travel in clear.
[[nodiscard]] std::optional<SecretFile> git_token_file(const SubmitRequest& request, const Composition& composition,
                                                       const Draft& draft, Diagnostics& diagnostics);

}  // namespace recipe::planner
