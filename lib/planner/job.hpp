// SPDX-License-Identifier: Apache-2.0
// What a recipe makes of its job, whatever the host that submits it has on its disks.
#pragma once

#include "planner/check.hpp"
#include "planner/composition.hpp"
#include "planner/program/program.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace recipe::planner {

struct Job {
    plan::Resources resources;
    plan::Launcher launcher = plan::Launcher::torchrun;
    std::vector<plan::Variable> environment;
    std::vector<std::string> setup;
    std::string results_dir;
    Program program;
};

/// Warnings and hints go to `notes`. Codes: resources.time_limit, launch.*, environment.invalid,
/// paths.results_relative.
[[nodiscard]] Expected<Job> make_job(const SubmitRequest& request, const Composition& composition,
                                     const Checked& checked, Diagnostics& notes);

/// The part of a configuration that the training program reads: "recipes" or, of custom training, "training_cfg".
[[nodiscard]] std::string_view training_root(const config::Value& root);

}  // namespace recipe::planner
