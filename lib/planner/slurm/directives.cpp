// SPDX-License-Identifier: Apache-2.0
// Reads #SBATCH lines as sbatch does, and those that it passes over.
#include "planner/slurm/directives.hpp"

#include "diagnostic/diagnostic.hpp"

#include <algorithm>
#include <optional>

namespace recipe::planner {
namespace {

constexpr std::string_view blanks = " \t\r\f\v";
// The second is an old spelling that sbatch still reads, with a message of its own.
constexpr std::string_view magic_words[] = {"#SBATCH", "#SLURM"};

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_name_character(char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (text = trimmed(text); !text.empty() && text.front() != '#';) {
        const std::string_view word = text.substr(0, text.find_first_of(blanks));
        words.emplace_back(word);
        text = trimmed(text.substr(word.size()));
    }
    return words;
}

/// Options alone, and their values: no `sbatch --recipe=x train.sh` that somebody noted or switched off.
bool are_options(const std::vector<std::string>& words) {
    if (words.empty() || !words.front().starts_with('-')) return false;
    const std::string& last = words.back();
    if (last.starts_with('-')) return true;
    const std::string& before = words[words.size() - 2];
    return before.starts_with('-') && before.find('=') == std::string::npos;
}

/// Words of an #SBATCH line or of one that is nearly so; empty where it is neither.
std::vector<std::string> options_of(std::string_view line) {
    for (const std::string_view magic : magic_words)
        if (line.starts_with(magic)) return words_of(line.substr(magic.size()));
    line = trimmed(line);
    const std::string_view after = trimmed(line.substr(1));
    const std::string_view name(after.begin(), std::ranges::find_if_not(after, is_letter));
    std::string capitals(name);
    std::ranges::transform(capitals, capitals.begin(),
                           [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
    if (nearest(capitals, {"SBATCH", "SLURM"}).empty()) return {};
    // "# sbatch ..." is a sentence or a command.
    if (capitals != name && !line.substr(1).starts_with(name)) return {};
    std::string_view rest = after.substr(name.size());
    while (rest.starts_with(':') || rest.starts_with('=')) rest.remove_prefix(1);
    std::vector<std::string> words = words_of(rest);
    if (!are_options(words)) return {};
    return words;
}

bool is_read_form(std::string_view line) {
    return std::ranges::any_of(magic_words, [&](std::string_view magic) { return line.starts_with(magic); });
}

/// The word that ends the here-document that a command begins, if it begins one.
std::optional<std::string_view> here_document_end(std::string_view command) {
    const std::size_t at = command.find("<<");
    if (at == std::string_view::npos) return std::nullopt;
    std::string_view rest = command.substr(at + 2);
    if (rest.starts_with('<')) return std::nullopt;  // a here-string
    if (rest.starts_with('-')) rest.remove_prefix(1);
    rest = trimmed(rest);
    if (rest.starts_with('\'') || rest.starts_with('"') || rest.starts_with('\\')) rest.remove_prefix(1);
    const auto end = std::ranges::find_if_not(rest, is_name_character);
    if (end == rest.begin()) return std::nullopt;
    return std::string_view(rest.begin(), end);
}

class Lines {
public:
    explicit Lines(std::string_view text) : rest_(text) {}

    bool next() {
        if (rest_.empty()) return false;
        const std::size_t end = std::min(rest_.find('\n'), rest_.size());
        line_ = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        ++number_;
        return true;
    }
    /// To the line that is this word, where there is one: `a << b` of another language begins no here-document.
    void skip_to(std::string_view word) {
        Lines ahead = *this;
        while (ahead.next())
            if (trimmed(ahead.line_) == word) {
                *this = ahead;
                return;
            }
    }
    [[nodiscard]] std::string_view line() const { return line_; }
    [[nodiscard]] int number() const { return number_; }

private:
    std::string_view rest_;
    std::string_view line_{};
    int number_ = 0;
};

}  // namespace

std::vector<Directive> find_directives(std::string_view script, std::string_view option_prefix) {
    std::vector<Directive> directives;
    int command_line = 0;
    for (Lines lines(script); lines.next();) {
        const std::string_view line = trimmed(lines.line());
        if (line.empty()) continue;
        if (line.front() != '#') {
            if (command_line == 0) command_line = lines.number();
            if (const auto end = here_document_end(line)) lines.skip_to(*end);
            continue;
        }
        if (command_line != 0 && line.starts_with("#!")) break;
        std::vector<std::string> options = options_of(lines.line());
        const auto wanted = [&](const std::string& word) { return word.starts_with(option_prefix); };
        if (std::ranges::none_of(options, wanted)) continue;
        Directive::State state = Directive::State::misspelt;
        if (is_read_form(lines.line()))
            state = command_line == 0 ? Directive::State::read : Directive::State::after_command;
        directives.push_back({.state = state,
                              .line = lines.number(),
                              .command_line = command_line,
                              .text = std::string(line),
                              .options = std::move(options)});
    }
    return directives;
}

}  // namespace recipe::planner
