// SPDX-License-Identifier: Apache-2.0
// Counts the nodes that Slurm may choose by whether their devices suffice.
#include "cluster/needs.hpp"

#include "diagnostic/codes/model.hpp"
#include "diagnostic/codes/submit.hpp"
#include "slurm_text/shown_text.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace recipe::cluster {
namespace {

constexpr std::size_t max_partitions = 4;  // that are named
constexpr std::size_t max_excluded = 256;  // nodes of a fix
constexpr std::size_t longest_fix = 512;

/// The nodes of a partition that are what was asked for.
struct Count {
    const Partition* partition = nullptr;
    std::uint32_t suited = 0;
    std::uint32_t unknown = 0;
    std::uint32_t lacking = 0;
    std::size_t worst = SIZE_MAX;  // the largest group that lacks something
    std::size_t tight = SIZE_MAX;  // a group that may or may not do

    [[nodiscard]] std::uint32_t all() const noexcept { return suited + unknown + lacking; }
    [[nodiscard]] std::uint32_t good() const noexcept { return suited + unknown; }
};

std::string nodes_text(std::uint32_t count) {
    return slurm_text::counted(count, "node");
}

class Chooser {
public:
    Chooser(const Inventory& inventory, const JobRequirements& requirements, const std::vector<bool>& fits)
        : inventory_(inventory),
          requirements_(requirements),
          needs_(*requirements.needs),
          fits_(fits),
          excluded_(nodes_of(inventory, requirements.excluded_nodes)) {
        for (const NodeGroup& group : inventory.groups)
            judgements_.push_back(judge(group, needs_, requirements.devices, requirements.gpu_types));
    }

    Diagnostics check(const std::vector<const Partition*>& able) const {
        if (Diagnostics problems = of_required_nodes(); !problems.empty()) return problems;
        // Slurm has no choice but these.
        if (requirements_.required_nodes.size() >= requirements_.nodes) return {};
        std::vector<Count> counts;
        for (const Partition* partition : able) counts.push_back(count(*partition));
        const auto enough = [&](const Count& count) { return count.good() >= requirements_.nodes; };
        if (std::ranges::none_of(counts, enough)) return too_few(counts);
        if (std::ranges::all_of(counts, [&](const Count& c) { return c.lacking == 0; })) return notes(counts);
        return {mixed(counts)};
    }

private:
    Count count(const Partition& partition, std::string_view feature = {}) const {
        Count found{.partition = &partition, .unknown = feature.empty() ? partition.unseen : 0};
        std::uint32_t most = 0;
        const auto counted = [&](std::size_t group) {
            return fits_[group] && (feature.empty() || has_feature(inventory_.groups[group], feature));
        };
        for (const GroupCount& of : partition.groups) {
            if (!counted(of.group)) continue;
            const Judgement& judged = judgements_[of.group];
            column(found, judged) += of.nodes;
            if (judged.tight && judged.suits == Suits::yes) found.tight = of.group;
            if (judged.suits != Suits::no || of.nodes <= most) continue;
            most = of.nodes;
            found.worst = of.group;
        }
        const auto place = static_cast<std::uint32_t>(&partition - inventory_.partitions.data());
        for (const Node* node : excluded_) {
            if (!counted(node->group) || !std::ranges::binary_search(node->partitions, place)) continue;
            if (std::uint32_t& there = column(found, judgements_[node->group]); there > 0) --there;
        }
        return found;
    }

    static std::uint32_t& column(Count& count, const Judgement& judged) {
        return judged.suits == Suits::yes ? count.suited : judged.suits == Suits::no ? count.lacking : count.unknown;
    }

    static bool has_feature(const NodeGroup& group, std::string_view feature) {
        return std::ranges::binary_search(group.features, feature, std::ranges::less{},
                                          [](const std::string& text) { return std::string_view(text); });
    }

    /// " of partition train (g5.48xlarge)"
    static std::string whose(std::string_view what, const NodeGroup& group, std::string_view after = {}) {
        return fmt::format(" of {}{}{}", what, group.instance_type ? fmt::format(" ({})", *group.instance_type) : "",
                           after);
    }

    /// How a user sees what would do, where one type of machine stands for the group.
    std::string question(Lack lack, const NodeGroup& group, std::string_view why = "shows what would do") const {
        if (group.alike.empty() || !requirements_.question) return {};
        const std::string words = requirements_.question();
        if (words.empty()) return {};
        const bool memory = lack == Lack::memory;
        return fmt::format("; `srecipe {} {} instance_type={}` {}", memory ? "fit" : "check", words, group.alike, why);
    }

    Diagnostics problems_of(std::size_t group, std::string_view whose, std::string_view more) const {
        Diagnostics problems;
        const Judgement& judged = judgements_[group];
        for (const Lack lack : judged.lacks)
            problems.push_back({.code = code_of(lack),
                                .key = "instance_type",
                                .message = fmt::format("{}{}{}", text_of(lack, needs_, *judged.device, whose), more,
                                                       question(lack, inventory_.groups[group]))});
        return problems;
    }

    Diagnostics of_required_nodes() const {
        for (const std::string_view name : requirements_.required_nodes) {
            const Node* node = inventory_.node(name);
            if (node == nullptr || !fits_[node->group] || judgements_[node->group].suits != Suits::no) continue;
            return problems_of(
                node->group,
                whose(fmt::format("node {}", name), inventory_.groups[node->group], ", which -w asks for,"), "");
        }
        return {};
    }

    Diagnostics too_few(const std::vector<Count>& counts) const {
        const Count& best = *std::ranges::max_element(counts, {}, &Count::good);
        std::string more;
        if (best.good() > 0)
            more = fmt::format(", so that {} of its {} suffice; the recipe wants {}", best.good(),
                               nodes_text(best.all()), requirements_.nodes);
        std::string names;
        std::string first;
        for (const Partition* other : others(counts)) {
            names += fmt::format("{}{}", names.empty() ? "" : ", ", other->name);
            if (first.empty()) first = other->name;
        }
        if (!names.empty()) more += fmt::format(". Enough nodes suffice in partition {}", names);
        if (best.worst == SIZE_MAX) return {};
        Diagnostics problems = problems_of(
            best.worst, whose(fmt::format("partition {}", best.partition->name), inventory_.groups[best.worst]), more);
        problems.front().fix = first.empty() ? typed(counts) : fmt::format("-p {}", first);
        return problems;
    }

    /// Partitions that nobody asked for, and whose devices suffice.
    std::vector<const Partition*> others(const std::vector<Count>& counts) const {
        std::vector<const Partition*> found;
        for (const Partition& partition : inventory_.partitions) {
            if (partition.hidden || partition.max_nodes < requirements_.nodes || found.size() == max_partitions)
                continue;
            if (requirements_.time_limit && *requirements_.time_limit > partition.max_time) continue;
            if (std::ranges::find(counts, &partition, &Count::partition) != counts.end()) continue;
            const Count other = count(partition);
            if (other.suited >= requirements_.nodes && other.lacking == 0) found.push_back(&partition);
        }
        return found;
    }

    Diagnostic mixed(const std::vector<Count>& counts) const {
        const Count& bad = *std::ranges::max_element(counts, {}, &Count::lacking);
        const Judgement& judged = judgements_[bad.worst];
        const NodeGroup& group = inventory_.groups[bad.worst];
        std::string whole;
        for (const Lack lack : judged.lacks)
            whole += fmt::format("{}{}", whole.empty() ? "" : ", and ",
                                 text_of(lack, needs_, *judged.device, whose("these", group)));
        return {.code = codes::cluster.mixed_devices,
                .key = "instance_type",
                .message = fmt::format("Slurm may choose nodes whose devices do not suffice, {} of the {} of partition "
                                       "{}: {}",
                                       bad.lacking, bad.all(), bad.partition->name, whole),
                .fix = keeping_to_the_fitting(counts)};
    }

    std::string keeping_to_the_fitting(const std::vector<Count>& counts) const {
        std::string whole;
        for (const Count& count : counts)
            if (count.good() >= requirements_.nodes && count.lacking == 0)
                whole += fmt::format("{}{}", whole.empty() ? "-p " : ",", count.partition->name);
        if (!whole.empty()) return whole;
        if (std::string fix = constraint(counts); !fix.empty()) return fix;
        if (std::string fix = exclusion(counts); !fix.empty()) return fix;
        return typed(counts);
    }

    /// A feature of enough good nodes and of no other.
    std::string constraint(const std::vector<Count>& counts) const {
        const std::string_view given = requirements_.constraint;
        if (given.find_first_of("[]*") != std::string_view::npos) return {};
        const std::vector<std::string> all = features(counts);
        std::string_view best;
        std::uint32_t most = 0;
        for (const std::string& feature : all) {
            std::uint32_t good = 0, lacking = 0;
            for (const Count& of : counts) {
                const Count kept = count(*of.partition, feature);
                good = std::max(good, kept.good());
                lacking += kept.lacking;
            }
            if (lacking > 0 || good < requirements_.nodes || good <= most) continue;
            best = feature;
            most = good;
        }
        if (best.empty()) return {};
        if (given.empty()) return fmt::format("-C {}", best);
        const bool alternatives = given.contains('|');
        return fmt::format("-C '{}{}{}&{}'", alternatives ? "(" : "", given, alternatives ? ")" : "", best);
    }

    /// Of groups that suffice. Those that name an instance type come first: they mean the hardware.
    std::vector<std::string> features(const std::vector<Count>& counts) const {
        std::vector<std::string> types, others;
        for (const Count& of : counts)
            for (const GroupCount& nodes : of.partition->groups) {
                if (!fits_[nodes.group] || judgements_[nodes.group].suits == Suits::no) continue;
                const NodeGroup& group = inventory_.groups[nodes.group];
                for (const std::string& feature : group.features)
                    (group.instance_type == feature ? types : others).push_back(feature);
            }
        for (std::vector<std::string>* list : {&types, &others}) {
            std::ranges::sort(*list);
            const auto [first, last] = std::ranges::unique(*list);
            list->erase(first, last);
        }
        types.insert(types.end(), others.begin(), others.end());
        if (types.size() > 64) types.resize(64);
        return types;
    }

    std::string exclusion(const std::vector<Count>& counts) const {
        std::vector<std::uint32_t> places;
        std::uint32_t lacking = 0;
        for (const Count& count : counts) {
            places.push_back(static_cast<std::uint32_t>(count.partition - inventory_.partitions.data()));
            lacking += count.lacking;
        }
        if (lacking + requirements_.excluded_nodes.size() > max_excluded) return {};
        std::vector<std::string_view> names(requirements_.excluded_nodes.begin(), requirements_.excluded_nodes.end());
        for (const Node& node : inventory_.nodes)
            if (fits_[node.group] && judgements_[node.group].suits == Suits::no &&
                std::ranges::any_of(
                    places, [&](std::uint32_t place) { return std::ranges::binary_search(node.partitions, place); }))
                names.push_back(node.name);
        std::string fix = "-x " + host_list(std::move(names));
        return fix.size() <= longest_fix ? fix : std::string();
    }

    /// Where a node has devices of several types, no choice of nodes helps.
    std::string typed(const std::vector<Count>& counts) const {
        if (!requirements_.gpu_types.empty() || requirements_.device != plan::Device::gpu) return {};
        for (const Count& of : counts)
            for (const GroupCount& nodes : of.partition->groups)
                for (const DeviceType& type : inventory_.groups[nodes.group].device_types) {
                    if (type.gres_type.empty() || !fits_[nodes.group]) continue;
                    std::uint32_t good = 0;
                    for (const GroupCount& other : of.partition->groups)
                        if (fits_[other.group] && has_enough(inventory_.groups[other.group], type.gres_type))
                            good += other.nodes;
                    if (good >= requirements_.nodes)
                        return fmt::format("--gpus-per-node={}:{}", type.gres_type, requirements_.devices);
                }
        return {};
    }

    bool has_enough(const NodeGroup& group, std::string_view type) const {
        const auto found = std::ranges::find(group.device_types, type, &DeviceType::gres_type);
        return found != group.device_types.end() && found->count >= requirements_.devices &&
               judge(group, needs_, requirements_.devices, {type}).suits == Suits::yes;
    }

    /// A recipe whose memory nobody predicted, on devices that are known.
    std::optional<Diagnostic> unpredicted(const std::vector<Count>& counts) const {
        if (needs_.memory) return std::nullopt;
        for (const Count& of : counts)
            for (const GroupCount& nodes : of.partition->groups) {
                const Judgement& judged = judgements_[nodes.group];
                if (!fits_[nodes.group] || judged.suits != Suits::yes) continue;
                const NodeGroup& group = inventory_.groups[nodes.group];
                return Diagnostic{.code = codes::memory.unknown,
                                  .key = "instance_type",
                                  .message = fmt::format("whether it fits the memory of {}{} was not looked at{}",
                                                         judged.device->name,
                                                         whose(fmt::format("partition {}", of.partition->name), group),
                                                         question(Lack::memory, group, "says why"))};
            }
        return std::nullopt;
    }

    /// What is to be said of a job that may start in all of these.
    Diagnostics notes(const std::vector<Count>& counts) const {
        Diagnostics found;
        if (auto unknown = unpredicted(counts)) found.push_back(std::move(*unknown));
        for (const Count& of : counts)
            if (of.tight != SIZE_MAX) {
                const NodeGroup& group = inventory_.groups[of.tight];
                found.push_back({.code = codes::memory.tight,
                                 .key = "instance_type",
                                 .message = text_of(Lack::memory, needs_, *judgements_[of.tight].device,
                                                    whose(fmt::format("partition {}", of.partition->name), group)) +
                                            ": it may or may not fit"});
                break;
            }
        const Count& least = *std::ranges::max_element(counts, {}, &Count::unknown);
        const std::string& name = least.partition->name;
        if (least.unknown > 0 && least.suited > 0)
            found.push_back({.code = codes::cluster.unknown_devices,
                             .message = fmt::format("the devices of {} of the {} of partition {} that Slurm may choose "
                                                    "are not known, and are taken to suffice",
                                                    least.unknown, nodes_text(least.all()), name)});
        else if (least.unknown > 0)
            found.push_back({.code = codes::cluster.unknown_devices,
                             .message = fmt::format("nothing says what devices the nodes of partition {} have: the "
                                                    "recipe was not held against any device",
                                                    name)});
        return found;
    }

    const Inventory& inventory_;
    const JobRequirements& requirements_;
    const validate::DeviceNeeds& needs_;
    const std::vector<bool>& fits_;
    std::vector<const Node*> excluded_;
    std::vector<Judgement> judgements_;  // by group
};

}  // namespace

Diagnostics check_needs(const Inventory& inventory, const JobRequirements& requirements,
                        const std::vector<const Partition*>& able, const std::vector<bool>& fits) {
    return Chooser(inventory, requirements, fits).check(able);
}

}  // namespace recipe::cluster
