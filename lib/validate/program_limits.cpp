// What the entry script itself says that it does not do.
#include "validate/rule.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace recipe::validate {
namespace {

bool has_limits(const Subject& s) { return s.program_limits != nullptr && s.program_limits->at("allowed") != nullptr; }

/// The one value that there is, or the one that was probably meant; none where a guess could do harm.
std::string nearest_allowed(const Subject& s, const Found& found, const std::string& given, std::vector<std::string> allowed) {
    std::erase(allowed, "null");
    if (allowed.empty()) return s.set(found, "null");
    if (allowed.size() == 1) return s.set(found, allowed.front());
    std::vector<std::string> meant;
    for (const std::string& value : allowed)
        if (value.starts_with(given) || given.starts_with(value)) meant.push_back(value);
    if (meant.empty()) meant = nearest(given, allowed, 1);
    return meant.size() == 1 ? s.set(found, meant.front()) : std::string();
}

Findings unsupported(const Subject& s) {
    Findings findings;
    for (const config::Entry& limit : s.program_limits->at("allowed")->entries()) {
        const std::string* path = limit.key.as_string();
        if (path == nullptr || !limit.value.is_list()) continue;
        const Found found = s.find(*path);
        if (!found.given()) continue;
        // As texts, so that 32 and "32" are one: the program has the last word.
        const std::string given = config::to_python_text(*found.value);
        std::vector<std::string> allowed;
        for (const config::Value& value : limit.value.items()) {
            std::string text = value.is_null() ? "null" : config::to_python_text(value);
            if (std::ranges::find(allowed, text) == allowed.end()) allowed.push_back(std::move(text));
        }
        if (allowed.empty() || std::ranges::find(allowed, given) != allowed.end()) continue;
        findings.push_back({.at = found,
                            .message = fmt::format("{} is {}, but the entry script takes {} only", found.key, shown(*found.value),
                                                   fmt::join(allowed, ", ")),
                            .fix = nearest_allowed(s, found, given, allowed)});
    }
    return findings;
}

constexpr std::array<Rule, 1> table{{
    {{"program.unsupported", "The recipe asks the entry script for nothing that this does not do.",
      "limits.yaml beside the entry script: `allowed` has the values that a key may have; the script refuses others by itself"},
     has_limits,
     unsupported},
}};

}  // namespace

std::span<const Rule> program_limits_rules() { return table; }

}  // namespace recipe::validate
