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
    std::int64_t devices = 1;    // per node
    bool pairs = false;          // the recipe counts pairs of sequences, the workload sequences
    bool shard_follows = false;  // the shard degree is whatever the world leaves
    std::vector<std::string> unknown;
    std::vector<std::string> to_say;  // overrides, without their values, that would say what is unknown
    bool on_cpu = false;
    std::string shape_from, beside;
    std::optional<std::int64_t> least_parameters;  // where the shape is not known
    Diagnostics problems;

    [[nodiscard]] std::int64_t world() const noexcept { return nodes * devices; }
    [[nodiscard]] const Assumptions& assumptions(std::int64_t tensor) const noexcept {
        return tensor > 1 ? divided : alone;
    }
};

[[nodiscard]] Reading read(const config::Value& root, const family::Family& family,
                           const hardware::InstanceType* instance, const Sources& sources);

/// Of a parameter that is not trained.
[[nodiscard]] double bytes_of_frozen(const Assumptions& assumptions) noexcept;

/// The shard degree that a world of so many ranks gives, where it follows from that.
[[nodiscard]] std::int64_t following_shard(const Workload& workload, std::int64_t world) noexcept;

/// The ranks beside one another that hold the same part of the model, from the degrees; nullopt where these do not
/// divide the world.
[[nodiscard]] std::optional<std::int64_t> replicas(const Workload& workload, std::int64_t world);

}  // namespace recipe::memory
