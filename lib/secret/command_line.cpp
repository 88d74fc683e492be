// SPDX-License-Identifier: Apache-2.0
// Secrets that somebody typed, in text that others may read: a command, which Slurm keeps with the job, and logs.
#include "secret/secret.hpp"

#include <algorithm>
#include <cctype>

namespace recipe::secret {
namespace {

bool is_of_name(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}
bool is_quote(char c) {
    return c == '"' || c == '\'';
}

/// The name that ends before `at`: of "git.token=", `token`.
std::string_view name_before(std::string_view line, std::size_t at) {
    std::size_t begin = at;
    while (begin > 0 && is_of_name(line[begin - 1])) --begin;
    return line.substr(begin, at - begin);
}

/// Where the value ends that begins at `at`: at its own closing quote, that of the word around it, or the end of the
/// word or of the item of a list or map.
std::size_t end_of_value(std::string_view line, std::size_t at, char quote_around) {
    if (at < line.size() && is_quote(line[at]) && line[at] != quote_around) {
        const std::size_t closing = line.find(line[at], at + 1);
        return closing == std::string_view::npos ? line.size() : closing + 1;
    }
    const std::string_view ends = quote_around == '\0' ? " \t" : std::string_view(&quote_around, 1);
    return std::min(line.find_first_of(ends, at), line.size());
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
        std::size_t begin = at + 1;
        while (c == ':' && begin < line.size() && line[begin] == ' ') ++begin;
        const std::size_t end = end_of_value(line, begin, quote_around);
        if (end == begin) continue;
        result += line.substr(at + 1, begin - at - 1);
        result += hidden;
        at = end - 1;
    }
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
