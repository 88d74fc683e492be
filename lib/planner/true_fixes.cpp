// SPDX-License-Identifier: Apache-2.0
// Tries fixes on the request that they are for.
#include "planner/true_fixes.hpp"

#include "planner/slurm/reconcile_options.hpp"
#include "slurm_text/shell_words.hpp"
#include "trace/trace.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

namespace recipe::planner {
namespace {

constexpr std::string_view prefix = "--recipe-set=";
/// A composition takes a fraction of a millisecond; a hundred errors are one mistake.
constexpr std::size_t max_trials = 16;
/// What begins so stands for a path of the reader's own.
constexpr std::string_view shared_directory = "/SHARED/";

/// Whether only the reader knows what belongs there, and nothing can stand in for it.
bool is_a_form(std::string_view fix) {
    constexpr std::array<std::string_view, 4> forms{"//HOST/", "…", "=VALUE", "=FILE"};
    return std::ranges::any_of(forms, [&](std::string_view form) { return fix.contains(form); });
}

std::optional<std::vector<std::string>> sets_of(std::string_view fix) {
    if (!fix.starts_with(prefix) || is_a_form(fix)) return std::nullopt;
    auto words = slurm_text::shell_words(fix);
    if (!words || words->empty()) return std::nullopt;
    for (std::string& word : *words) {
        if (!word.starts_with(prefix)) return std::nullopt;
        word.erase(0, prefix.size());
    }
    return words;
}

bool may_be_tried(const Diagnostic& diagnostic) {
    return diagnostic.severity != Severity::hint && sets_of(diagnostic.fix).has_value();
}

std::ptrdiff_t count(const Diagnostics& all, DiagnosticCode code, Severity least) {
    return std::ranges::count_if(all, [&](const Diagnostic& d) { return d.severity >= least && d.code == code; });
}

bool brings(const Diagnostics& after, const Diagnostics& before, Severity least) {
    return std::ranges::any_of(after, [&](const Diagnostic& d) {
        return d.severity >= least && count(after, d.code, least) > count(before, d.code, least);
    });
}

/// Of what the rules say.
bool is_true(const Trial& before, const Trial& after, const Diagnostic& diagnostic) {
    const Severity least = diagnostic.severity;
    if (!after.composed || count(after.found, diagnostic.code, least) >= count(before.found, diagnostic.code, least))
        return false;
    if (!before.composed) return true;  // what the rules say of it was not known before
    if (brings(after.found, before.found, least) || after.family != before.family) return false;
    return std::ranges::includes(after.rules, before.kept);
}

// --- what was typed wrongly ----------------------------------------------------------------------------------------

constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

/// Which of the request's --recipe-sets a refused override is.
std::size_t typed_at(const SubmitRequest& request, const Diagnostic& diagnostic) {
    if (diagnostic.code.group() != "compose" || diagnostic.source.line != 0) return nowhere;
    const std::vector<LeveledOverride> overrides = overrides_of(request);
    for (std::size_t at = request.inherited_overrides.size(); at < overrides.size(); ++at)
        if (overrides[at].override.name == diagnostic.source.name) return at - request.inherited_overrides.size();
    return nowhere;
}

/// "trainer.num_nodes" of "++recipes.trainer.num_nodes=4".
std::string_view key_of(std::string_view set) {
    set = set.substr(0, set.find('='));
    set.remove_prefix(std::min(set.find_first_not_of("+~"), set.size()));
    constexpr std::string_view root = "recipes.";
    return set.starts_with(root) ? set.substr(root.size()) : set;
}

/// Whether nothing is said of the override that took the place of the one at `source`. What is added is read.
bool is_accepted(const Trial& after, const std::string& source, const std::vector<std::string>& sets) {
    return std::ranges::none_of(after.found, [&](const Diagnostic& d) {
        const bool about = d.source.name == source || std::ranges::any_of(sets, [&](const std::string& set) {
                               return !d.key.empty() && key_of(d.key) == key_of(set);
                           });
        return about && d.severity >= (sets.front().starts_with('+') ? Severity::hint : Severity::error);
    });
}

/// The request as the fix has it.
class Changed {
public:
    Changed(const SubmitRequest& request, std::size_t at, const std::vector<std::string>& sets) : request_(request) {
        request_.notes.clear();
        if (at != nowhere) {
            // The place keeps its name: the others are numbered as before.
            request_.sets[at].text = sets.front();
            for (std::size_t i = 1; i < sets.size(); ++i) add(sets[i]);
        } else {
            for (const std::string& set : sets) add(set);
        }
        if (std::ranges::any_of(sets, [](const std::string& set) { return set.contains(shared_directory); }))
            request_.host.status_of = with_directory(request.host.status_of);
        for (const std::string& set : sets) export_variables(set);
    }

    [[nodiscard]] const SubmitRequest& request() const noexcept { return request_; }

private:
    void add(const std::string& set) { request_.sets.push_back({.text = set}); }

    /// Those that the reader is to export; the value of one is nobody's business.
    void export_variables(std::string_view set) {
        constexpr std::string_view opening = "${oc.env:";
        for (std::size_t at = set.find(opening); at != std::string_view::npos; at = set.find(opening, at + 1)) {
            const std::size_t name = at + opening.size();
            request_.environment.emplace(set.substr(name, set.find_first_of(",}", name) - name), "-");
        }
    }

    using StatusOf = std::function<storage::PathStatus(const std::string& path)>;

    static StatusOf with_directory(const StatusOf& status_of) {
        return [status_of](const std::string& path) {
            if (!path.starts_with(shared_directory)) return status_of(path);
            return storage::PathStatus{
                .exists = true, .is_directory = true, .nearest = path, .type = "nfs", .free_bytes = 1e18};
        };
    }

    SubmitRequest request_;
};

}  // namespace

bool has_fix_to_try(const Diagnostics& diagnostics) {
    return std::ranges::any_of(diagnostics, may_be_tried);
}

void keep_true_fixes(const SubmitRequest& request, const Trial& before,
                     const std::function<Trial(const SubmitRequest&)>& run, Diagnostics& diagnostics) {
    std::size_t trials = 0;
    for (Diagnostic& diagnostic : diagnostics) {
        if (!may_be_tried(diagnostic)) continue;
        if (++trials > max_trials) {
            diagnostic.fix.clear();
            continue;
        }
        const std::vector<std::string> sets = *sets_of(diagnostic.fix);
        const std::size_t at = typed_at(request, diagnostic);
        const Trial after = run(Changed(request, at, sets).request());
        const bool holds =
            at != nowhere ? is_accepted(after, diagnostic.source.name, sets) : is_true(before, after, diagnostic);
        trace::debug([&] {
            return fmt::format("tried the fix of {}: {}", diagnostic.code.name(), holds ? "it holds" : "it does not");
        });
        if (!holds) diagnostic.fix.clear();
    }
}

}  // namespace recipe::planner
