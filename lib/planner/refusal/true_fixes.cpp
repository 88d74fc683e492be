// SPDX-License-Identifier: Apache-2.0
// Tries fixes on the request that they are for.
#include "planner/refusal/true_fixes.hpp"

#include "planner/refusal/causes.hpp"
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

/// The --recipe-sets of a fix as the shell of this request hands them on.
std::optional<std::vector<std::string>> sets_of(const SubmitRequest& request, std::string_view fix) {
    if (!fix.starts_with(prefix) || is_a_form(fix)) return std::nullopt;
    std::string line(fix);
    constexpr std::string_view here = "=$PWD/";
    for (std::size_t at = line.find(here); at != std::string::npos; at = line.find(here))
        line.replace(at + 1, here.size() - 2, request.working_directory.string());
    auto words = slurm_text::shell_words(line);
    if (!words || words->empty()) return std::nullopt;
    for (std::string& word : *words) {
        if (!word.starts_with(prefix)) return std::nullopt;
        word.erase(0, prefix.size());
    }
    return words;
}

bool may_be_tried(const SubmitRequest& request, const Diagnostic& diagnostic) {
    return diagnostic.severity != Severity::hint && sets_of(request, diagnostic.fix).has_value();
}

std::ptrdiff_t count(const Diagnostics& all, DiagnosticCode code, Severity least) {
    return std::ranges::count_if(all, [&](const Diagnostic& d) { return d.severity >= least && d.code == code; });
}

bool brings(const Diagnostics& after, const Diagnostics& before, Severity least) {
    return std::ranges::any_of(after, [&](const Diagnostic& d) {
        return d.severity >= least && count(after, d.code, least) > count(before, d.code, least);
    });
}

bool explains_group(const Diagnostic& diagnostic, std::string_view group) {
    return std::ranges::any_of(diagnostic.explains, [&](const Explained& explained) {
        return explained.what == Explained::What::group && explained.name == group;
    });
}

/// Of what the rules say.
bool is_true(const Trial& before, const Trial& after, const Diagnostic& diagnostic) {
    const Severity least = diagnostic.severity;
    if (!after.composed || count(after.found, diagnostic.code, least) >= count(before.found, diagnostic.code, least))
        return false;
    if (!before.composed) return true;  // what the rules say of it was not known before
    if (brings(after.found, before.found, least) || after.family != before.family) return false;
    using Memory = validate::Result::Memory;
    if (before.memory == Memory::known && after.memory == Memory::unknown) return false;
    // What one program demands, another need not.
    return std::ranges::all_of(before.kept, [&](std::string_view rule) {
        return after.rules.contains(rule) || explains_group(diagnostic, rule.substr(0, rule.find('.')));
    });
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

// --- what has the same cause ---------------------------------------------------------------------------------------

bool sets_key(const std::vector<std::string>& sets, std::string_view key) {
    return !key.empty() &&
           std::ranges::any_of(sets, [&](const std::string& set) { return key_of(set) == key_of(key); });
}

/// The later errors that are gone with the fix of this one, and that rest on the key that it refuses. What the memory
/// model says rests on the whole recipe.
class Folding {
public:
    Folding(const SubmitRequest& request, const OriginOf& origin_of, Diagnostics& diagnostics)
        : request_(request), origin_of_(origin_of), diagnostics_(diagnostics) {}

    void fold_into(std::size_t cause, const std::vector<std::string>& sets, const Trial& after) {
        const std::string key = diagnostics_[cause].key;
        if (!sets_key(sets, key)) return;
        for (std::size_t index = cause + 1; index < diagnostics_.size();) {
            const Diagnostic& later = diagnostics_[index];
            if (later.severity != Severity::error || later.code.group() == "memory" || is_there(later, after) ||
                !(sets.size() == 1 || rests_on(later, key))) {
                ++index;
                continue;
            }
            add_consequence(diagnostics_[cause], later);
            diagnostics_.erase(diagnostics_.begin() + static_cast<std::ptrdiff_t>(index));
        }
    }

private:
    static bool is_there(const Diagnostic& d, const Trial& after) {
        return std::ranges::any_of(after.found, [&](const Diagnostic& later) {
            return later.severity == Severity::error && later.code == d.code && key_of(later.key) == key_of(d.key);
        });
    }

    /// It blames the key as well, or has its value, or would change it.
    [[nodiscard]] bool rests_on(const Diagnostic& later, const std::string& key) const {
        const auto sets = sets_of(request_, later.fix);
        return key_of(later.key) == key_of(key) || (sets && sets_key(*sets, key)) ||
               (origin_of_ && key_of(origin_of_(later.key)) == key_of(key));
    }

    const SubmitRequest& request_;
    const OriginOf& origin_of_;
    Diagnostics& diagnostics_;
};

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
            stand_in_for_directory();
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

    void stand_in_for_directory() {
        request_.host.status_of = [status_of = request_.host.status_of](const std::string& path) {
            if (!path.starts_with(shared_directory)) return status_of(path);
            return storage::PathStatus{
                .exists = true, .is_directory = true, .nearest = path, .type = "nfs", .free_bytes = 1e18};
        };
        request_.host.access = [access = request_.host.access](const std::string& path) {
            return path.starts_with(shared_directory) ? storage::Access{.is_directory = true} : access(path);
        };
    }

    SubmitRequest request_;
};

}  // namespace

bool has_fix_to_try(const SubmitRequest& request, const Diagnostics& diagnostics) {
    return std::ranges::any_of(diagnostics, [&](const Diagnostic& d) { return may_be_tried(request, d); });
}

void keep_true_fixes(const SubmitRequest& request, const Trial& before,
                     const std::function<Trial(const SubmitRequest&)>& run, Diagnostics& diagnostics,
                     const OriginOf& origin_of) {
    std::size_t trials = 0;
    Folding folding(request, origin_of, diagnostics);
    for (std::size_t index = 0; index < diagnostics.size(); ++index) {
        Diagnostic& diagnostic = diagnostics[index];
        if (!may_be_tried(request, diagnostic)) continue;
        if (++trials > max_trials) {
            diagnostic.fix.clear();
            continue;
        }
        const std::vector<std::string> sets = *sets_of(request, diagnostic.fix);
        const std::size_t at = typed_at(request, diagnostic);
        const Trial after = run(Changed(request, at, sets).request());
        const bool holds =
            at != nowhere ? is_accepted(after, diagnostic.source.name, sets) : is_true(before, after, diagnostic);
        trace::debug([&] {
            return fmt::format("tried the fix of {}: {}", diagnostic.code.name(), holds ? "it holds" : "it does not");
        });
        if (!holds)
            diagnostic.fix.clear();
        else if (at == nowhere && diagnostic.severity == Severity::error)
            folding.fold_into(index, sets, after);
    }
}

}  // namespace recipe::planner
