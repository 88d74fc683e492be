// SPDX-License-Identifier: Apache-2.0
// Addresses, branches and commits that git is given: none is an option, another protocol, or a command.
#include "plan/plan.hpp"
#include "require.hpp"
#include "slurm_text/shown_text.hpp"

#include <algorithm>
#include <string>

using namespace recipe;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    if (plan::url_problem(text).empty()) {
        const std::size_t scheme_end = text.find("://");
        const bool is_url = scheme_end != std::string_view::npos;
        const std::string_view rest = text.substr(is_url ? scheme_end + 3 : 0);
        const bool of_web = text.starts_with("http:") || text.starts_with("https:");
        const std::string_view authority = rest.substr(0, rest.find_first_of(of_web ? "/?#" : is_url ? "/" : ":"));
        const std::string_view path = rest.substr(std::min(rest.size(), authority.size() + 1));
        // A web server's path is no argument of another program; GitLab has some that begin so.
        const std::string_view host = authority.substr(authority.rfind('@') + 1);  // npos + 1 is 0
        require(!authority.starts_with('-') && !host.starts_with('-') && (of_web || !path.starts_with('-')),
                "no user, host or path is an option");
        const std::size_t colon = text.find(':');
        require(colon != std::string_view::npos, "an address has a host");
        require(!text.substr(colon).starts_with("::"), "no helper of git's is run");
        const std::string_view scheme = text.substr(0, colon);
        require(scheme == "https" || scheme == "http" || scheme == "ssh" || scheme == "file" || scheme.contains('@'),
                "an address has one of the schemes that are allowed");
    }
    if (plan::is_reference(text)) {
        require(!text.empty() && !text.starts_with('-'), "a branch is no option");
        require(!slurm_text::has_blank_or_control(text) && !text.contains(".."), "a branch is a name");
    }
    if (plan::is_commit(text))
        require(text.size() >= 7 && text.size() <= 64 &&
                    std::ranges::all_of(text, [](char c) { return ('0' <= c && c <= '9') || ('a' <= c && c <= 'f'); }),
                "a commit is a number");
    return 0;
}
