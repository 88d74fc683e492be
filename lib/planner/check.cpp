// SPDX-License-Identifier: Apache-2.0
// Holds a composition against the rules.
#include "planner/check.hpp"

namespace recipe::planner {

validate::CheckContext check_context(const SubmitRequest& request, const Composition& composition) {
    return {.hardware = composition.catalogue,
            .families = composition.families,
            .models = &composition.models,
            .host = &request.host,
            .program_keys = composition.program_keys ? &*composition.program_keys : nullptr};
}

Checked check(const SubmitRequest& request, const Composition& composition) {
    Checked checked{.result = validate::check(composition.resolved, check_context(request, composition)), .forced = {}};
    Diagnostics& found = checked.result.diagnostics;
    found.insert(found.begin(), composition.resolved.notes.begin(), composition.resolved.notes.end());
    if (request.force) checked.forced = validate::forced_codes(request.settings->severities, found);
    return checked;
}

}  // namespace recipe::planner
