// SPDX-License-Identifier: Apache-2.0
// Copies slurmctld's nodes and partitions into records of our own.
#include "cluster_reader.hpp"

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace recipe::job_submit {
namespace {

constexpr int max_nodes = 64 * 1024;  // in one host list; Slurm's own limit

std::string text(const char* text) {
    return text != nullptr ? text : "";
}

bool is_available(std::uint32_t state) {
    if ((state & NODE_STATE_BASE) == NODE_STATE_DOWN) return false;
    return (state & (NODE_STATE_DRAIN | NODE_STATE_FAIL | NODE_STATE_INVALID_REG)) == 0;
}

/// A slot for a node that may come, a deleted one, or one that this process may not see.
bool is_there(const node_info_t& node) {
    return node.name != nullptr && (node.node_state & NODE_STATE_BASE) != NODE_STATE_FUTURE;
}

cluster::NodeRecord record_of(const node_info_t& node) {
    cluster::NodeRecord record;
    if (!is_there(node)) return record;
    record.name = node.name;
    record.features = text(node.features);
    record.gres = text(node.gres);
#if SLURM_VERSION_NUMBER >= SLURM_VERSION_NUM(24, 11, 0)
    record.instance_type = text(node.instance_type);
#endif
    record.memory_mib = node.real_memory;
    record.available = is_available(node.node_state);
    return record;
}

cluster::PartitionRecord record_of(const partition_info_t& partition) {
    cluster::PartitionRecord record{
        .name = text(partition.name),
        .is_default = (partition.flags & PART_FLAG_DEFAULT) != 0,
        .hidden = (partition.flags & PART_FLAG_HIDDEN) != 0,
        .max_time = partition.max_time == INFINITE ? cluster::unlimited : partition.max_time,
        .max_nodes = partition.max_nodes == INFINITE ? cluster::unlimited : partition.max_nodes,
        .total_nodes = partition.total_nodes};
    // Pairs of first and last place in the node table, up to -1.
    for (const std::int32_t* range = partition.node_inx; range != nullptr && range[0] >= 0 && range[1] >= range[0];
         range += 2)
        for (std::int32_t i = range[0]; i <= range[1]; ++i) record.nodes.push_back(static_cast<std::size_t>(i));
    return record;
}

/// Slurm's convention: the time of the last answer, 0 for everything.
template <class Message, class Load>
ClusterReader::Answer load(Message& kept, Load ask) {
    typename Message::pointer fresh = nullptr;
    if (ask(kept ? kept->last_update : 0, &fresh) == SLURM_SUCCESS && fresh != nullptr) {
        kept.reset(fresh);
        return ClusterReader::Answer::news;
    }
    return errno == SLURM_NO_CHANGE_IN_DATA && kept ? ClusterReader::Answer::no_news : ClusterReader::Answer::none;
}

}  // namespace

ClusterReader::Answer ClusterReader::ask() {
    constexpr std::uint16_t flags = SHOW_ALL | SHOW_LOCAL;
    const Answer nodes =
        load(nodes_, [](time_t since, node_info_msg_t** to) { return slurm_load_node(since, to, flags); });
    if (nodes == Answer::none) return nodes;
    const Answer partitions = load(
        partitions_, [](time_t since, partition_info_msg_t** to) { return slurm_load_partitions(since, to, flags); });
    if (partitions == Answer::none || nodes == Answer::news) return partitions == Answer::none ? partitions : nodes;
    return partitions;
}

std::vector<cluster::NodeRecord> ClusterReader::nodes() const {
    std::vector<cluster::NodeRecord> records;
    if (!nodes_) return records;
    records.reserve(nodes_->record_count);
    for (std::uint32_t i = 0; i < nodes_->record_count; ++i) records.push_back(record_of(nodes_->node_array[i]));
    return records;
}

std::vector<cluster::PartitionRecord> ClusterReader::partitions() const {
    std::vector<cluster::PartitionRecord> records;
    if (!partitions_) return records;
    for (std::uint32_t i = 0; i < partitions_->record_count; ++i) {
        if (partitions_->partition_array[i].name == nullptr) continue;
        records.push_back(record_of(partitions_->partition_array[i]));
    }
    return records;
}

namespace {

/// Newer versions have the number in a step's id.
template <class Record>
std::uint32_t id_of(const Record& record) {
    if constexpr (requires { record.step_id.job_id; })
        return record.step_id.job_id;
    else
        return record.job_id;
}

/// 0 and NO_VAL: none.
std::uint32_t given(std::uint32_t id) {
    return id == NO_VAL ? 0 : id;
}

/// slurm_free_job_info_msg() of 22.05 forgets the jobs' admin comments, of which every job with a recipe has one. What
/// is freed here is null afterwards, so that a version that frees it does so once.
void free_jobs(job_info_msg_t* answer) noexcept {
    for (std::uint32_t i = 0; i < answer->record_count; ++i) {
        void* comment = std::exchange(answer->job_array[i].admin_comment, nullptr);
        slurm_xfree(&comment);
    }
    slurm_free_job_info_msg(answer);
}

}  // namespace

std::shared_ptr<const JobTable> JobReader::ask() {
    job_info_msg_t* answer = nullptr;
    if (slurm_load_jobs(last_update_, &answer, SHOW_ALL | SHOW_LOCAL) != SLURM_SUCCESS || answer == nullptr)
        return nullptr;
    const std::unique_ptr<job_info_msg_t, void (*)(job_info_msg_t*) noexcept> kept(answer, free_jobs);
    const auto view = [](const char* text) { return text != nullptr ? std::string_view(text) : std::string_view(); };
    auto table = std::make_shared<JobTable>();
    for (std::uint32_t i = 0; i < answer->record_count; ++i) {
        const slurm_job_info_t& job = answer->job_array[i];
        table->add({.id = id_of(job),
                    .array_id = given(job.array_job_id),
                    .het_id = given(job.het_job_id),
                    .partitions = view(job.partition),
                    .admin_comment = view(job.admin_comment)});
    }
    last_update_ = answer->last_update;
    return table;
}

void name_nodes(const std::string& host_list, const std::string& type, cluster::NodeTypes& types) {
    const auto hosts = slurm_hostlist_create(host_list.c_str());  // hostlist_t or hostlist_t*, as the version has it
    if (hosts == nullptr) return;
    if (slurm_hostlist_count(hosts) <= max_nodes)
        while (char* name = slurm_hostlist_shift(hosts)) {
            types.emplace(name, type);
            std::free(name);
        }
    slurm_hostlist_destroy(hosts);
}

}  // namespace recipe::job_submit
