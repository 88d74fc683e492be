// SPDX-License-Identifier: Apache-2.0
// What decisions are made by: the site's settings and the last inventory snapshot. Never changed once it is published.
#pragma once

#include "cluster/cluster.hpp"
#include "hardware/hardware.hpp"
#include "job_table.hpp"
#include "site/site.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace recipe::job_submit {

/// Where the policy in the settings is from. read: the site file as it is. kept: the last one that could be read.
/// unknown: none could ever be read; that is not a policy that requires nothing.
enum class PolicyState : std::uint8_t { read, kept, unknown };

struct Snapshot {
    std::shared_ptr<const site::Settings> settings = std::make_shared<const site::Settings>();
    std::shared_ptr<const hardware::Catalogue> catalogue = std::make_shared<const hardware::Catalogue>();
    PolicyState policy = PolicyState::read;
    bool refuse_unknown = false;           // jobs of which nobody can tell whether a policy forbids them
    std::shared_ptr<const JobTable> jobs;  // null: no policy asks for it, or slurmctld has not answered yet
    std::vector<std::uint32_t> operators;  // users whom the policy names
    std::shared_ptr<const cluster::Inventory> inventory;  // null: slurmctld has not answered yet
    std::chrono::steady_clock::time_point confirmed{};    // when slurmctld last said that the inventory is so
};

}  // namespace recipe::job_submit
