// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace recipe::spank {

/// A TCP port that nobody on this node listens on at the moment.
[[nodiscard]] std::optional<std::uint16_t> free_port();

/// Whether somebody holds this TCP port on any address of this node. Nothing is listened on meanwhile: the other nodes'
/// tasks may be trying to connect already.
[[nodiscard]] bool port_is_taken(std::uint16_t port);

/// The first of these that nobody holds.
[[nodiscard]] std::optional<std::uint16_t> first_free(std::span<const std::uint16_t> ports);

}  // namespace recipe::spank
