// SPDX-License-Identifier: Apache-2.0
// Makes one diagnostic of those that have one cause.
#include "planner/refusal/causes.hpp"

#include "diagnostic/codes/submit.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <vector>

namespace recipe::planner {
namespace {

using config::Value;

constexpr std::size_t most_named = 3;  // consequences in a message
constexpr std::size_t max_steps = 16;  // from a value to where its beginning is written

bool follows_from(const Diagnostic& cause, const Diagnostic& other) {
    return std::ranges::any_of(cause.explains, [&](const Explained& explained) {
        return explained.what == Explained::What::group ? other.code.group() == explained.name
                                                        : other.key.starts_with(explained.name + '.');
    });
}

/// "; model.hidden_size is not set …; … (and 8 more)": where the reader cannot tell from the cause.
void name_consequences(Diagnostic& cause, const Diagnostics& consequences) {
    std::vector<std::string_view> named;
    for (const Diagnostic& each : consequences)
        if (each.severity == cause.severity && named.size() < most_named) named.push_back(each.message);
    cause.message += fmt::format("; it would say: {}", fmt::join(named, "; "));
    if (consequences.size() > named.size())
        cause.message += fmt::format(" (and {} more)", consequences.size() - named.size());
}

// --- interpolated paths --------------------------------------------------------------------------------------------

/// "b.c" of "${b.c}/d", as it is written; empty where the text does not begin so.
std::string_view leading_reference(std::string_view text) {
    constexpr std::string_view opening = "${";
    if (!text.starts_with(opening)) return {};
    const std::string_view reference = text.substr(opening.size(), text.find('}') - opening.size());
    return reference.find_first_of(":${[") == std::string_view::npos ? reference : std::string_view();
}

/// The key that a reference in the value of `key` means.
std::string full_reference(const std::string& key, std::string_view reference) {
    const std::size_t dots = std::min(reference.find_first_not_of('.'), reference.size());
    if (dots == 0) return std::string(reference);
    std::string parent = key;
    for (std::size_t i = 0; i < dots; ++i) parent.resize(std::min(parent.rfind('.'), parent.size()));
    if (dots > static_cast<std::size_t>(std::ranges::count(key, '.'))) parent.clear();
    const std::string name(reference.substr(dots));
    return parent.empty() ? name : parent + '.' + name;
}

/// "--recipe-set=b=$PWD/x" of "--recipe-set=a=$PWD/x/y", where a is ${b}/y.
std::string fix_at(const std::string& fix, const std::string& from, const std::string& to, const std::string& text) {
    const std::string_view prefix = "--recipe-set=";
    constexpr std::string_view here = "=$PWD/";
    const std::size_t directory = fix.find(here);
    if (!fix.starts_with(prefix) || directory == std::string::npos || fix.find(from) == std::string::npos) return fix;
    return fmt::format("{}{}{}{}", prefix, to, here, text);
}

struct Blamed {
    std::size_t index;   // of the diagnostic
    std::string origin;  // from the root
};

std::vector<Blamed> blamed(const Value& unresolved, const Diagnostics& diagnostics) {
    std::vector<Blamed> found;
    for (std::size_t index = 0; index < diagnostics.size(); ++index) {
        const Diagnostic& d = diagnostics[index];
        if (d.severity == Severity::error && d.code.group() == "paths" && !d.key.empty())
            found.push_back({index, origin_of(unresolved, config::full_key(unresolved, d.key), false)});
    }
    return found;
}

/// "base_results_dir is runs, so that run.results_dir is runs/x, which …"
void move_to(const Value& unresolved, const std::string& origin, Diagnostic& diagnostic) {
    const Value* value = unresolved.at(origin);
    const std::string key = config::typed_key(unresolved, origin);
    if (value == nullptr || key == diagnostic.key) return;
    const std::string text = value->is_null() ? "not set" : config::to_python_text(*value);
    if (!diagnostic.message.contains(key))
        diagnostic.message = fmt::format("{} is {}, so that {}", key, text, diagnostic.message);
    diagnostic.fix = fix_at(diagnostic.fix, diagnostic.key, key, text);
    diagnostic.source = value->position().source();
    diagnostic.key = key;
}

}  // namespace

void leave_to_causes(Diagnostics& diagnostics) {
    for (std::size_t at = 0; at < diagnostics.size(); ++at) {
        if (diagnostics[at].explains.empty()) continue;
        Diagnostic cause = diagnostics[at];
        // What the wrong program would say is of no use where none of ours runs.
        const bool is_plain = cause.code == codes::submit.platform ||
                              std::ranges::none_of(cause.explains, [](const Explained& explained) {
                                  return explained.what == Explained::What::group;
                              });
        Diagnostics consequences;
        Diagnostics rest;
        std::size_t place = 0;
        for (std::size_t index = 0; index < diagnostics.size(); ++index) {
            if (index == at) place = rest.size();
            if (index != at)
                (follows_from(cause, diagnostics[index]) ? consequences : rest).push_back(diagnostics[index]);
        }
        if (consequences.empty()) continue;
        // What follows from a consequence follows from the cause.
        for (const Diagnostic& each : consequences) {
            cause.severity = std::max(cause.severity, each.severity);
            cause.explains.insert(cause.explains.end(), each.explains.begin(), each.explains.end());
        }
        if (!is_plain) name_consequences(cause, consequences);
        rest.insert(rest.begin() + static_cast<std::ptrdiff_t>(place), std::move(cause));
        diagnostics = std::move(rest);
        at = place - 1;  // again, for what the consequences explain
    }
}

std::string origin_of(const Value& unresolved, std::string key, bool whole) {
    for (std::size_t steps = 0; steps < max_steps; ++steps) {
        const Value* value = unresolved.at(key);
        const std::string* text = value != nullptr ? value->as_string() : nullptr;
        const std::string_view reference = text != nullptr ? leading_reference(*text) : std::string_view();
        const bool is_whole = reference.size() + std::string_view("${}").size() == (text != nullptr ? text->size() : 0);
        if (reference.empty() || (whole && !is_whole)) break;
        std::string next = full_reference(key, reference);
        if (unresolved.at(next) == nullptr) break;
        key = std::move(next);
    }
    return key;
}

void blame_origins(const Value& unresolved, Diagnostics& diagnostics) {
    std::vector<Blamed> found = blamed(unresolved, diagnostics);
    std::vector<std::size_t> dropped;
    for (std::size_t first = 0; first < found.size(); ++first) {
        if (std::ranges::find(dropped, found[first].index) != dropped.end()) continue;
        Diagnostic& cause = diagnostics[found[first].index];
        std::vector<std::string> others;
        for (std::size_t later = first + 1; later < found.size(); ++later) {
            if (found[later].origin != found[first].origin) continue;
            const Diagnostic& other = diagnostics[found[later].index];
            dropped.push_back(found[later].index);
            if (other.key != cause.key) others.push_back(other.key);
        }
        move_to(unresolved, found[first].origin, cause);
        if (!others.empty())
            cause.message += fmt::format(" (so {} {})", others.size() == 1 ? "is" : "are", fmt::join(others, ", "));
    }
    std::ranges::sort(dropped, std::ranges::greater{});
    for (const std::size_t index : dropped) diagnostics.erase(diagnostics.begin() + static_cast<std::ptrdiff_t>(index));
}

void add_consequence(Diagnostic& cause, const Diagnostic& consequence) {
    const bool names_key = consequence.key.empty() || consequence.message.starts_with(consequence.key);
    cause.message += fmt::format("; also: {}{} [{}]", names_key ? "" : consequence.key + ": ", consequence.message,
                                 consequence.code.name());
}

}  // namespace recipe::planner
