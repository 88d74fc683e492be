// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

namespace recipe::spank {

/// A TCP port that nobody on this node listens on at the moment.
[[nodiscard]] std::optional<std::uint16_t> free_port();

/// Whether somebody holds this TCP port on any address of this node. Nothing is listened on meanwhile: the other nodes'
/// tasks may be trying to connect already.
[[nodiscard]] bool port_is_taken(std::uint16_t port);

}  // namespace recipe::spank
