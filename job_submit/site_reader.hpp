// SPDX-License-Identifier: Apache-2.0
// The site's settings and hardware, read again when a file has changed.
#pragma once

#include "snapshot.hpp"

#include <filesystem>
#include <utility>
#include <vector>

namespace recipe::job_submit {

class SiteReader {
public:
    explicit SiteReader(std::filesystem::path configuration) : configuration_(std::move(configuration)) {}

    /// Puts what the files say into `snapshot`; true when that is new. A file that cannot be used leaves what was
    /// there, with a line in the log.
    [[nodiscard]] bool read(Snapshot& snapshot);

private:
    using Stamp = std::pair<std::filesystem::path, std::filesystem::file_time_type>;
    [[nodiscard]] bool changed() const;

    std::filesystem::path configuration_;  // slurm.conf
    std::vector<Stamp> files_;             // as they were when they were read
};

}  // namespace recipe::job_submit
