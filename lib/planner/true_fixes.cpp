// SPDX-License-Identifier: Apache-2.0
// Tries fixes on the request that they are for.
#include "planner/true_fixes.hpp"

#include "trace/trace.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace recipe::planner {
namespace {

constexpr std::string_view prefix = "--recipe-set=";
/// A composition takes a fraction of a millisecond; a hundred errors are one mistake.
constexpr std::size_t max_trials = 16;

/// The words of a command line as a shell parts them; nothing where it would have to run or look up something.
std::optional<std::vector<std::string>> words_of(std::string_view line) {
    std::vector<std::string> words;
    std::string word;
    bool in_word = false;
    char quote = 0;
    for (std::size_t at = 0; at < line.size(); ++at) {
        const char c = line[at];
        if (c == '`' || (c == '$' && quote != '\'')) return std::nullopt;
        if (quote != 0) {
            if (c == quote)
                quote = 0;
            else
                word += c;
        } else if (c == '\'' || c == '"') {
            quote = c;
            in_word = true;
        } else if (c == '\\' && at + 1 < line.size()) {
            word += line[++at];
            in_word = true;
        } else if (c == ' ') {
            if (in_word) words.push_back(std::exchange(word, {}));
            in_word = false;
        } else {
            word += c;
            in_word = true;
        }
    }
    if (quote != 0) return std::nullopt;
    if (in_word) words.push_back(std::move(word));
    return words;
}

/// Whether the reader is to put something of his own in.
bool has_placeholder(std::string_view fix) {
    constexpr std::array<std::string_view, 5> placeholders{"/SHARED/", "/PATH", "/path/to/", "//HOST/", "…"};
    return std::ranges::any_of(placeholders, [&](std::string_view placeholder) { return fix.contains(placeholder); });
}

std::optional<std::vector<std::string>> sets_of(std::string_view fix) {
    if (has_placeholder(fix)) return std::nullopt;
    auto words = words_of(fix);
    if (!words || words->empty()) return std::nullopt;
    for (std::string& word : *words) {
        if (!word.starts_with(prefix)) return std::nullopt;
        word.erase(0, prefix.size());
    }
    return words;
}

std::ptrdiff_t errors(const Diagnostics& all, DiagnosticCode code) {
    return std::ranges::count_if(all,
                                 [&](const Diagnostic& d) { return d.severity == Severity::error && d.code == code; });
}

bool brings_errors(const Diagnostics& after, const Diagnostics& before) {
    return std::ranges::any_of(after, [&](const Diagnostic& d) {
        return d.severity == Severity::error && errors(after, d.code) > errors(before, d.code);
    });
}

bool is_true(const Trial& before, const Trial& after, DiagnosticCode code) {
    if (!after.composed || errors(after.found, code) >= errors(before.found, code)) return false;
    if (!before.composed) return true;  // what the rules say of it was not known before
    if (brings_errors(after.found, before.found) || after.family != before.family) return false;
    return std::ranges::includes(after.rules, before.kept);
}

}  // namespace

void keep_true_fixes(const SubmitRequest& request, const Trial& before,
                     const std::function<Trial(const SubmitRequest&)>& run, Diagnostics& diagnostics) {
    std::size_t trials = 0;
    for (Diagnostic& diagnostic : diagnostics) {
        if (diagnostic.severity != Severity::error || diagnostic.fix.empty()) continue;
        const auto sets = sets_of(diagnostic.fix);
        if (!sets) continue;
        if (++trials > max_trials) {
            diagnostic.fix.clear();
            continue;
        }
        SubmitRequest changed = request;
        changed.notes.clear();
        for (const std::string& set : *sets) changed.sets.push_back({.text = set});
        const bool holds = is_true(before, run(changed), diagnostic.code);
        trace::debug([&] {
            return fmt::format("tried the fix of {}: {}", diagnostic.code.name(), holds ? "it holds" : "it does not");
        });
        if (!holds) diagnostic.fix.clear();
    }
}

}  // namespace recipe::planner
