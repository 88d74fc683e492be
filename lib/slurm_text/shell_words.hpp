// SPDX-License-Identifier: Apache-2.0
// Words of a command line, as a POSIX shell parts and quotes them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recipe::slurm_text {

/// A word in quotes, whatever it is.
[[nodiscard]] std::string shell_quoted(std::string_view word);

/// A word to be pasted: in quotes only where a shell would read it otherwise.
[[nodiscard]] std::string shell_word(std::string_view word);

/// The words of a line; nothing where a shell would have to run or look up something, or a quote is open.
[[nodiscard]] std::optional<std::vector<std::string>> shell_words(std::string_view line);

}  // namespace recipe::slurm_text
