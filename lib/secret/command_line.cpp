// SPDX-License-Identifier: Apache-2.0
// Secrets that somebody typed, in text that others may read: a command, which Slurm keeps with the job, and logs.
#include "secret/secret.hpp"

#include <algorithm>
#include <cctype>

namespace recipe::secret {
namespace {

constexpr std::size_t longest_name = 256;

bool is_of_name(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}
bool is_quote(char c) {
    return c == '"' || c == '\'';
}
bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n';
}

/// The name that ends before `at`: of "git.token=", `token`. One that is too long for a secret's is empty.
std::string_view name_before(std::string_view line, std::size_t at) {
    std::size_t begin = at;
    while (begin > 0 && is_of_name(line[begin - 1])) {
        if (at - begin == longest_name) return {};
        --begin;
    }
    while (begin < at && line[begin] == '-') ++begin;
    return line.substr(begin, at - begin);
}

std::size_t after_blanks(std::string_view line, std::size_t at) {
    while (at < line.size() && is_blank(line[at])) ++at;
    return at;
}

/// Behind the quote that closes the one at `at`.
std::size_t after_quote(std::string_view line, std::size_t at) {
    const std::size_t closing = line.find(line[at], at + 1);
    return closing == std::string_view::npos ? line.size() : closing + 1;
}

/// Behind the bracket that closes the one at `at`.
std::size_t after_bracket(std::string_view line, std::size_t at) {
    int depth = 0;
    for (; at < line.size(); ++at) {
        const char c = line[at];
        depth += (c == '[' || c == '{') - (c == ']' || c == '}');
        if (depth == 0) return at + 1;
    }
    return line.size();
}

/// Where the value ends that begins at `at`: at its own closing quote or bracket, the quote of the word around it, or
/// the end of the word or of the item of a list or map.
std::size_t end_of_value(std::string_view line, std::size_t at, char quote_around) {
    if (at < line.size() && is_quote(line[at]) && line[at] != quote_around) return after_quote(line, at);
    if (at < line.size() && (line[at] == '[' || line[at] == '{')) return after_bracket(line, at);
    const std::string_view ends = quote_around == '\0' ? " \t" : std::string_view(&quote_around, 1);
    return std::min(line.find_first_of(ends, at), line.size());
}

/// The next option of a command from `at` on, with the blank before it, or the end.
std::size_t next_option(std::string_view line, std::size_t at) {
    while (true) {
        at = line.find(" -", at);
        if (at == std::string_view::npos) return line.size();
        if (at + 2 < line.size() &&
            (line[at + 2] == '-' || std::isalpha(static_cast<unsigned char>(line[at + 2])) != 0))
            return at;
        at += 2;
    }
}

/// "--hf-token" before a blank: the value is the next word.
bool is_option_before(std::string_view line, std::size_t blank) {
    std::size_t begin = blank;
    while (begin > 0 && is_of_name(line[begin - 1]) && blank - begin <= longest_name) --begin;
    return begin < blank && line[begin] == '-' && (begin == 0 || is_blank(line[begin - 1])) &&
           is_secret_name(name_before(line, blank));
}

/// What stands between the `:` and the `@` of a URL's host, from `at` on; empty: nothing.
Cut next_url_password(std::string_view line, std::size_t at) {
    const std::string_view password = url_password(line.substr(at));
    if (password.empty()) return {.offset = line.size(), .size = 0};
    return {.offset = static_cast<std::size_t>(password.data() - line.data()), .size = password.size()};
}

/// With *** before each URL's host that has a password.
std::string without_url_passwords(std::string_view line) {
    std::string result;
    std::size_t done = 0;
    for (Cut found = next_url_password(line, 0); found.size > 0; found = next_url_password(line, done)) {
        result += line.substr(done, found.offset - done);
        result += hidden;
        done = found.offset + found.size;
    }
    return result += line.substr(done);
}

}  // namespace

std::string redacted_command_line(std::string_view line) {
    std::string result;
    char quote_around = '\0';
    for (std::size_t at = 0; at < line.size(); ++at) {
        const char c = line[at];
        result += c;
        if (is_quote(c)) {
            if (quote_around == '\0')
                quote_around = c;
            else if (quote_around == c)
                quote_around = '\0';
        }
        if ((c != '=' && c != ':') || !is_secret_name(name_before(line, at))) continue;
        const std::size_t begin = after_blanks(line, at + 1);
        const std::size_t end = end_of_value(line, begin, quote_around);
        if (end == begin) continue;
        result += line.substr(at + 1, begin - at - 1);
        result += hidden;
        at = end - 1;
    }
    return result;
}

std::string redacted_submit_line(std::string_view line) {
    const bool whole = line.size() <= longest_searched_line;
    line = line.substr(0, longest_searched_line);
    std::string result;
    result.reserve(line.size());
    for (std::size_t at = 0; at < line.size(); ++at) {
        const char c = line[at];
        result += c;
        const bool names = (c == '=' || c == ':') && is_secret_name(name_before(line, at));
        if (!names && !(c == ' ' && is_option_before(line, at))) continue;
        const std::size_t begin = after_blanks(line, at + 1);
        if (begin >= line.size()) continue;
        // What a value in quotes holds is no option; and an option is no value.
        const std::size_t from = is_quote(line[begin]) ? after_quote(line, begin) : c == ' ' ? at : at + 1;
        if (const std::size_t end = next_option(line, from); end > begin) {
            result += line.substr(at + 1, begin - at - 1);
            result += hidden;
            at = end - 1;
        }
    }
    result = without_url_passwords(result);
    if (!whole) result += hidden;
    return result;
}

std::string redacted_line(std::string_view line) {
    constexpr std::string_view after_scheme = "://";
    constexpr std::string_view ends_of_authority = "/?# \t\"'";
    const std::string named = redacted_command_line(line);
    std::string_view rest = named;
    std::string result;
    while (true) {
        const std::size_t scheme = rest.find(after_scheme);
        if (scheme == std::string_view::npos) return result.append(rest);
        const std::size_t begin = scheme + after_scheme.size();
        result += rest.substr(0, begin);
        rest.remove_prefix(begin);
        const std::size_t sign = rest.substr(0, rest.find_first_of(ends_of_authority)).rfind('@');
        if (sign == std::string_view::npos) continue;
        result += hidden;
        rest.remove_prefix(sign);
    }
}

}  // namespace recipe::secret
