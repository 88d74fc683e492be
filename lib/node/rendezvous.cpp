// SPDX-License-Identifier: Apache-2.0
// The variables by which a step's ranks find each other.
#include "node/node.hpp"

#include "diagnostic/codes/node.hpp"
#include "slurm_text/lists.hpp"
#include "slurm_text/variable_name.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace recipe::node {
namespace {

// Frameworks under torchrun take these for the size of the world, which torchrun decides: Lightning and others look
// at SLURM_NTASKS and refuse a mismatch or start as many processes again.
constexpr std::array confusing_variables{"SLURM_NTASKS",         "SLURM_NPROCS",         "SLURM_NTASKS_PER_NODE",
                                         "SLURM_TASKS_PER_NODE", "SLURM_STEP_NUM_TASKS", "SLURM_STEP_TASKS_PER_NODE"};

constexpr std::int64_t steps_per_job = 16;

// So many ports of a range are tried, this far apart. Neighbours are those of the job's next steps.
constexpr std::size_t max_tried = 64;
constexpr std::int64_t first_distance = 8;

/// "12000-12003,12010". A list that is none has no ports.
std::vector<std::uint16_t> ports_in(std::string_view reserved) {
    std::vector<std::uint16_t> ports;
    for (const std::string_view item : slurm_text::split(reserved)) {
        const std::size_t dash = item.find('-');
        const auto first = slurm_text::parse_number<std::uint16_t>(item.substr(0, dash));
        const auto last =
            dash == std::string_view::npos ? first : slurm_text::parse_number<std::uint16_t>(item.substr(dash + 1));
        if (!first || !last || *first == 0) return {};
        for (std::uint32_t port = *first; port <= *last && ports.size() < max_tried; ++port)
            ports.push_back(static_cast<std::uint16_t>(port));
    }
    return ports;
}

/// An IPv6 address needs brackets beside a port.
std::string host_for_endpoint(const std::string& host) {
    return host.find(':') != std::string::npos ? '[' + host + ']' : host;
}

struct Meeting {
    std::string host;
    std::uint16_t port;
};

Expected<Meeting> meeting_point(const plan::LaunchPlan& plan, const Facts& facts) {
    if (facts.node_count == 1) return Meeting{"localhost", facts.free_port.value_or(0)};
    if (facts.head.empty())
        return refuse({.code = codes::rendezvous.no_head,
                       .message = "the step has several nodes and Slurm did not say which is the first"});
    return Meeting{facts.head, rendezvous_port(plan.ports, facts)};
}

void torchrun_variables(std::vector<Change>& changes, const plan::LaunchPlan& plan, const Facts& facts,
                        const Task& task, const Meeting& meeting) {
    namespace rendezvous = slurm_text::rendezvous;
    const auto set = [&](std::string_view name, std::string value) {
        changes.push_back({std::string(name), std::move(value)});
    };
    set(rendezvous::node_count, std::to_string(facts.node_count));
    set(rendezvous::processes, std::to_string(plan.layout.devices_per_node));
    // One task per node: its rank is the node's, also where -m arbitrary gives the nodes another order than Slurm's
    // own.
    set(rendezvous::node_rank, std::to_string(task.rank));
    set(rendezvous::backend, "c10d");
    // One node agrees with itself: port 0 lets the kernel choose, so nothing can be taken.
    set(rendezvous::endpoint,
        facts.node_count == 1 ? "localhost:0" : fmt::format("{}:{}", host_for_endpoint(meeting.host), meeting.port));
    set(rendezvous::id, fmt::format("{}.{}.{}", facts.job_id, facts.step_id, facts.restart_count));
    // Without this torchrun compares host names to find out whether it is the host; names have too many spellings.
    set(rendezvous::settings, task.rank == 0 ? "is_host=1" : "is_host=0");
    // torchrun falls back to one thread, with a warning, where its processes could share the node's CPUs.
    if (facts.cpus_here > 0) {
        const std::int64_t threads = facts.cpus_here / plan.layout.devices_per_node;
        changes.push_back({"OMP_NUM_THREADS", std::to_string(std::max<std::int64_t>(threads, 1)), false});
    }
    // A shell script that makes the node's processes itself counts its nodes by them.
    if (plan.entry.is_shell() && facts.command != Command::launcher) return;
    for (const char* name : confusing_variables) changes.push_back({name, std::nullopt});
}

void direct_variables(std::vector<Change>& changes, const plan::LaunchPlan& plan, const Facts& facts,
                      const Task& task) {
    const auto set = [&](std::string name, std::uint32_t value) {
        changes.push_back({std::move(name), std::to_string(value)});
    };
    set("RANK", task.rank);
    set("LOCAL_RANK", task.local_rank);
    set("WORLD_SIZE", facts.task_count);
    changes.push_back({"LOCAL_WORLD_SIZE", std::to_string(plan.layout.devices_per_node)});
    set("GROUP_RANK", facts.node_rank);
}

}  // namespace

std::vector<std::uint16_t> rendezvous_ports(const site::PortRange& range, const Facts& facts) {
    std::vector<std::uint16_t> ports = ports_in(facts.reserved_ports);
    if (!ports.empty()) return ports;
    const std::int64_t size = range.last - range.first + 1;
    const std::int64_t number = steps_per_job * facts.job_id + facts.step_id;
    const bool small = size <= static_cast<std::int64_t>(max_tried);
    for (std::int64_t i = 0; i < std::min<std::int64_t>(size, max_tried); ++i) {
        const std::int64_t further = i == 0 || small ? i : first_distance + (i - 1) * steps_per_job;
        const auto port = static_cast<std::uint16_t>(range.first + (number + further) % size);
        if (std::ranges::find(ports, port) == ports.end()) ports.push_back(port);
    }
    return ports;
}

std::uint16_t rendezvous_port(const site::PortRange& range, const Facts& facts) {
    return facts.port ? *facts.port : rendezvous_ports(range, facts).front();
}

Expected<std::vector<Change>> rendezvous_environment(const plan::LaunchPlan& plan, const Facts& facts,
                                                     const Task& task) {
    std::vector<Change> changes;
    const Kind kind = kind_of(plan, facts);
    if (kind == Kind::plain) return changes;
    const Expected<Meeting> meeting = meeting_point(plan, facts);
    if (!meeting) return std::unexpected(meeting.error());
    changes.push_back({"MASTER_ADDR", meeting->host});
    changes.push_back({"MASTER_PORT", std::to_string(meeting->port)});
    if (kind == Kind::torchrun)
        torchrun_variables(changes, plan, facts, task, *meeting);
    else
        direct_variables(changes, plan, facts, task);
    if (!facts.interface.empty()) {
        // To NCCL a bare name is a prefix.
        changes.push_back({"NCCL_SOCKET_IFNAME", '=' + facts.interface, false});
        changes.push_back({"GLOO_SOCKET_IFNAME", facts.interface, false});
    }
    return changes;
}

}  // namespace recipe::node
