// SPDX-License-Identifier: Apache-2.0
// Writes what was composed, and what became of it, for the trace.
#include "planner/trace/stages.hpp"

#include "planner/secrets.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>

namespace recipe::planner {
namespace {

std::string_view name_of(Level level) {
    switch (level) {
        case Level::script:
            return "#SBATCH";
        case Level::environment:
            return "environment";
        case Level::command_line:
            break;
    }
    return "command line";
}

/// An override of the composition, by its number: those of Slurm options come after those that were given.
class Given {
public:
    Given(const Composition& composition, std::size_t index) : composition_(composition), index_(index) {}

    [[nodiscard]] std::string who() const {
        const std::size_t count = composition_.overrides.size();
        if (index_ >= count) return composition_.slurm_overrides[index_ - count].name;
        const LeveledOverride& given = composition_.overrides[index_];
        return given.level ? fmt::format("{} ({})", given.override.name, name_of(*given.level)) : given.override.name;
    }
    [[nodiscard]] std::string text() const {
        const std::size_t count = composition_.overrides.size();
        const std::string& text = index_ < count ? composition_.overrides[index_].override.text
                                                 : composition_.slurm_overrides[index_ - count].text;
        if (says_secret(composition_, index_, text))
            return text.substr(0, text.find('=') + 1) + std::string(secret::hidden);
        return secret::redacted(text, secret::values_of(composition_.secrets));
    }

private:
    const Composition& composition_;
    std::size_t index_;
};

std::vector<std::string_view> keys_of(const Composition& composition, std::size_t index) {
    std::vector<std::string_view> keys;
    for (const config::AppliedOverride& applied : composition.resolved.overrides)
        if (applied.index == index) keys.push_back(applied.key);
    return keys;
}

void trace_overrides(const Composition& composition) {
    const std::size_t count = composition.overrides.size() + composition.slurm_overrides.size();
    for (std::size_t i = 0; i < count; ++i)
        trace::debug([&] {
            const Given given(composition, i);
            return fmt::format("{}: {} sets {}", given.who(), given.text(), fmt::join(keys_of(composition, i), ", "));
        });
}

/// Of several overrides on one key the last wins.
void trace_winners(const Composition& composition) {
    const std::vector<config::AppliedOverride>& all = composition.resolved.overrides;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto later = std::find_if(all.begin() + static_cast<std::ptrdiff_t>(i) + 1, all.end(),
                                        [&](const auto& other) { return other.key == all[i].key; });
        if (later == all.end()) continue;
        trace::info([&] {
            return fmt::format("{}: {} wins over {}", all[i].key, Given(composition, later->index).who(),
                               Given(composition, all[i].index).who());
        });
    }
}

}  // namespace

void trace_composition(const Composition& composition) {
    if (!trace::enabled(trace::Level::info)) return;
    trace::info([&] {
        return fmt::format("recipe {} of {}", composition.resolved.recipe, composition.resolved.collection.string());
    });
    trace_overrides(composition);
    trace_winners(composition);
}

void trace_severities(const site::Settings& settings, const std::vector<std::string>& forced,
                      const Diagnostics& found) {
    if (!trace::enabled(trace::Level::info)) return;
    for (const Diagnostic& one : found) {
        if (const auto set = settings.severities.find(one.code.name()); set != settings.severities.end())
            trace::info([&] {
                return fmt::format("{}: {}, which the site makes {}", one.code.name(), to_string(one.severity),
                                   set->second ? to_string(*set->second) : "nothing");
            });
        if (std::ranges::find(forced, one.code.name()) != forced.end())
            trace::info([&] { return fmt::format("{}: a warning by force", one.code.name()); });
    }
}

void trace_stage(std::string_view name, trace::Stopwatch& watch) {
    trace::debug([&] { return fmt::format("{}: {:.2f} ms", name, watch.lap()); });
}

}  // namespace recipe::planner
