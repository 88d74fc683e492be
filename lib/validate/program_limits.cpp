// What the entry script itself says that it does not do.
#include "validate/rule.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace recipe::validate {
namespace {

bool has_limits(const Subject& s) { return s.program_limits != nullptr && s.program_limits->at("allowed") != nullptr; }

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
        for (const config::Value& value : limit.value.items())
            allowed.push_back(value.is_null() ? "null" : config::to_python_text(value));
        if (allowed.empty() || std::ranges::find(allowed, given) != allowed.end()) continue;
        findings.push_back({.at = found,
                            .message = fmt::format("{} is {}, but the entry script takes {} only", found.key, shown(*found.value),
                                                   fmt::join(allowed, ", ")),
                            .fix = s.set(found, allowed.front())});
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
