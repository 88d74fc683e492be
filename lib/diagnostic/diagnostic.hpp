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

namespace codes {

/// One row of the table of codes. The rows are the constants in "diagnostic/codes/", "diagnostic/codes.hpp" has them
/// all.
struct Code {
    std::string_view name;                // "<group>.<what>"
    Severity severity = Severity::error;  // of most of its diagnostics
    bool is_rule = false;                 // of validation
    bool fixed = false;                   // without it there is no plan, so that nobody can lower or force it
    std::string_view summary;             // of a rule: what holds when it is kept
    std::string_view source;              // what states it: paper, header, manual page, page of ours
    std::string_view example = {};        // of a rule: overrides that break it; else what one sees it after

    [[nodiscard]] constexpr std::string_view group() const noexcept { return name.substr(0, name.find('.')); }
};

}  // namespace codes

/// Which code a diagnostic has. It refers to a row of the table, so that a code that is misspelt or not declared does
/// not compile.
class DiagnosticCode {
public:
    constexpr DiagnosticCode(const codes::Code& code) noexcept : code_(&code) {}
    DiagnosticCode(const codes::Code&&) = delete;  // would not outlive the call

    [[nodiscard]] constexpr std::string_view name() const noexcept { return code_->name; }
    [[nodiscard]] constexpr std::string_view group() const noexcept { return code_->group(); }
    [[nodiscard]] constexpr Severity severity() const noexcept { return code_->severity; }

    constexpr operator std::string_view() const noexcept { return name(); }
    friend constexpr bool operator==(DiagnosticCode a, DiagnosticCode b) noexcept { return a.name() == b.name(); }
    friend constexpr bool operator==(DiagnosticCode a, std::string_view name) noexcept { return a.name() == name; }

private:
    const codes::Code* code_;
};

/// What follows from a diagnostic, and need not be said beside it.
struct Explained {
    enum class What : std::uint8_t { section, group };

    What what;
    std::string name;  // "model": of keys below it; or a group of codes

    bool operator==(const Explained&) const = default;
};

struct Diagnostic {
    DiagnosticCode code;
    Severity severity = code.severity();
    std::string key;  // the recipe key it is about, as a user would type it; empty when there is none
    Source source;
    std::string message;  // one sentence or a few; no newline at the end
    std::string fix;      // text that the user can paste, or empty
    std::vector<Explained> explains{};

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
