// SPDX-License-Identifier: Apache-2.0
// What the steps of a job run in.
#pragma once

#include "planner/composition.hpp"
#include "planner/container/mounts.hpp"
#include "planner/job.hpp"

#include <optional>
#include <string>
#include <vector>

namespace recipe::planner {

/// All that a container of this job should see, the strongest reason first.
[[nodiscard]] std::vector<MountRequest> mount_requests_of(const config::Value& root, const family::Family& family,
                                                          const Job& job, const PathContext& here, Diagnostics& found);

/// cluster.srun_args.
struct SrunArguments {
    plan::Container switches;         // what they say to pyxis: all of a container but its image and mounts
    std::vector<std::string> others;  // for every srun of the job
};

/// Code container.srun_argument.
[[nodiscard]] SrunArguments srun_arguments_of(const config::Value& root, Diagnostics& found);

struct ContainerSetup {
    std::optional<plan::Container> container;  // image, switches and mounts
    std::vector<std::string> srun_arguments;
};

/// Codes: container.*.
[[nodiscard]] ContainerSetup container_of(const SubmitRequest& request, const Composition& composition, const Job& job,
                                          Diagnostics& found);

}  // namespace recipe::planner
