// What the submitting host can see of a job's training code.
#pragma once

#include "submit/submit.hpp"

namespace recipe::submit {

/// Whether there is something to run, and it is there; and the token. Codes: submit.nothing_to_run, launch.entry_missing,
/// launch.code_batch, launch.code_token.
void check_code(const Request& request, const plan::LaunchPlan& plan, Diagnostics& diagnostics);

}  // namespace recipe::submit
