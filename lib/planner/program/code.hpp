// SPDX-License-Identifier: Apache-2.0
// What the submitting host can see of a job's training code.
#pragma once

#include "planner/planner.hpp"
#include "planner/program/program.hpp"

namespace recipe::planner {

/// Whether there is something to run, and it is there; and the token. Codes: submit.nothing_to_run,
/// launch.entry_missing, launch.program_of_collection, launch.code_batch, launch.code_token.
void check_code(const SubmitRequest& request, const config::Resolved& resolved, const Program& program,
                bool has_container, Diagnostics& diagnostics);

}  // namespace recipe::planner
