// SPDX-License-Identifier: Apache-2.0
// Reads nodes from what scontrol prints, and says what a site file could say of their partitions.
#include "cluster/cluster.hpp"

#include "slurm_text/lists.hpp"
#include "slurm_text/shown_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <map>
#include <string>

namespace recipe::cluster {
namespace {

constexpr std::size_t max_kinds = 4;  // that are named

/// The value of "Key=" in a line of `scontrol --oneliner`; these have no blanks. Empty: none, or "(null)".
std::string_view field(std::string_view line, std::string_view key) {
    for (std::size_t at = line.find(key); at != std::string_view::npos; at = line.find(key, at + 1)) {
        if (at > 0 && line[at - 1] != ' ') continue;
        std::string_view value = line.substr(at + key.size());
        value = value.substr(0, value.find(' '));
        return value == "(null)" || value == "N/A" ? std::string_view() : value;
    }
    return {};
}

std::string kind_of(const NodeGroup& group) {
    if (group.instance_type) return *group.instance_type;
    if (!group.devices_known) return "unknown devices";
    if (group.devices == 0) return "no devices";
    const std::string name = group.accelerator_name.empty() ? "unknown devices" : group.accelerator_name;
    return fmt::format("{} × {}", group.devices, name);
}

/// "4 nodes of g5.48xlarge, 2 nodes of p4d.24xlarge"
std::string kinds_of(const Inventory& inventory, const Partition& partition) {
    std::vector<std::string> kinds;
    for (const GroupCount& count : partition.groups)
        kinds.push_back(
            fmt::format("{} of {}", slurm_text::counted(count.nodes, "node"), kind_of(inventory.groups[count.group])));
    std::ranges::sort(kinds);
    if (kinds.size() > max_kinds) {
        kinds.resize(max_kinds);
        kinds.emplace_back("others");
    }
    return kinds.empty() ? "no nodes" : fmt::format("{}", fmt::join(kinds, ", "));
}

/// A partition's name as a key of YAML.
std::string yaml_key(const std::string& name) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    const bool word = !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
                      name.find_first_not_of(plain) == std::string::npos;
    constexpr std::array<std::string_view, 8> others{"null", "true", "false", "yes", "no", "on", "off", "y"};
    if (word && name != "n" && std::ranges::find(others, name) == others.end()) return name;
    std::string quoted;
    for (const char c : name) quoted += c == '\'' ? std::string("''") : std::string(1, c);
    return fmt::format("'{}'", quoted);
}

}  // namespace

ScontrolRecords records_of_scontrol(std::string_view text) {
    ScontrolRecords records;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        NodeRecord node{.name = std::string(field(line, "NodeName="))};
        if (node.name.empty()) continue;
        node.features = field(line, "AvailableFeatures=");
        node.gres = field(line, "Gres=");
        node.instance_type = field(line, "InstanceType=");
        node.memory_mib = slurm_text::parse_number<std::uint64_t>(field(line, "RealMemory=")).value_or(0);
        for (const std::string_view name : slurm_text::split(field(line, "Partitions="))) {
            auto found = std::ranges::find(records.partitions, name, &PartitionRecord::name);
            if (found == records.partitions.end())
                found = records.partitions.insert(found, PartitionRecord{.name = std::string(name)});
            found->nodes.push_back(records.nodes.size());
            ++found->total_nodes;
        }
        records.nodes.push_back(std::move(node));
    }
    return records;
}

std::optional<std::string> only_type_of(const Inventory& inventory, const Partition& partition) {
    std::optional<std::string> only;
    for (const GroupCount& count : partition.groups) {
        const std::optional<std::string>& type = inventory.groups[count.group].instance_type;
        if (!type || (only && *only != *type)) return std::nullopt;
        only = type;
    }
    return only;
}

std::string partition_map(const Inventory& inventory) {
    std::string map = "partitions:\n";
    std::vector<std::string> types;
    for (const Partition& partition : inventory.partitions)
        if (const auto type = only_type_of(inventory, partition)) types.push_back(*type);
    const bool one_kind = !types.empty() && types.size() == inventory.partitions.size() &&
                          std::ranges::all_of(types, [&](const std::string& type) { return type == types.front(); });
    if (one_kind) return map + fmt::format("  \"*\": {{instance_type: {}}}  # all nodes\n", types.front());
    std::map<std::string_view, const Partition*> by_name;
    for (const Partition& partition : inventory.partitions) by_name.emplace(partition.name, &partition);
    for (const auto& [name, partition] : by_name) {
        const auto type = only_type_of(inventory, *partition);
        if (type)
            map += fmt::format("  {}: {{instance_type: {}}}  # {}\n", yaml_key(partition->name), *type,
                               kinds_of(inventory, *partition));
        else
            map += fmt::format("  # {}: {}\n", name, kinds_of(inventory, *partition));
    }
    return map;
}

}  // namespace recipe::cluster
