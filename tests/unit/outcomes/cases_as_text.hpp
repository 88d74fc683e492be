// SPDX-License-Identifier: Apache-2.0
// A case's request, and what comes of it as lines of text. Nothing in them depends on this machine.
//
// The words of a request:
//     recipe: NAME, or a path that begins with OUTCOMES/
//     set: --recipe-sets, blank-separated; say: one, with its blanks; script set, environment set: of that level
//     option, script option, environment option: NAME=VALUE of Slurm, blank-separated
//     inherited: an override of the job around this step
//     tool: sbatch, salloc, srun or srun_in_job
//     how: any of gpus, no_pyxis, pyxis, force, no_script, allocated=N, sent_to=OPTION, named_by=VARIABLE, shadows=NAME
//     env: NAME=VALUE of the user's environment
//     host: PATH=TYPE, something more that is there; TYPE may end in !ERRNO, or be a content (squashfs, ...)
//     site, hardware, families: one more line of the site's own file
//     show: any of plan, config, fit, json
#pragma once

#include "case_file.hpp"

namespace recipe::outcomes {

[[nodiscard]] std::vector<std::string> outcome_of(const Case& one);

}  // namespace recipe::outcomes
