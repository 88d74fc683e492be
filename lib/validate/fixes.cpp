// SPDX-License-Identifier: Apache-2.0
// A fix that causes another error is no fix: fixes are tried on a copy of the configuration before they are shown.
#include "config/yaml/yaml.hpp"
#include "validate/rule.hpp"

#include <algorithm>
#include <limits>

namespace recipe::validate {
namespace {

using config::Value;

constexpr std::string_view prefix = "--recipe-set=";

/// One assignment of a fix.
struct Assignment {
    std::string key;
    std::string value;
};

/// The assignments of "--recipe-set=a.b=1 --recipe-set=++c=x"; nothing when the fix is of another kind, or has a value
/// that only a shell knows.
std::optional<std::vector<Assignment>> assignments_of(std::string_view fix) {
    std::vector<Assignment> all;
    while (!fix.empty()) {
        const std::size_t blank = std::min(fix.find(' '), fix.size());
        std::string_view word = fix.substr(0, blank);
        fix.remove_prefix(std::min(blank + 1, fix.size()));
        if (!word.starts_with(prefix)) return std::nullopt;
        word.remove_prefix(prefix.size());
        while (word.starts_with('+')) word.remove_prefix(1);
        const std::size_t equals = word.find('=');
        if (equals == std::string_view::npos || word.find_first_of("$'\"", equals) != std::string_view::npos)
            return std::nullopt;
        all.push_back({std::string(word.substr(0, equals)), std::string(word.substr(equals + 1))});
    }
    return all;
}

Value value_of(const std::string& text) {
    if (text == "null") return Value::null();
    if (text == "True" || text == "true" || text == "False" || text == "false")
        return Value::boolean(text.front() == 'T' || text.front() == 't');
    if (const auto integer = config::Integer::from_digits(text)) return Value::integer(*integer);
    if (text.starts_with('['))
        if (auto list = config::parse_yaml(text, {})) return std::move(*list);
    return Value::string(text);
}

void assign(Value& root, const Assignment& assignment) {
    std::string path = config::full_key(root, assignment.key);
    Value* map = &root;
    for (std::size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.')) {
        const std::string head = path.substr(0, dot);
        const Value* child = map->find(head);
        if (child == nullptr || !child->is_map()) map->set(Value::string(head), Value::map());
        map = map->find_mutable(head);
        path.erase(0, dot + 1);
    }
    map->set(Value::string(path), value_of(assignment.value));
}

std::ptrdiff_t count(const Diagnostics& all, Severity severity, DiagnosticCode code) {
    return std::ranges::count_if(
        all, [&](const Diagnostic& diagnostic) { return diagnostic.severity == severity && diagnostic.code == code; });
}

/// Codes of this severity that there are more of than before. The key may change: it is where the next fix would begin.
std::size_t brings(const Diagnostics& after, const Diagnostics& before, Severity severity) {
    return static_cast<std::size_t>(std::ranges::count_if(after, [&](const Diagnostic& later) {
        return later.severity == severity && count(after, severity, later.code) > count(before, severity, later.code);
    }));
}

}  // namespace

void keep_good_fixes(const Value& root, Diagnostics& diagnostics,
                     const std::vector<std::vector<std::string>>& other_fixes,
                     const std::function<Diagnostics(const Value&)>& rules_of) {
    const Diagnostics before = diagnostics;
    for (std::size_t index = 0; index < diagnostics.size(); ++index) {
        Diagnostic& diagnostic = diagnostics[index];
        if (diagnostic.severity != Severity::error) continue;
        std::vector<std::string> candidates{diagnostic.fix};
        candidates.insert(candidates.end(), other_fixes[index].begin(), other_fixes[index].end());
        diagnostic.fix.clear();
        std::size_t least_new = std::numeric_limits<std::size_t>::max();  // warnings that a fix brings
        for (const std::string& candidate : candidates) {
            if (candidate.empty()) continue;
            const auto assignments = assignments_of(candidate);
            std::size_t new_warnings = 0;
            if (assignments) {
                Value changed = root;
                for (const Assignment& assignment : *assignments) assign(changed, assignment);
                const Diagnostics after = rules_of(changed);
                const bool stays =
                    count(after, Severity::error, diagnostic.code) >= count(before, Severity::error, diagnostic.code);
                if (stays || brings(after, before, Severity::error) != 0) continue;
                new_warnings = brings(after, before, Severity::warning);
            }
            if (new_warnings >= least_new) continue;
            least_new = new_warnings;
            diagnostic.fix = candidate;
            if (new_warnings == 0) break;
        }
    }
}

}  // namespace recipe::validate
