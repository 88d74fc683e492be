// SPDX-License-Identifier: Apache-2.0
// What decisions are made by: the site's settings and the last inventory snapshot. Never changed once it is published.
#pragma once

#include "cluster/cluster.hpp"
#include "hardware/hardware.hpp"
#include "site/site.hpp"

#include <chrono>
#include <memory>
#include <optional>

namespace recipe::job_submit {

struct Snapshot {
    std::shared_ptr<const site::Settings> settings = std::make_shared<const site::Settings>();
    std::shared_ptr<const hardware::Catalogue> catalogue = std::make_shared<const hardware::Catalogue>();
    std::shared_ptr<const cluster::Inventory> inventory;  // null: slurmctld has not answered yet
    std::chrono::steady_clock::time_point confirmed{};    // when slurmctld last said that the inventory is so
};

}  // namespace recipe::job_submit
