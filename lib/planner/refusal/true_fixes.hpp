// SPDX-License-Identifier: Apache-2.0
// A fix is printed only if it was tried. Private to this room.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include "planner/planner.hpp"
#include "validate/validate.hpp"

namespace recipe::planner {

/// What came of a request, as far as a fix is judged by it.
struct Trial {
    bool composed = false;
    std::string family{};
    std::set<std::string_view> rules{};  // that apply
    std::set<std::string_view> kept{};   // of these the ones that found nothing
    Diagnostics found{};                 // as the stages state it
    validate::Result::Memory memory = validate::Result::Memory::not_asked;
};

/// Whether any of these has a fix that can be tried.
[[nodiscard]] bool has_fix_to_try(const SubmitRequest& request, const Diagnostics& diagnostics);

/// The key that has the value of another, which is interpolated from it; see causes.hpp.
using OriginOf = std::function<std::string(const std::string& key)>;

/// Takes away the fixes that, put to the request, do not remove what they are for, bring another error (of a warning:
/// or another warning), change the family, keep a rule from applying that was kept before, or leave the need of memory
/// unknown that was known. What was typed wrongly is tried in its own place, and is true if nothing is said of it
/// there. A path that the reader has to fill in is taken to be a directory that all nodes share and the user may write
/// to. A fix that is no list of --recipe-set, or that only a shell can complete, cannot be tried and stays, and so does
/// a hint's. Errors that are gone with the fix of an earlier one, and rest on the key that this blames, become part of
/// it. `before`: what came of the request itself; `run` tries another one.
void keep_true_fixes(const SubmitRequest& request, const Trial& before,
                     const std::function<Trial(const SubmitRequest&)>& run, Diagnostics& diagnostics,
                     const OriginOf& origin_of = {});

}  // namespace recipe::planner
