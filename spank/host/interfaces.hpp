// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

struct sockaddr;

namespace recipe::spank {

/// The network interface of this node that leads to `address` (IPv4 or IPv6): the one that has it, or else the one that
/// the route to it goes through. Empty when there is none, and never the loopback interface unless the address is a
/// loopback address: routers that announce host addresses put them on lo, where nothing else could be reached.
[[nodiscard]] std::string interface_towards(const sockaddr& address);

}  // namespace recipe::spank
