// SPDX-License-Identifier: Apache-2.0
// What a rank needs, held against the devices of nodes. Private to this module.
#pragma once

#include "cluster/cluster.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace recipe::cluster {

enum class Lack : std::uint8_t { fp8, fp4, bf16, kernels, memory };

enum class Suits : std::uint8_t {
    yes,
    unknown,  // what the devices are, or whether they suffice
    no,
};

/// Of the nodes of a group, for one request.
struct Judgement {
    Suits suits = Suits::unknown;
    bool tight = false;              // in the memory's band, where fragmentation decides
    const Device* device = nullptr;  // the one that lacks, or is tight
    std::vector<Lack> lacks;         // in the order in which they are reported
};

/// `devices`: how many of a node the job takes. `types`: the GRES types that the request names; without any Slurm may
/// give it each type that the node has.
[[nodiscard]] Judgement judge(const NodeGroup& group, const validate::DeviceNeeds& needs, std::int64_t devices,
                              const std::vector<std::string_view>& types);

[[nodiscard]] DiagnosticCode code_of(Lack lack);
/// "a rank needs 48.5 GiB at its peak, and each NVIDIA A10G of partition train has 19.6 GiB for it", where `whose` is
/// " of partition train".
[[nodiscard]] std::string text_of(Lack lack, const validate::DeviceNeeds& needs, const Device& device,
                                  std::string_view whose);

/// Whether the nodes that Slurm may choose have what the request's ranks need. `able`: the partitions that were asked
/// for and that Slurm would start the job in; `fits`: by group, whether its nodes are what was asked for otherwise.
[[nodiscard]] Diagnostics check_needs(const Inventory& inventory, const JobRequirements& requirements,
                                      const std::vector<const Partition*>& able, const std::vector<bool>& fits);

/// Those of them that the inventory has. Looked up once for a request, and not for each of its partitions.
[[nodiscard]] std::vector<const Node*> nodes_of(const Inventory& inventory, const NodeNames& names);

/// Names as Slurm takes them in a list: "login,n[1-4,7]".
[[nodiscard]] std::string host_list(std::vector<std::string_view> names);

}  // namespace recipe::cluster
