// SPDX-License-Identifier: Apache-2.0
// Checks a job's requirements against an inventory.
#include "cluster/accelerators.hpp"
#include "cluster/cluster.hpp"
#include "cluster/needs.hpp"
#include "diagnostic/codes/submit.hpp"
#include "slurm_text/shown_text.hpp"
#include "slurm_text/time_limit.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace recipe::cluster {
namespace {

// More than these are counted and not named: the message is for people.
constexpr std::size_t max_kinds = 3;
constexpr std::size_t max_partitions = 4;
constexpr std::size_t max_tried = 16;  // partitions whose devices are looked at for a fix

std::string nodes_text(std::uint64_t count) {
    return slurm_text::counted(static_cast<std::int64_t>(count), "node");
}

std::string devices_text(std::int64_t devices, std::string_view accelerator, hardware::DeviceKind kind) {
    if (!accelerator.empty()) return fmt::format("{} × {}", devices, accelerator);
    return fmt::format("{} {}", devices,
                       kind == hardware::DeviceKind::gpu ? (devices == 1 ? "GPU" : "GPUs") : "Neuron devices");
}

/// "8 × NVIDIA A10G (g5.48xlarge)"
std::string kind_text(const NodeGroup& group) {
    const std::string type = group.instance_type ? fmt::format(" ({})", *group.instance_type) : "";
    if (!group.devices_known) return "unknown devices" + type;
    if (group.devices == 0) return "no GPUs" + type;
    return devices_text(group.devices, group.accelerator_name, group.kind) + type;
}

/// The nodes of one partition, counted.
struct Standing {
    const Partition* partition = nullptr;
    std::uint32_t of_the_kind = 0;  // nodes that have the devices
    std::uint32_t fitting = 0;      // … and all else that was asked for
    std::uint32_t available = 0;    // … and are not down
};

class Checker {
public:
    Checker(const Inventory& inventory, const hardware::Catalogue& catalogue, const validate::Layout& layout,
            const JobRequirements& requirements)
        : inventory_(inventory),
          layout_(layout),
          requirements_(requirements),
          constraint_(Constraint::parse(requirements.constraint)),
          excluded_(nodes_of(inventory, requirements.excluded_nodes)) {
        if (requirements.instance_type)
            if (const hardware::InstanceType* type = catalogue.instance(*requirements.instance_type))
                wanted_accelerator_ = catalogue.accelerator(type->accelerator);
        for (const NodeGroup& group : inventory.groups) {
            has_devices_.push_back(of_the_kind(catalogue, group));
            fits_.push_back(has_devices_.back() && has_types(group) && group.memory_mib >= requirements.memory_mib &&
                            constraint_.satisfied_by(group.features));
        }
    }

    Diagnostics check() {
        std::vector<const Partition*> asked = asked_partitions();
        if (asked.empty()) return {};
        std::vector<Standing> standings;
        for (const Partition* partition : asked) standings.push_back(standing(*partition));
        if (auto problem = type_problem(standings)) return {std::move(*problem)};
        Diagnostics problems;
        if (auto problem = required_node_problem()) problems.push_back(std::move(*problem));
        if (std::ranges::none_of(standings, [&](const Standing& s) { return s.fitting >= requirements_.nodes; })) {
            problems.push_back(too_few_nodes(standings));
            return problems;
        }
        std::erase_if(standings, [&](const Standing& s) { return s.fitting < requirements_.nodes; });
        if (auto problem = limit_problem(standings)) problems.push_back(std::move(*problem));
        append(problems, needs_problems(standings));
        if (!has_errors(problems))
            if (auto problem = unavailable(standings)) problems.push_back(std::move(*problem));
        return problems;
    }

private:
    bool of_the_kind(const hardware::Catalogue& catalogue, const NodeGroup& group) const {
        if (requirements_.device == plan::Device::cpu) return true;
        const auto kind =
            requirements_.device == plan::Device::gpu ? hardware::DeviceKind::gpu : hardware::DeviceKind::neuron;
        // A node with Neuron devices need not have a GRES for them.
        const bool has_kind = group.devices_known && (group.devices > 0 || kind == hardware::DeviceKind::gpu);
        if (has_kind && (group.kind != kind || group.devices < requirements_.devices)) return false;
        // A type that the catalogue does not have is no reason to refuse.
        if (wanted_accelerator_ == nullptr) return true;
        if (group.instance_type) return *group.instance_type == *requirements_.instance_type;
        return group.accelerator.empty() || may_be(catalogue, group.accelerator, wanted_accelerator_->model);
    }

    /// To Slurm a type is a name, letter by letter.
    bool has_types(const NodeGroup& group) const {
        return std::ranges::all_of(requirements_.gpu_types, [&](std::string_view type) {
            return std::ranges::find(group.gpu_types, type) != group.gpu_types.end();
        });
    }

    /// Nodes that would do, were their GPUs named as the request names them. Slurm says no more than that there are
    /// none.
    std::optional<Diagnostic> type_problem(const std::vector<Standing>& standings) const {
        if (requirements_.gpu_types.empty()) return std::nullopt;
        std::vector<std::string> there;
        for (const Standing& standing : standings) {
            if (standing.partition->unseen > 0) return std::nullopt;
            for (const GroupCount& count : standing.partition->groups) {
                const NodeGroup& group = inventory_.groups[count.group];
                if (!has_devices_[count.group]) continue;
                if (has_types(group)) return std::nullopt;
                for (const std::string& type : group.gpu_types)
                    if (std::ranges::find(there, type) == there.end()) there.push_back(type);
            }
        }
        if (there.empty()) return std::nullopt;
        std::string asked;
        for (const std::string_view type : requirements_.gpu_types)
            asked += fmt::format("{}gpu:{}", asked.empty() ? "" : ", ", type);
        std::string names;
        for (std::size_t i = 0; i < std::min(there.size(), max_kinds); ++i)
            names += fmt::format("{}gpu:{}", i == 0 ? "" : ", ", there[i]);
        return Diagnostic{.code = codes::cluster.gpu_type,
                          .key = "trainer.devices",
                          .message = fmt::format("the job asks for {}, and partition {} has {}; Slurm tells capital "
                                                 "letters from small ones",
                                                 asked, standings.front().partition->name, names),
                          .fix = fmt::format("--gres=gpu:{}:{}", there.front(), requirements_.devices)};
    }

    std::vector<const Partition*> asked_partitions() const {
        std::vector<const Partition*> asked;
        for (const std::string_view name : requirements_.partitions) {
            const Partition* partition = inventory_.partition(name);
            if (partition == nullptr) return {};  // Slurm refuses it, or it is newer than this snapshot
            // However often it is named.
            if (std::ranges::find(asked, partition) == asked.end()) asked.push_back(partition);
        }
        if (requirements_.partitions.empty())
            for (const Partition& partition : inventory_.partitions)
                if (partition.is_default) asked.push_back(&partition);
        return asked;
    }

    Standing standing(const Partition& partition) const {
        Standing standing{.partition = &partition,
                          .of_the_kind = partition.unseen,
                          .fitting = partition.unseen,
                          .available = partition.unseen};
        for (const GroupCount& count : partition.groups) {
            if (has_devices_[count.group]) standing.of_the_kind += count.nodes;
            if (!fits_[count.group]) continue;
            standing.fitting += count.nodes;
            standing.available += count.available;
        }
        const auto place = static_cast<std::uint32_t>(&partition - inventory_.partitions.data());
        for (const Node* node : excluded_) {
            if (!fits_[node->group] || !std::ranges::binary_search(node->partitions, place)) continue;
            if (standing.fitting > 0) --standing.fitting;
            if (node->available && standing.available > 0) --standing.available;
        }
        return standing;
    }

    std::string wanted_devices() const {
        if (requirements_.device == plan::Device::cpu) return "";
        const auto kind =
            requirements_.device == plan::Device::gpu ? hardware::DeviceKind::gpu : hardware::DeviceKind::neuron;
        const std::string type = requirements_.instance_type ? fmt::format(" ({})", *requirements_.instance_type) : "";
        return devices_text(requirements_.devices,
                            wanted_accelerator_ != nullptr ? std::string_view(wanted_accelerator_->name) : "", kind) +
               type;
    }

    /// "4 nodes with 8 × NVIDIA A10G (g5.48xlarge) and 2 nodes with no GPUs"
    std::string kinds_of(const Partition& partition) const {
        std::vector<std::pair<std::string, std::uint64_t>> kinds;
        for (const GroupCount& count : partition.groups) {
            const std::string kind = kind_text(inventory_.groups[count.group]);
            const auto found = std::ranges::find(kinds, kind, &std::pair<std::string, std::uint64_t>::first);
            if (found != kinds.end())
                found->second += count.nodes;
            else
                kinds.emplace_back(kind, count.nodes);
        }
        if (kinds.empty()) return "no nodes";
        std::string text;
        std::uint64_t others = 0;
        for (std::size_t i = 0; i < kinds.size(); ++i) {
            if (i >= max_kinds)
                others += kinds[i].second;
            else
                text += fmt::format("{}{} with {}", i == 0 ? "" : ", ", nodes_text(kinds[i].second), kinds[i].first);
        }
        return others > 0 ? fmt::format("{}, {} of other kinds", text, nodes_text(others)) : text;
    }

    /// What beside devices a node must have, for a sentence about nodes that lack it.
    std::string restrictions() const {
        std::string text;
        if (!requirements_.constraint.empty()) text += fmt::format(" with --constraint={}", requirements_.constraint);
        if (requirements_.memory_mib > 0) text += fmt::format(" with {} MiB of memory", requirements_.memory_mib);
        if (!requirements_.excluded_nodes.empty()) text += " outside --exclude";
        return text;
    }

    std::string sentence(const Standing& standing) const {
        const Partition& partition = *standing.partition;
        if (standing.of_the_kind == 0) return fmt::format("partition {} has {}", partition.name, kinds_of(partition));
        const std::string devices = wanted_devices();
        return fmt::format("partition {} has {}{}{}{}", partition.name, nodes_text(standing.fitting),
                           devices.empty() ? "" : " with ", devices, restrictions());
    }

    Diagnostic too_few_nodes(const std::vector<Standing>& standings) const {
        std::string message;
        for (std::size_t i = 0; i < std::min(standings.size(), max_partitions); ++i)
            message += fmt::format("{}{}", i == 0 ? "" : ", ", sentence(standings[i]));
        const bool of_the_kind = std::ranges::any_of(standings, [](const Standing& s) { return s.of_the_kind > 0; });
        message += fmt::format("; the recipe wants {}", requirements_.nodes);
        if (!of_the_kind && requirements_.device != plan::Device::cpu)
            message += fmt::format(" with {}", wanted_devices());
        Diagnostic problem{.code = codes::cluster.nodes,
                           .key = of_the_kind || !requirements_.instance_type ? "trainer.num_nodes" : "instance_type",
                           .message = std::move(message)};
        const std::vector<Standing> others = alternatives();
        for (std::size_t i = 0; i < std::min(others.size(), max_partitions); ++i)
            problem.message += fmt::format(". Partition {} has {}", others[i].partition->name, others[i].fitting);
        if (!others.empty())
            problem.fix = fmt::format("-p {}", others.front().partition->name);
        else
            problem.fix = fewer_or_other_nodes(standings);
        return problem;
    }

    /// Whether the devices of a partition would do, too. Of a few partitions: it looks at every group of nodes.
    bool devices_suffice(const Partition& partition) const {
        return !has_errors(needs_problems({{.partition = &partition}}));
    }

    /// Partitions that nobody asked for and that would do.
    std::vector<Standing> alternatives() const {
        std::vector<Standing> others;
        std::size_t tried = 0;
        for (const Partition& partition : inventory_.partitions) {
            if (partition.hidden || partition.max_nodes < requirements_.nodes) continue;
            if (requirements_.time_limit && *requirements_.time_limit > partition.max_time) continue;
            const Standing other = standing(partition);
            if (other.fitting < requirements_.nodes) continue;
            if (++tried > max_tried) break;
            if (devices_suffice(partition)) others.push_back(other);
        }
        return others;
    }

    std::string fewer_or_other_nodes(const std::vector<Standing>& standings) const {
        const Standing& best = *std::ranges::max_element(standings, {}, &Standing::fitting);
        if (best.fitting > 0) {
            validate::Layout smaller = layout_;
            smaller.nodes = best.fitting;
            return has_errors(validate::check_layout(smaller))
                       ? std::string()
                       : fmt::format("--recipe-set=trainer.num_nodes={}", best.fitting);
        }
        if (!requirements_.instance_type) return {};
        for (const Standing& standing : standings)
            for (const GroupCount& count : standing.partition->groups) {
                const NodeGroup& group = inventory_.groups[count.group];
                if (!group.instance_type || group.devices == 0 || count.nodes < requirements_.nodes) continue;
                std::string fix = fmt::format("--recipe-set=instance_type={}", *group.instance_type);
                if (group.devices < requirements_.devices)
                    fix += fmt::format(" --recipe-set=trainer.devices={}", group.devices);
                return fix;
            }
        return {};
    }

    std::optional<Diagnostic> required_node_problem() const {
        for (const std::string_view name : requirements_.required_nodes) {
            const Node* node = inventory_.node(name);
            if (node == nullptr || fits_[node->group]) continue;  // Slurm refuses a node that does not exist
            const NodeGroup& group = inventory_.groups[node->group];
            if (!has_devices_[node->group])
                return Diagnostic{.code = codes::cluster.node_list,
                                  .message = fmt::format("node {}, which -w asks for, has {}; the recipe wants {}",
                                                         name, kind_text(group), wanted_devices())};
            return Diagnostic{.code = codes::cluster.node_list,
                              .message = fmt::format("node {}, which -w asks for, is none{}", name, restrictions())};
        }
        return std::nullopt;
    }

    std::optional<Diagnostic> size_problem(const Partition& partition) const {
        if (requirements_.nodes <= partition.max_nodes) return std::nullopt;
        return Diagnostic{.code = codes::cluster.max_nodes,
                          .key = "trainer.num_nodes",
                          .message = fmt::format("partition {} gives a job at most {}; the recipe wants {}",
                                                 partition.name, nodes_text(partition.max_nodes), requirements_.nodes)};
    }

    std::optional<Diagnostic> time_problem(const Partition& partition) const {
        const std::optional<std::uint32_t> wanted = requirements_.time_limit;
        if (!wanted || *wanted <= partition.max_time) return std::nullopt;
        const std::string limit = slurm_text::format_time_limit(partition.max_time);
        return Diagnostic{
            .code = codes::cluster.time_limit,
            .key = "run.time_limit",
            .message = fmt::format("partition {} ends jobs after {}; this one asks for {}", partition.name, limit,
                                   *wanted == unlimited ? "no limit" : slurm_text::format_time_limit(*wanted)),
            .fix = fmt::format("-t {}", limit)};
    }

    /// Limits of partitions that have the nodes; nothing when one of them lets the job in.
    std::optional<Diagnostic> limit_problem(const std::vector<Standing>& standings) const {
        std::optional<Diagnostic> first;
        for (const Standing& standing : standings) {
            const Partition& partition = *standing.partition;
            std::optional<Diagnostic> problem = size_problem(partition);
            if (!problem) problem = time_problem(partition);
            if (!problem) return std::nullopt;
            if (requirements_.has_qos) {
                problem->severity = Severity::warning;
                problem->message += ", unless its QOS lifts that";
            }
            if (!first) first = std::move(problem);
        }
        return first;
    }

    /// A named instance type was held against the recipe where that was composed.
    Diagnostics needs_problems(const std::vector<Standing>& standings) const {
        if (requirements_.needs == nullptr || requirements_.device == plan::Device::cpu) return {};
        if (wanted_accelerator_ != nullptr) return {};
        std::vector<const Partition*> able;
        for (const Standing& standing : standings) able.push_back(standing.partition);
        return check_needs(inventory_, requirements_, able, fits_);
    }

    std::optional<Diagnostic> unavailable(const std::vector<Standing>& standings) const {
        const Standing& best = *std::ranges::max_element(standings, {}, &Standing::available);
        if (best.available >= requirements_.nodes) return std::nullopt;
        const std::string up = best.available == 0
                                   ? std::string(best.fitting == 1 ? "is not up" : "are all down or drained")
                                   : fmt::format("are not all up, only {} of them", best.available);
        return Diagnostic{.code = codes::cluster.unavailable,
                          .message = fmt::format(
                              "the {} of partition {} that could run this job {}: it will wait for {}",
                              nodes_text(best.fitting), best.partition->name, up, nodes_text(requirements_.nodes))};
    }

    const Inventory& inventory_;
    const validate::Layout& layout_;
    const JobRequirements& requirements_;
    Constraint constraint_;
    std::vector<const Node*> excluded_;
    const hardware::Accelerator* wanted_accelerator_ = nullptr;
    std::vector<bool> has_devices_;  // by group
    std::vector<bool> fits_;         // by group
};

}  // namespace

Diagnostics check(const Inventory& inventory, const hardware::Catalogue& catalogue, const validate::Layout& layout,
                  const JobRequirements& requirements) {
    return Checker(inventory, catalogue, layout, requirements).check();
}

}  // namespace recipe::cluster
