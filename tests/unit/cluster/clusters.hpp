// SPDX-License-Identifier: Apache-2.0
// Clusters that tests check requests against.
#pragma once

#include "cluster/cluster.hpp"
#include "source_file.hpp"

#include <fmt/format.h>

namespace recipe::test {

inline const hardware::Catalogue& shipped_catalogue() {
    static const hardware::Catalogue catalogue;
    return catalogue;
}

/// Adds nodes and partitions one kind at a time.
class ClusterBuilder {
public:
    ClusterBuilder& nodes(const std::string& partition, int count, cluster::NodeRecord like) {
        for (int i = 0; i < count; ++i) {
            like.name = fmt::format("{}{}", partition, nodes_.size() + 1);
            part(partition).nodes.push_back(nodes_.size());
            nodes_.push_back(like);
        }
        return *this;
    }
    cluster::PartitionRecord& part(const std::string& name) {
        for (cluster::PartitionRecord& partition : partitions_)
            if (partition.name == name) return partition;
        return partitions_.emplace_back(cluster::PartitionRecord{.name = name, .is_default = partitions_.empty()});
    }
    cluster::NodeRecord& node(std::size_t place) { return nodes_.at(place); }
    [[nodiscard]] cluster::Inventory take(const cluster::NodeTypes& types = {}) const {
        return cluster::take_inventory(nodes_, partitions_, shipped_catalogue(), types);
    }

private:
    std::vector<cluster::NodeRecord> nodes_;
    std::vector<cluster::PartitionRecord> partitions_;
};

inline const cluster::NodeRecord cpu_node{.features = "", .gres = "", .memory_mib = 64'000};
inline const cluster::NodeRecord g5{.features = "g5.48xlarge,efa", .gres = "gpu:a10g:8(S:0-1)", .memory_mib = 747'110};

}  // namespace recipe::test
