// SPDX-License-Identifier: Apache-2.0
// Finds the names that are nearest to a misspelt one.
#include "diagnostic/diagnostic.hpp"

#include <algorithm>

namespace recipe {
namespace {

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours cost one each.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substitution = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            current[j] = std::min({previous[j] + 1, current[j - 1] + 1, substitution});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                current[j] = std::min(current[j], before[j - 2] + 1);
        }
        std::swap(before, previous);
        std::swap(previous, current);
    }
    return previous[b.size()];
}

constexpr std::size_t max_word_bytes = 256;  // keeps the work bounded when the word is hostile

}  // namespace

std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates, std::size_t limit) {
    if (word.size() > max_word_bytes) return {};
    std::vector<std::pair<std::size_t, const std::string*>> close;
    for (const std::string& candidate : candidates) {
        if (candidate.size() > max_word_bytes) continue;
        const std::size_t allowed = std::max<std::size_t>(1, std::max(word.size(), candidate.size()) / 3);
        const std::size_t gap = std::max(word.size(), candidate.size()) - std::min(word.size(), candidate.size());
        if (gap > allowed) continue;
        const std::size_t distance = edit_distance(word, candidate);
        if (distance <= allowed) close.emplace_back(distance, &candidate);
    }
    std::ranges::stable_sort(close, {}, [](const auto& entry) { return entry.first; });
    std::vector<std::string> names;
    for (const auto& [distance, name] : close) {
        if (names.size() == limit) break;
        names.push_back(*name);
    }
    return names;
}

}  // namespace recipe
