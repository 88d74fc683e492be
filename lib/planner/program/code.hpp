// SPDX-License-Identifier: Apache-2.0
// What the submitting host can see of a job's training code.
#pragma once

#include "planner/planner.hpp"
#include "planner/program/program.hpp"

namespace recipe::planner {

/// Whether Slurm can run it, there is something to run, and it is there; and the token. Codes: submit.platform,
/// submit.nothing_to_run, launch.not_installed, launch.starts_over,
/// launch.entry_missing, launch.program_of_collection, launch.code_batch, launch.code_token.
void check_code(const SubmitRequest& request, const config::Resolved& resolved, const family::Family& family,
                const Program& program, bool has_container, Diagnostics& diagnostics);

}  // namespace recipe::planner
