// SPDX-License-Identifier: Apache-2.0
// What git may be given, and the code's part of the plan's wire form.
#include "plan/wire/fields.hpp"

#include "slurm_text/shown_text.hpp"

#include <array>
#include <cctype>

namespace recipe::plan {
namespace {

using config::Value;

constexpr std::size_t max_url_bytes = 2048;
constexpr std::size_t max_reference_bytes = 255;  // a file name below .git/refs
constexpr std::size_t shortest_commit = 7;
constexpr std::size_t sha1_digits = 40;
constexpr std::size_t sha256_digits = 64;

constexpr std::array<std::string_view, 4> schemes{"https://", "http://", "ssh://", "file://"};

bool is_alphanumeric(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

/// "git@example.org:team/code.git"
bool is_scp_form(std::string_view url) {
    const std::size_t at = url.find('@');
    const std::size_t colon = url.find(':');
    if (at == std::string_view::npos || colon == std::string_view::npos || at > colon || colon + 1 == url.size())
        return false;
    const auto is_name = [](std::string_view name) {
        return !name.empty() && name.front() != '-' &&
               std::ranges::all_of(name, [](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
    };
    // "a::b" names a helper program.
    return is_name(url.substr(0, at)) && is_name(url.substr(at + 1, colon - at - 1)) && url[colon + 1] != ':';
}

constexpr std::string_view begins_an_option =
    "its user, host or path begins with -, which git or ssh could take for an option";

/// Of "/-oProxyCommand=x", also behind more slashes.
bool path_begins_with_dash(std::string_view path) {
    const std::size_t first = path.find_first_not_of('/');
    return first != std::string_view::npos && path[first] == '-';
}

/// "a@b:--upload-pack=x", "-oProxyCommand=x@host:path"
bool scp_form_has_option(std::string_view url) {
    const std::size_t colon = url.find(':');
    const std::size_t at = url.substr(0, colon).find('@');
    if (colon == std::string_view::npos || at == std::string_view::npos) return false;
    return url.substr(at + 1).starts_with('-') || path_begins_with_dash(url.substr(colon + 1));
}

std::string authority_problem(std::string_view scheme, std::string_view rest) {
    // A web address may have a query; of any other git and ssh take all before the slash for a host.
    const std::string_view authority = rest.substr(0, rest.find_first_of(scheme.starts_with("http") ? "/?#" : "/"));
    if (scheme == "file://" && authority.empty() && path_begins_with_dash(rest)) return std::string(begins_an_option);
    if (scheme == "file://")
        return authority.empty() && rest.starts_with('/') ? "" : "after file:// an absolute path is expected";
    const std::size_t at = authority.rfind('@');
    const std::string_view user = at == std::string_view::npos ? std::string_view() : authority.substr(0, at);
    const std::string_view host = at == std::string_view::npos ? authority : authority.substr(at + 1);
    if (host.empty()) return "it names no host";
    // ssh, and the program at its other end, would take them for options.
    if (host.starts_with('-') || user.starts_with('-')) return std::string(begins_an_option);
    if (scheme == "ssh://" && path_begins_with_dash(rest.substr(authority.size())))
        return std::string(begins_an_option);
    if (scheme == "ssh://" && user.find(':') != std::string_view::npos) return "it holds a password";
    if (scheme != "ssh://" && at != std::string_view::npos) return "it holds a user's name or token";
    return {};
}

}  // namespace

std::string url_problem(std::string_view url) {
    if (url.empty() || url.size() > max_url_bytes)
        return fmt::format("it is empty, or longer than {} bytes", max_url_bytes);
    if (slurm_text::has_blank_or_control(url) || slurm_text::is_unsafe(url))
        return "it has blanks or control characters";
    if (url.front() == '-') return "git would take it for an option";
    for (const std::string_view scheme : schemes)
        if (url.starts_with(scheme)) return authority_problem(scheme, url.substr(scheme.size()));
    if (scp_form_has_option(url)) return std::string(begins_an_option);
    // To git "a@b://c" has the scheme a@b.
    if (is_scp_form(url) && !url.contains("://")) return {};
    return "it is neither an absolute path nor one of https://, http://, ssh://, file:// and git@HOST:PATH";
}

bool is_reference(std::string_view name) noexcept {
    if (name.empty() || name.size() > max_reference_bytes || name.front() == '-' || name == "@") return false;
    if (slurm_text::has_blank_or_control(name) || slurm_text::is_unsafe(name) ||
        name.find_first_of("~^:?*[\\") != std::string_view::npos)
        return false;
    for (const std::string_view pair : {"..", "//", "@{", "/."})
        if (name.find(pair) != std::string_view::npos) return false;
    if (name.front() == '/' || name.front() == '.' || name.ends_with('/') || name.ends_with('.')) return false;
    return !name.ends_with(".lock") && name.find(".lock/") == std::string_view::npos;
}

bool is_commit(std::string_view name) noexcept {
    const bool sized = (name.size() >= shortest_commit && name.size() <= sha1_digits) || name.size() == sha256_digits;
    return sized && std::ranges::all_of(name, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Value code_value(const Code& code) {
    Value map = Value::map();
    put(map, "url", text(code.url));
    if (code.branch) put(map, "branch", text(*code.branch));
    if (code.commit) put(map, "commit", text(*code.commit));
    if (code.token_file) put(map, "token_file", text(*code.token_file));
    return map;
}

Code read_code(const Value& value, std::string& problem) {
    Reader reader(value, "code", problem);
    Code code{.url = reader.string("url", max_url_bytes), .branch = {}, .commit = {}, .token_file = {}};
    if (reader.has("branch")) code.branch = reader.string("branch", max_reference_bytes);
    if (reader.has("commit")) code.commit = reader.string("commit", sha256_digits);
    if (reader.has("token_file")) code.token_file = reader.string("token_file", max_path_bytes);
    if (!url_problem(code.url).empty()) reader.fail("has a url that git may not be given");
    if (code.branch && !is_reference(*code.branch)) reader.fail("has a branch that git may not be given");
    if (code.commit && !is_commit(*code.commit)) reader.fail("has a commit that is none");
    if (code.token_file && !code.token_file->starts_with('/')) reader.fail("has a token_file that is not absolute");
    return code;
}

}  // namespace recipe::plan
