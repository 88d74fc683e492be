// SPDX-License-Identifier: Apache-2.0
// What slurmctld's jobs are, as far as a policy asks: a change of a job comes without the job and without its plan.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace recipe::job_submit {

/// The part of a job's record that says what it is. Texts point into the record.
struct JobRecord {
    std::uint32_t id = 0;
    std::uint32_t array_id = 0;  // of the job whose task it is; 0: it is none
    std::uint32_t het_id = 0;    // of the heterogeneous job whose component it is; 0: it is none
    std::string_view partitions;
    std::string_view admin_comment;
};

/// Of an array and of a heterogeneous job: what is true of all parts.
struct KnownJob {
    std::string recipe;                   // empty: it has none, or not one alone
    std::vector<std::string> partitions;  // it is in, or waits for

    bool operator==(const KnownJob&) const = default;
};

class JobTable {
public:
    void add(const JobRecord& record);

    /// `job` as scontrol has it: "12", "12_3", "12_[1-4]", "12+1". Null where there is no such job, or none yet.
    [[nodiscard]] const KnownJob* find(std::string_view job) const;
    [[nodiscard]] std::size_t size() const noexcept { return jobs_.size(); }

private:
    void merge(std::uint32_t id, const KnownJob& job);

    std::unordered_map<std::uint32_t, KnownJob> jobs_;
};

/// The recipe that decide() has named in a job's comment; empty where it has named none. Nobody but slurmctld's plugins
/// and its administrators write that comment.
[[nodiscard]] std::string_view recipe_in(std::string_view admin_comment) noexcept;

}  // namespace recipe::job_submit
