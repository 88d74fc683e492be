// SPDX-License-Identifier: Apache-2.0
// A fix is printed only if it was tried. Private to this room.
#pragma once

#include "planner/planner.hpp"

#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace recipe::planner {

/// What came of a request, as far as a fix is judged by it.
struct Trial {
    bool composed = false;
    std::string family{};
    std::set<std::string_view> rules{};  // that apply
    std::set<std::string_view> kept{};   // of these the ones that found nothing
    Diagnostics found{};                 // as the stages state it
};

/// Takes away the fixes of errors that, put to the request, do not remove the error, bring another, change the family,
/// or keep a rule from applying that was kept before. A fix that is no list of --recipe-set, or that only a shell or
/// the reader can complete, cannot be tried and stays. `before`: what came of the request itself; `run` tries another
/// one.
void keep_true_fixes(const SubmitRequest& request, const Trial& before,
                     const std::function<Trial(const SubmitRequest&)>& run, Diagnostics& diagnostics);

}  // namespace recipe::planner
