// SPDX-License-Identifier: Apache-2.0
// Lists the codes, and prints them for people.
#include "diagnostic/codes.hpp"

#include "diagnostic/codes/compose.hpp"
#include "diagnostic/codes/launch.hpp"
#include "diagnostic/codes/layout.hpp"
#include "diagnostic/codes/model.hpp"
#include "diagnostic/codes/node.hpp"
#include "diagnostic/codes/submit.hpp"
#include "diagnostic/codes/tools.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <bit>
#include <type_traits>

namespace recipe::codes {
namespace {

/// A group of codes has no other members, and is an array of them.
template <class Group>
void add(std::vector<Code>& codes, const Group& group) {
    static_assert(std::is_trivially_copyable_v<Group> && sizeof(Group) % sizeof(Code) == 0);
    const auto rows = std::bit_cast<std::array<Code, sizeof(Group) / sizeof(Code)>>(group);
    codes.insert(codes.end(), rows.begin(), rows.end());
}

template <class... Groups>
std::vector<Code> rows_of(const Groups&... groups) {
    std::vector<Code> codes;
    (add(codes, groups), ...);
    return codes;
}

/// A | would end a cell.
std::string cell(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '|') escaped += '\\';
        escaped += c;
    }
    return escaped;
}

std::string code_cell(std::string_view text) {
    return text.empty() ? std::string() : fmt::format("`{}`", cell(text));
}

}  // namespace

const std::vector<Code>& all() {
    // Groups in the order in which a job meets them.
    static const std::vector<Code> codes =
        rows_of(compose, devices, precision, layout, batch, model, data, paths, environment, memory, launch, secret,
                resources, container, submit, controller, policy, cluster, rendezvous, node, plan, site, hardware,
                models, family, measurements, fit, doctor, api, cli, program);
    return codes;
}

const Code* find(std::string_view name) {
    const auto found = std::ranges::find(all(), name, &Code::name);
    return found == all().end() ? nullptr : &*found;
}

std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const Code& code : all()) names.emplace_back(code.name);
    return names;
}

std::string to_text(const Code& code) {
    std::string text = fmt::format("{}: {}\n\n{}{}\n", code.name, to_string(code.severity),
                                   code.is_rule ? "The rule: " : "", code.summary);
    text += fmt::format("Source: {}.\n",
                        code.source.ends_with('.') ? code.source.substr(0, code.source.size() - 1) : code.source);
    if (!code.example.empty())
        text += fmt::format("{}: {}\n", code.is_rule ? "Broken by" : "For example", code.example);
    if (code.is_rule && code.severity == Severity::error)
        text += code.fixed
                    ? "No job can be planned against it: neither a site nor --recipe-force changes that.\n"
                    : "--recipe-force makes it a warning for one job, unless the site's severities call it an error.\n";
    return text;
}

std::string to_markdown() {
    std::string text =
        "# Diagnostics\n\n"
        "Written by `srecipe explain --all`; do not edit.\n\n"
        "error: the job cannot work and is refused. warning: probably not meant; shown, and the job goes on. hint: "
        "good to know.\n"
        "Where a program's behaviour is not certain, a rule that is an error elsewhere is a warning. A site raises, "
        "lowers or\n"
        "silences a code in its `severities` (docs/site.md); `--recipe-force` makes warnings of the errors of rules "
        "for one job,\n"
        "except those marked *fixed*.\n";
    std::string_view group;
    for (const Code& code : all()) {
        if (code.group() != group) {
            group = code.group();
            text += fmt::format(
                "\n## {}\n\n| code | severity | | source | example |\n| --- | --- | --- | --- | --- |\n", group);
        }
        text += fmt::format("| `{}` | {}{} | {} | {} | {} |\n", code.name, to_string(code.severity),
                            code.fixed && code.is_rule ? ", *fixed*" : "", cell(code.summary), cell(code.source),
                            code_cell(code.example));
    }
    return text;
}

}  // namespace recipe::codes
