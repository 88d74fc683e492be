// SPDX-License-Identifier: Apache-2.0
// Groups nodes of one kind, so that a decision does not have to visit each node.
#include "cluster/accelerators.hpp"
#include "cluster/cluster.hpp"

#include "slurm_text/gres.hpp"
#include "slurm_text/lists.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <unordered_map>

namespace recipe::cluster {
namespace {

std::vector<std::string> sorted_items(std::string_view list) {
    const std::vector<std::string_view> items = slurm_text::split(list);
    std::vector<std::string> sorted(items.begin(), items.end());
    std::ranges::sort(sorted);
    return sorted;
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

/// The type of the first item of this name: "a10g" of "gpu:a10g:8(S:0-1)", nothing of "gpu:8".
std::string gres_type(std::string_view gres, std::string_view name) {
    for (const std::string_view item : slurm_text::split(gres)) {
        if (!item.starts_with(name) || item.size() <= name.size() || item[name.size()] != ':') continue;
        const std::string_view rest = item.substr(name.size() + 1);
        const std::size_t colon = rest.find(':');
        if (colon != std::string_view::npos) return lower(rest.substr(0, colon));
    }
    return {};
}

class Namer {
public:
    Namer(const hardware::Catalogue& catalogue, const NodeTypes& site_types, bool cluster_has_gpu_gres)
        : catalogue_(catalogue), site_types_(site_types), cluster_has_gpu_gres_(cluster_has_gpu_gres) {
        for (const hardware::InstanceType* type : catalogue.instances())
            by_devices_[key_of(type->accelerator, type->devices)].push_back(type);
    }

    /// `of_partition`: the type that the site gives a partition of the node's; may be empty.
    NodeGroup group_of(const NodeRecord& node, const std::string& of_partition) const {
        NodeGroup group{.memory_mib = node.memory_mib, .features = sorted_items(node.features)};
        group.instance_type = stated_type(node, group.features);
        const hardware::InstanceType* type = group.instance_type ? catalogue_.instance(*group.instance_type) : nullptr;
        read_gres(node, type, group);
        for (const std::string_view name : slurm_text::gres_types(node.gres, "gpu")) group.gpu_types.emplace_back(name);
        if (type == nullptr && !group.instance_type) type = only_type_with(group);
        if (type == nullptr && !group.instance_type) type = agreeing(of_partition, group);
        read_devices(node, type, group);
        if (type == nullptr) return group;
        group.instance_type = type->name;
        const hardware::Accelerator& accelerator = *catalogue_.accelerator(type->accelerator);
        if (group.accelerator.empty()) group.accelerator = accelerator.model;
        if (group.accelerator == accelerator.model) group.accelerator_name = accelerator.name;
        group.kind = accelerator.kind;
        return group;
    }

private:
    static std::string key_of(std::string_view accelerator, std::int64_t devices) {
        return fmt::format("{}:{}", accelerator, devices);
    }

    std::optional<std::string> stated_type(const NodeRecord& node, const std::vector<std::string>& features) const {
        if (const auto found = site_types_.find(node.name); found != site_types_.end())
            return hardware::canonical_instance_name(found->second);
        for (const std::string& feature : features)
            if (catalogue_.instance(feature) != nullptr) return hardware::canonical_instance_name(feature);
        if (!node.instance_type.empty()) return hardware::canonical_instance_name(node.instance_type);
        return std::nullopt;
    }

    /// Devices by the node's GRES; where it has none, by its instance type.
    void read_gres(const NodeRecord& node, const hardware::InstanceType* type, NodeGroup& group) const {
        for (const std::string_view name : {"gpu", "neuron"}) {
            const auto count = slurm_text::gres_count(node.gres, name);
            if (!count) continue;
            group.kind = name == "gpu" ? hardware::DeviceKind::gpu : hardware::DeviceKind::neuron;
            group.devices = *count;
            group.accelerator = gres_type(node.gres, name);
            if (const hardware::Accelerator* model = accelerator_of_gres(catalogue_, group.accelerator)) {
                group.accelerator_name = model->name;
                group.accelerator = model->model;
            } else {
                group.accelerator_name = group.accelerator;
            }
            // What a recipe counts on Neuron are ranks; how many a chip of the GRES has depends on its type.
            if (group.kind == hardware::DeviceKind::neuron && type != nullptr) group.devices = type->devices;
            return;
        }
        if (type != nullptr)
            group.devices = type->devices;
        else
            group.devices_known = cluster_has_gpu_gres_;
    }

    /// The type with this name, where the GRES does not speak against it.
    const hardware::InstanceType* agreeing(const std::string& name, NodeGroup& group) const {
        const hardware::InstanceType* type = name.empty() ? nullptr : catalogue_.instance(name);
        if (type == nullptr) return nullptr;
        const hardware::Accelerator& accelerator = *catalogue_.accelerator(type->accelerator);
        const bool has_gres = group.devices_known && group.devices > 0;
        if (has_gres && group.kind != accelerator.kind) return nullptr;
        if (!group.accelerator.empty() && !may_be(catalogue_, group.accelerator, accelerator.model)) return nullptr;
        if (has_gres && group.kind == hardware::DeviceKind::gpu && group.devices != type->devices) return nullptr;
        if (group.devices_known && group.devices == 0)
            return nullptr;  // a node without GPUs in a cluster that has some
        group.devices = type->devices;
        group.devices_known = true;
        return type;
    }

    /// What each may be. Where the GRES does not tell, all are what the instance type has.
    void read_devices(const NodeRecord& node, const hardware::InstanceType* type, NodeGroup& group) const {
        const bool gpu = group.kind == hardware::DeviceKind::gpu;
        group.device_types = devices_of_gres(catalogue_, node.gres, gpu ? "gpu" : "neuron");
        if (type != nullptr) {
            const hardware::Accelerator& of_type = *catalogue_.accelerator(type->accelerator);
            if (group.device_types.empty()) group.device_types.push_back({.count = type->devices});
            for (DeviceType& devices : group.device_types) {
                if (!gpu) devices.count = type->devices;
                if (devices.candidates.empty()) devices.candidates = {device_of(of_type)};
            }
        }
        if (group.device_types.size() != 1 || group.device_types.front().candidates.size() != 1) return;
        const Device& device = group.device_types.front().candidates.front();
        const auto is_this = [&](const hardware::InstanceType* one) {
            return device_of(*catalogue_.accelerator(one->accelerator)) == device;
        };
        if (type != nullptr && is_this(type)) {
            group.alike = type->name;
        } else if (const auto found = by_devices_.find(key_of(group.accelerator, group.devices));
                   found != by_devices_.end() && is_this(found->second.front())) {
            group.alike = found->second.front()->name;
        }
    }

    const hardware::InstanceType* only_type_with(const NodeGroup& group) const {
        const auto found = by_devices_.find(key_of(group.accelerator, group.devices));
        return found != by_devices_.end() && found->second.size() == 1 ? found->second.front() : nullptr;
    }

    const hardware::Catalogue& catalogue_;
    const NodeTypes& site_types_;
    bool cluster_has_gpu_gres_;  // then a node without one has no GPUs
    std::unordered_map<std::string, std::vector<const hardware::InstanceType*>> by_devices_;
};

/// Everything that decides a node's group, as one text.
std::string likeness(const NodeRecord& node, const NodeTypes& site_types, const std::string& of_partition) {
    const auto named = site_types.find(node.name);
    return node.features + '\n' + node.gres + '\n' + node.instance_type + '\n' + std::to_string(node.memory_mib) +
           '\n' + (named != site_types.end() ? named->second : std::string()) + '\n' + of_partition;
}

GroupCount& count_of(Partition& partition, std::size_t group) {
    const auto found = std::ranges::find(partition.groups, group, &GroupCount::group);
    return found != partition.groups.end() ? *found : partition.groups.emplace_back(GroupCount{.group = group});
}

}  // namespace

const Partition* Inventory::partition(std::string_view name) const noexcept {
    const auto found = std::ranges::find(partitions, name, &Partition::name);
    return found == partitions.end() ? nullptr : &*found;
}

const Node* Inventory::node(std::string_view name) const noexcept {
    const auto found =
        std::ranges::lower_bound(nodes, name, {}, [](const Node& node) { return std::string_view(node.name); });
    return found != nodes.end() && found->name == name ? &*found : nullptr;
}

Inventory take_inventory(const std::vector<NodeRecord>& nodes, const std::vector<PartitionRecord>& partitions,
                         const hardware::Catalogue& catalogue, const NodeTypes& site_types) {
    Inventory inventory;
    const Namer namer(catalogue, site_types, std::ranges::any_of(nodes, [](const NodeRecord& node) {
                          return slurm_text::gres_count(node.gres, "gpu").has_value();
                      }));
    std::vector<const std::string*> of_partition(nodes.size(), nullptr);
    for (const PartitionRecord& record : partitions)
        for (const std::size_t index : record.nodes)
            if (!record.instance_type.empty() && index < nodes.size() && of_partition[index] == nullptr)
                of_partition[index] = &record.instance_type;
    std::unordered_map<std::string, std::size_t> groups;
    inventory.nodes.reserve(nodes.size());
    static const std::string none;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const NodeRecord& record = nodes[i];
        const std::string& partition_type = of_partition[i] != nullptr ? *of_partition[i] : none;
        const auto [place, is_new] =
            groups.try_emplace(likeness(record, site_types, partition_type), inventory.groups.size());
        if (is_new) inventory.groups.push_back(namer.group_of(record, partition_type));
        inventory.nodes.push_back({.name = record.name, .group = place->second, .available = record.available});
    }
    for (const PartitionRecord& record : partitions) {
        Partition partition{.name = record.name,
                            .is_default = record.is_default,
                            .hidden = record.hidden,
                            .max_time = record.max_time,
                            .max_nodes = record.max_nodes};
        std::uint32_t seen = 0;
        for (const std::size_t index : record.nodes) {
            if (index >= inventory.nodes.size() || inventory.nodes[index].name.empty()) continue;
            Node& node = inventory.nodes[index];
            node.partitions.push_back(static_cast<std::uint32_t>(inventory.partitions.size()));
            GroupCount& count = count_of(partition, node.group);
            ++count.nodes;
            ++seen;
            count.available += node.available ? 1 : 0;
        }
        partition.unseen = record.total_nodes - std::min(seen, record.total_nodes);
        inventory.partitions.push_back(std::move(partition));
    }
    // Only now: partitions name nodes by their places.
    std::erase_if(inventory.nodes, [](const Node& node) { return node.name.empty(); });
    std::ranges::sort(inventory.nodes, {}, &Node::name);
    return inventory;
}

}  // namespace recipe::cluster
