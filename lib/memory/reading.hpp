// SPDX-License-Identifier: Apache-2.0
// A recipe's numbers as the memory model takes them. Private to this module.
#pragma once

#include "memory/memory.hpp"

namespace recipe::memory {

/// What a recipe says, or why it does not say enough.
struct Reading {
    Workload workload;           // its assumptions are for its tensor-parallel degree
    Assumptions alone, divided;  // of a tensor-parallel degree of 1, and above it
    std::int64_t nodes = 1;
    std::int64_t devices = 1;  // per node
    std::vector<std::string> unknown;
    std::vector<std::string> to_say;  // overrides, without their values, that would say what is unknown
    bool on_cpu = false;
    Diagnostics problems;

    [[nodiscard]] std::int64_t world() const noexcept { return nodes * devices; }
    [[nodiscard]] const Assumptions& assumptions(std::int64_t tensor) const noexcept {
        return tensor > 1 ? divided : alone;
    }
};

[[nodiscard]] Reading read(const config::Value& root, const family::Family& family,
                           const hardware::InstanceType* instance);

/// The ranks beside one another that hold the same part of the model, from the degrees; nullopt where these do not
/// divide the world.
[[nodiscard]] std::optional<std::int64_t> replicas(const Workload& workload, std::int64_t world);

}  // namespace recipe::memory
