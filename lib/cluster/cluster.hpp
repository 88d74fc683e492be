// SPDX-License-Identifier: Apache-2.0
// What a cluster's nodes and partitions are, and whether a job's request can ever be met by them. Pure: whoever has
// asked Slurm brings the records, and slurmctld and the tests check requests against the same inventory.
#pragma once

#include "diagnostic/diagnostic.hpp"
#include "hardware/hardware.hpp"
#include "plan/plan.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recipe::cluster {

/// A node as Slurm describes it.
struct NodeRecord {
    std::string name;
    std::string features;       // comma-separated
    std::string gres;           // "gpu:a10g:8(S:0-1)"
    std::string instance_type;  // Slurm's own, from 24.11 on; else empty
    std::uint64_t memory_mib = 0;
    bool available = true;  // not down, draining or failing; powered down by the cloud is available
};

inline constexpr std::uint32_t unlimited = std::numeric_limits<std::uint32_t>::max();

struct PartitionRecord {
    std::string name;
    bool is_default = false;
    bool hidden = false;                  // never named to those who did not name it
    std::uint32_t max_time = unlimited;   // minutes
    std::uint32_t max_nodes = unlimited;  // of a job
    std::vector<std::size_t> nodes;       // places in the list of node records
    std::string instance_type{};          // of its nodes, by the site's word, where nothing else says it
    std::uint32_t total_nodes = 0;        // as slurmctld counts them; it hides some, such as those without an address
};

/// What a site says of its nodes: node name to instance type.
using NodeTypes = std::map<std::string, std::string, std::less<>>;

/// A device as a rank has it.
struct Device {
    std::string name;             // for people: "NVIDIA A10G", "NVIDIA H100 1g.10gb"
    std::int64_t usable_mib = 0;  // 0: not known
    bool bf16 = false;
    bool fp8 = false;
    bool fp4 = false;
    std::optional<int> compute_capability = {};  // nothing: not CUDA's, or not known
    bool operator==(const Device&) const = default;
};

/// Devices of a node that Slurm does not tell apart.
struct DeviceType {
    std::string gres_type;  // as slurm.conf spells it; empty: none
    std::int64_t count = 0;
    std::vector<Device> candidates;  // what they may be; empty: anything
    bool operator==(const DeviceType&) const = default;
};

/// Nodes that are alike.
struct NodeGroup {
    std::optional<std::string> instance_type;  // canonical; nothing: not known
    std::string accelerator;       // model, as the catalogue or else the GRES has it; empty: none or not known
    std::string accelerator_name;  // for people
    hardware::DeviceKind kind = hardware::DeviceKind::gpu;
    std::int64_t devices = 0;   // per node
    bool devices_known = true;  // false: neither a GRES nor an instance type says it
    std::uint64_t memory_mib = 0;
    std::vector<std::string> features;   // sorted
    std::vector<std::string> gpu_types;  // of its GRES, as slurm.conf spells them
    std::vector<DeviceType> device_types;
    std::string alike;  // an instance type with these devices; empty: none, or not known
    bool operator==(const NodeGroup&) const = default;
};

struct GroupCount {
    std::size_t group = 0;
    std::uint32_t nodes = 0;
    std::uint32_t available = 0;
};

struct Partition {
    std::string name;
    bool is_default = false;
    bool hidden = false;
    std::uint32_t max_time = unlimited;
    std::uint32_t max_nodes = unlimited;
    std::vector<GroupCount> groups;
    std::uint32_t unseen = 0;  // nodes that slurmctld has and did not show: they may be of any kind
};

struct Node {
    std::string name;
    std::size_t group = 0;
    bool available = true;
    std::vector<std::uint32_t> partitions;  // places in Inventory::partitions, ascending
};

/// An inventory snapshot, never changed once it is made.
struct Inventory {
    std::vector<NodeGroup> groups;
    std::vector<Partition> partitions;
    std::vector<Node> nodes;  // sorted by name

    [[nodiscard]] const Partition* partition(std::string_view name) const noexcept;
    [[nodiscard]] const Node* node(std::string_view name) const noexcept;
};

/// What a node's type is taken from, first to last: the site's word, a feature that is an instance type's name, Slurm's
/// own instance_type, the type and count of its GRES where one instance type alone has them, and what the site says of
/// its partition, unless the GRES says otherwise.
[[nodiscard]] Inventory take_inventory(const std::vector<NodeRecord>& nodes,
                                       const std::vector<PartitionRecord>& partitions,
                                       const hardware::Catalogue& catalogue, const NodeTypes& site_types);

// --- what a site file could say --------------------------------------------------------------------------------------

/// What `scontrol --oneliner show node` prints, bounded by its text. Which partition is the default one, or hidden, it
/// does not say.
struct ScontrolRecords {
    std::vector<NodeRecord> nodes;
    std::vector<PartitionRecord> partitions;
};
[[nodiscard]] ScontrolRecords records_of_scontrol(std::string_view text);

/// Of all its nodes; nothing where there are several, or one is not known.
[[nodiscard]] std::optional<std::string> only_type_of(const Inventory& inventory, const Partition& partition);

/// The site file's `partitions` for this cluster, as YAML; what it cannot say is a comment.
[[nodiscard]] std::string partition_map(const Inventory& inventory);

// --- what a job wants ----------------------------------------------------------------------------------------------

/// A --constraint. A node satisfies "a&(b|c)"; counts ("a*2") and what else Slurm knows make it hold for more nodes,
/// never for fewer, so that nothing is refused that Slurm could place.
class Constraint {
public:
    [[nodiscard]] static Constraint parse(std::string_view text);
    [[nodiscard]] bool satisfied_by(const std::vector<std::string>& sorted_features) const;

private:
    struct Term {  // of the disjunctive normal form
        std::vector<std::string> all;
    };
    std::vector<Term> any_;  // empty: anything satisfies it
};

/// The nodes of a -w or -x, each once however often it was written: they are counted, and taken off other counts.
class NodeNames {
public:
    NodeNames() = default;
    NodeNames(std::vector<std::string_view> names) : names_(std::move(names)) {  // NOLINT(google-explicit-constructor)
        std::ranges::sort(names_);
        const auto [first, last] = std::ranges::unique(names_);
        names_.erase(first, last);
    }
    NodeNames(std::initializer_list<std::string_view> names) : NodeNames(std::vector(names)) {}

    [[nodiscard]] auto begin() const noexcept { return names_.begin(); }
    [[nodiscard]] auto end() const noexcept { return names_.end(); }
    [[nodiscard]] std::size_t size() const noexcept { return names_.size(); }
    [[nodiscard]] bool empty() const noexcept { return names_.empty(); }

private:
    std::vector<std::string_view> names_;  // sorted
};

/// The numbers of the request as Slurm will run it, and what its plan says of devices.
struct JobRequirements {
    std::vector<std::string_view> partitions;  // empty: the default one
    std::uint32_t nodes = 1;
    plan::Device device = plan::Device::cpu;
    std::int64_t devices = 0;  // per node; 0 for cpu
    std::optional<std::string> instance_type;
    std::uint64_t memory_mib = 0;  // per node; 0: none asked for, or all there is
    std::string_view constraint;
    std::vector<std::string_view> gpu_types;       // that the request names; Slurm tells capitals from small letters
    NodeNames required_nodes;                      // -w
    NodeNames excluded_nodes;                      // -x
    std::optional<std::uint32_t> time_limit;       // minutes
    bool has_qos = false;                          // a QOS may lift a partition's limits
    const validate::DeviceNeeds* needs = nullptr;  // of a job that names no instance type
    std::function<std::string()> question{};       // the recipe and its overrides, for srecipe; asked of a refusal
};

/// Whether some partition that was asked for could run the job on an empty cluster. Reservations are not considered,
/// and what Slurm itself refuses (an unknown partition or node) is left to it. Errors: cluster.nodes, cluster.gpu_type,
/// cluster.node_list, cluster.max_nodes, cluster.time_limit; a warning: cluster.unavailable. Nodes whose devices lack
/// what the job needs: memory.does_not_fit and precision.* where too few suffice, cluster.mixed_devices where Slurm may
/// choose others than those that do; a warning, memory.tight, and a hint, cluster.unknown_devices.
[[nodiscard]] Diagnostics check(const Inventory& inventory, const hardware::Catalogue& catalogue,
                                const validate::Layout& layout, const JobRequirements& requirements);

}  // namespace recipe::cluster
