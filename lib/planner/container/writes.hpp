// SPDX-License-Identifier: Apache-2.0
// Where a recipe writes, and what is still there tomorrow.
#pragma once

#include "config/value/value.hpp"
#include "diagnostic/diagnostic.hpp"
#include "family/family.hpp"
#include "storage/storage.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace recipe::planner {

/// A directory or file that the recipe writes.
struct Write {
    std::string key;   // as a user types it
    std::string path;  // as the recipe has it; %j stands for the job's number
    Source where;
};

/// The results directory, and what the family's `writes` keys name, each once.
[[nodiscard]] std::vector<Write> writes_of(const config::Value& root, const family::Family& family,
                                           const std::string& results_dir);

/// What its loggers write, on the first rank alone.
[[nodiscard]] std::vector<Write> logs_of(const config::Value& root, const family::Family& family);

/// The directories of these outside the first, which is the results directory; of those below each other the uppermost.
[[nodiscard]] std::vector<std::string> outside_results(const std::vector<Write>& writes);

/// What the paths are checked against.
struct Durability {
    std::int64_t nodes = 1;
    std::vector<std::string> shared;  // directories that the site calls shared
    bool strict = false;
    std::optional<double> checkpoint_bytes;  // nothing: not known, or none is written
};

/// Whether what is written stays, and for all nodes. One line for each file system, naming all its keys. Codes:
///   paths.node_local      of a job of several nodes, on tmpfs (error) or a disk of this host (warning; strict: error)
///   paths.not_writable    you may not write there (error; warning where the file system is read-only here)
///   paths.space           less free than a checkpoint takes (warning)
[[nodiscard]] Diagnostics durability(const std::vector<Write>& writes, const Durability& against,
                                     const storage::Host& host);

}  // namespace recipe::planner
