// SPDX-License-Identifier: Apache-2.0
// Asks slurmctld about its own nodes and partitions, through the public API. Never to be called from job_submit(): the
// answer needs locks that are held there.
#pragma once

#include "cluster/cluster.hpp"
#include "job_table.hpp"
#include "slurm_headers.hpp"

#include <ctime>
#include <memory>
#include <vector>

namespace recipe::job_submit {

class ClusterReader {
public:
    enum class Answer { news, no_news, none };

    /// Asks for what has changed since the last time.
    [[nodiscard]] Answer ask();

    /// The records of the last answer.
    [[nodiscard]] std::vector<cluster::NodeRecord> nodes() const;
    [[nodiscard]] std::vector<cluster::PartitionRecord> partitions() const;

private:
    struct Free {
        void operator()(node_info_msg_t* message) const { slurm_free_node_info_msg(message); }
        void operator()(partition_info_msg_t* message) const { slurm_free_partition_info_msg(message); }
    };
    std::unique_ptr<node_info_msg_t, Free> nodes_;
    std::unique_ptr<partition_info_msg_t, Free> partitions_;
};

/// Asks slurmctld about all its jobs. Costs it about as much as squeue does.
class JobReader {
public:
    /// Null: nothing has changed since the last time, or there is no answer.
    [[nodiscard]] std::shared_ptr<const JobTable> ask();
    /// The next answer is about all jobs again.
    void forget() noexcept { last_update_ = 0; }

private:
    std::time_t last_update_ = 0;
};

/// The nodes of a host list with their type; a list that is none, or of more nodes than a cluster has, names nothing.
void name_nodes(const std::string& host_list, const std::string& type, cluster::NodeTypes& types);

}  // namespace recipe::job_submit
