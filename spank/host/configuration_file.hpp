// SPDX-License-Identifier: Apache-2.0
// The file of a configuration that its plan has no room for. It lies in the results directory, which the submitting
// host and the job's nodes share, and is written as own_files.hpp does. Whoever else may write to that directory can
// take the file away, and no more: a node believes only the very bytes whose digest is in the plan.
#pragma once

#include "diagnostic/diagnostic.hpp"
#include "plan/plan.hpp"

#include <cstdint>
#include <string>

namespace recipe::spank {

/// The configuration of a plan that names a file for it, and a sign of life for remove_old_configurations(). Code
/// plan.file: it is a link, no regular file, not of the user, open to others' writing, of another size or content than
/// was submitted, or cannot be read.
[[nodiscard]] Expected<config::Value> read_configuration(const plan::LaunchPlan& plan);

/// Removes it, where the name is one that we give.
void remove_configuration(const std::string& path);

/// Removes the user's files of this directory that no job has used for max_unused before `now` (seconds since 1970).
void remove_old_configurations(const std::string& directory, std::int64_t now);

}  // namespace recipe::spank
