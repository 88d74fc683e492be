// SPDX-License-Identifier: Apache-2.0
// What is wrong with a recipe, an override or a plan: said once, printed everywhere with the same words.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recipe {

/// error: the job cannot work and is refused. warning: probably not meant, the job goes on. hint: good to know.
enum class Severity : std::uint8_t { hint, warning, error };

[[nodiscard]] std::string_view to_string(Severity severity) noexcept;

/// The place a value or an error comes from. `line` and `column` count from 1; 0 means that the place has none.
/// `name` is a file path, or what the user typed it into ("--recipe-set 2", "-N", "SBATCH_TIMELIMIT").
/// `excerpt` is the one line that a caret can point into, cut to a bounded length by whoever reads it.
struct Source {
    std::string name;
    int line = 0;
    int column = 0;
    std::string excerpt;

    [[nodiscard]] bool empty() const noexcept { return name.empty(); }
    bool operator==(const Source&) const = default;
};

/// "recipes/x.yaml:12:3", "--recipe-set 2", or "" when nothing is known.
[[nodiscard]] std::string to_string(const Source& source);

struct Diagnostic {
    Severity severity = Severity::error;
    std::string code;  // "<rule group>.<what>", e.g. "compose.unknown_key", "precision.fp8_unsupported"
    std::string key;   // the recipe key it is about, as a user would type it; empty when there is none
    Source source;
    std::string message;  // one sentence or a few; no newline at the end
    std::string fix;      // text that the user can paste, or empty

    bool operator==(const Diagnostic&) const = default;
};

using Diagnostics = std::vector<Diagnostic>;

template <class T>
using Expected = std::expected<T, Diagnostics>;

[[nodiscard]] bool has_errors(const Diagnostics& diagnostics) noexcept;

/// An Expected's error side that holds this one diagnostic.
[[nodiscard]] std::unexpected<Diagnostics> refuse(Diagnostic diagnostic);

/// Moves all of `more` to the end of `diagnostics`.
void append(Diagnostics& diagnostics, Diagnostics more);

/// Names among `candidates` that somebody who typed `word` may have meant, best first, at most `limit`.
/// A candidate counts when its edit distance (with transpositions) is at most a third of its length.
[[nodiscard]] std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates,
                                               std::size_t limit = 3);

}  // namespace recipe
