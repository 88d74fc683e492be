// SPDX-License-Identifier: Apache-2.0
// The last policy that could be read, kept where slurmctld keeps its own state. Whoever could write there could as well
// replace slurmctld's jobs; what is found is held to its form all the same.
#pragma once

#include "site/site.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace recipe::job_submit {

/// What decides of a job even while the site file cannot be read.
struct KeptPolicy {
    site::Policy policy;
    Severities severities;

    bool operator==(const KeptPolicy&) const = default;
};

/// One line of JSON with a version, and back. Refused with code site.file: another version, an unknown key, whatever a
/// site file may not say either.
[[nodiscard]] std::string to_text(const KeptPolicy& kept);
[[nodiscard]] Expected<KeptPolicy> from_text(std::string_view text);

class PolicyFile {
public:
    /// `directory`: StateSaveLocation.
    explicit PolicyFile(const std::filesystem::path& directory) : file_(directory / "slurm-recipe.policy") {}

    /// Nothing: there is none. A file of somebody else's, or one that others may write to, is refused.
    [[nodiscard]] Expected<std::optional<KeptPolicy>> load() const;

    /// Replaces what is there as a whole, or leaves it: a crash at any moment leaves one or the other.
    [[nodiscard]] Expected<void> save(const KeptPolicy& kept) const;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return file_; }

private:
    std::filesystem::path file_;
};

}  // namespace recipe::job_submit
