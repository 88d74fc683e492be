// SPDX-License-Identifier: Apache-2.0
// Where secrets stand in the words that a user typed, as places in the line that Slurm makes of them.
#include "secret/secret.hpp"

#include "slurm_text/lists.hpp"
#include "slurm_text/variable_name.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>

namespace recipe::secret {
namespace {

constexpr std::size_t max_cuts = 512;

bool is_of_name(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}

/// "${oc.env:NAME}", which says where the secret is.
bool names_a_variable(std::string_view text) {
    constexpr std::string_view before = "${oc.env:";
    while (text.size() > 1 && (text.front() == '\'' || text.front() == '"') && text.back() == text.front())
        text = text.substr(1, text.size() - 2);
    return text.starts_with(before) && text.ends_with('}') &&
           slurm_text::is_variable_name(text.substr(before.size(), text.size() - before.size() - 1));
}

/// The end of an item of a map or list: at a comma or bracket of its own depth, outside quotes.
std::size_t end_of_item(std::string_view word, std::size_t at) {
    int depth = 0;
    for (; at < word.size(); ++at) {
        const char c = word[at];
        if (c == '"' || c == '\'') {
            const std::size_t closing = word.find(c, at + 1);
            if (closing == std::string_view::npos) return word.size();
            at = closing;
        } else if (c == '[' || c == '{') {
            ++depth;
        } else if (c == ']' || c == '}') {
            if (depth-- == 0) return at;
        } else if (c == ',' && depth == 0) {
            return at;
        }
    }
    return word.size();
}

/// The values in a word that stand behind a secret's name and `=` or `:`.
void add_named(std::string_view word, std::vector<Cut>& found) {
    int depth = 0;
    for (std::size_t at = 0; at < word.size(); ++at) {
        const char c = word[at];
        depth += (c == '{') - (c == '}');
        if (c != '=' && c != ':') continue;
        std::size_t begin = at;
        while (begin > 0 && is_of_name(word[begin - 1])) --begin;
        while (begin < at && word[begin] == '-') ++begin;
        if (!is_secret_name(word.substr(begin, at - begin))) continue;
        const std::size_t end = depth > 0 ? end_of_item(word, at + 1) : word.size();
        const std::string_view value = word.substr(at + 1, end - at - 1);
        if (!is_placeholder(value) && !names_a_variable(value)) found.push_back({at + 1, value.size()});
        if (end > at + 1) at = end - 1;
    }
}

void add_known(std::string_view word, const std::vector<std::string>& texts, std::vector<Cut>& found) {
    for (const std::string& text : texts) {
        if (text.empty()) continue;
        if (text.size() < shortest_copy) {
            // A short one is a word like any other elsewhere.
            const std::size_t begin = word.size() - std::min(text.size(), word.size());
            if (word.substr(begin) == text && (begin == 0 || word[begin - 1] == '='))
                found.push_back({begin, text.size()});
            continue;
        }
        for (std::size_t at = word.find(text); at != std::string_view::npos; at = word.find(text, at + 1))
            found.push_back({at, text.size()});
    }
}

void add_passwords(std::string_view word, std::vector<Cut>& found) {
    for (std::size_t done = 0; done < word.size();) {
        const std::string_view password = url_password(word.substr(done));
        if (password.empty()) return;
        const auto at = static_cast<std::size_t>(password.data() - word.data());
        found.push_back({at, password.size()});
        done = at + password.size();
    }
}

/// "--hf-token": the next word is the secret.
bool asks_for_secret(std::string_view word) {
    if (!word.starts_with('-') || word.contains('=')) return false;
    return is_secret_name(word.substr(std::min(word.find_first_not_of('-'), word.size())));
}

/// In order, none in another, and at most max_cuts: the last takes all that is left.
std::vector<Cut> merged(std::vector<Cut> cuts) {
    std::ranges::sort(cuts, {}, &Cut::offset);
    std::vector<Cut> result;
    for (const Cut& cut : cuts) {
        const bool touches = !result.empty() && cut.offset <= result.back().offset + result.back().size;
        if (touches || result.size() == max_cuts)
            result.back().size =
                std::max(result.back().offset + result.back().size, cut.offset + cut.size) - result.back().offset;
        else
            result.push_back(cut);
    }
    return result;
}

}  // namespace

std::vector<Cut> cuts_of(const std::vector<std::string_view>& words, const std::vector<std::string>& texts) {
    std::vector<Cut> cuts;
    std::size_t at = 0;
    bool is_value = false;
    for (const std::string_view word : words) {
        std::vector<Cut> found;
        if (is_value && !word.starts_with('-') && !is_placeholder(word)) found.push_back({0, word.size()});
        is_value = asks_for_secret(word);
        add_named(word, found);
        add_known(word, texts, found);
        add_passwords(word, found);
        for (const Cut& cut : found)
            if (cut.size > 0) cuts.push_back({at + cut.offset, cut.size});
        at += word.size() + 1;
    }
    return merged(std::move(cuts));
}

std::string cuts_text(std::size_t line_size, const std::vector<Cut>& cuts) {
    std::string text = std::to_string(line_size);
    for (const Cut& cut : cuts) text += fmt::format(",{}+{}", cut.offset, cut.size);
    return text;
}

std::optional<std::vector<Cut>> parse_cuts(std::string_view text, std::size_t line_size) {
    std::vector<Cut> cuts;
    const std::vector<std::string_view> items = slurm_text::split(text);
    if (items.empty() || items.size() > max_cuts + 1 ||
        slurm_text::parse_number<std::uint64_t>(items.front()) != line_size)
        return std::nullopt;
    std::size_t end = 0;
    for (std::size_t i = 1; i < items.size(); ++i) {
        const std::size_t sign = items[i].find('+');
        if (sign == std::string_view::npos) return std::nullopt;
        const auto offset = slurm_text::parse_number<std::uint64_t>(items[i].substr(0, sign));
        const auto size = slurm_text::parse_number<std::uint64_t>(items[i].substr(sign + 1));
        if (!offset || !size || *size == 0 || *offset < end || *offset > line_size || *size > line_size - *offset)
            return std::nullopt;
        cuts.push_back({*offset, *size});
        end = *offset + *size;
    }
    return cuts;
}

std::string without(std::string_view line, const std::vector<Cut>& cuts) {
    std::string result;
    result.reserve(line.size());
    std::size_t done = 0;
    for (const Cut& cut : cuts) {
        result += line.substr(done, cut.offset - done);
        result += hidden;
        done = cut.offset + cut.size;
    }
    return result += line.substr(done);
}

}  // namespace recipe::secret
