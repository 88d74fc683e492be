// SPDX-License-Identifier: Apache-2.0
// Which program a job runs, as far as it matters to what is known of it.
#pragma once

#include "config/config.hpp"
#include "family/family.hpp"
#include "storage/storage.hpp"

#include <optional>
#include <string>

namespace recipe::planner {

struct WhoRuns {
    /// The one that recipes of this family are written for: nothing else is named.
    bool is_the_familys = true;
    /// keys.yaml beside it, where that is about this very program; see docs/trainer.md.
    std::optional<config::Value> keys{};
    std::string keys_file{};
};

/// `runs_entry` as for program_of: a batch script or a command may run anything. A keys.yaml that cannot be read is
/// left to the program itself, which says so. `host`: where it is looked for; nullptr: here.
[[nodiscard]] WhoRuns who_runs(const config::Resolved& resolved, bool runs_entry, const storage::Host* host = nullptr);

/// `families` with what is known of the program that runs, or with that nothing is. Codes: family.file.
[[nodiscard]] Expected<family::Families> families_run_by(const WhoRuns& program, const config::Value& root,
                                                         const family::Families& families);

}  // namespace recipe::planner
