// SPDX-License-Identifier: Apache-2.0
// Quotes words for a POSIX shell, and parts a line as one does.
#include "slurm_text/shell_words.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace recipe::slurm_text {
namespace {

/// What no shell gives a meaning inside a word.
bool is_plain(unsigned char c) {
    return c >= 0x80 || std::isalnum(c) != 0 || std::string_view("_-+=./:,@%").contains(static_cast<char>(c));
}

}  // namespace

std::string shell_quoted(std::string_view word) {
    std::string quoted = "'";
    for (const char c : word) {
        if (c == '\'')
            quoted += "'\\''";
        else
            quoted += c;
    }
    return quoted += '\'';
}

std::string shell_word(std::string_view word) {
    return !word.empty() && std::ranges::all_of(word, is_plain) ? std::string(word) : shell_quoted(word);
}

std::optional<std::vector<std::string>> shell_words(std::string_view line) {
    std::vector<std::string> words;
    std::string word;
    bool in_word = false;
    char quote = 0;
    for (std::size_t at = 0; at < line.size(); ++at) {
        const char c = line[at];
        if ((c == '`' || c == '$') && quote != '\'') return std::nullopt;
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

}  // namespace recipe::slurm_text
