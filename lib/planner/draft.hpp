// SPDX-License-Identifier: Apache-2.0
// The third stage: all that a plan is made of, secrets included, and what Slurm is asked for.
#pragma once

#include "planner/check.hpp"
#include "planner/composition.hpp"
#include "planner/job.hpp"

#include <optional>
#include <string>
#include <vector>

namespace recipe::planner {

struct Draft {
    Job job;
    std::vector<std::string> written_directories;  // on the host, besides the results directory
    std::optional<plan::Container> container;
    std::vector<std::string> srun_arguments;
    std::vector<OptionToSet> options;
    Diagnostics diagnostics;  // as planning states them; with an error among them some of the above is missing
};

/// An error: no job can be made of the recipe at all. Looks at files and directories of this host.
[[nodiscard]] Expected<Draft> make_draft(const SubmitRequest& request, const Composition& composition,
                                         const Checked& checked);

}  // namespace recipe::planner
