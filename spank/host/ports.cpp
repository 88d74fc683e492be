// SPDX-License-Identifier: Apache-2.0
// Asks the kernel which TCP ports are free.
#include "spank/host/ports.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>

namespace recipe::spank {
namespace {

/// SO_REUSEADDR, as servers set it: what is left of closed connections is not in the way, a listener is.
bool reuse_address(int socket) {
    const int on = 1;
    return setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
}

template <class Address>
bool bind_fails_as_taken(int family, const Address& address) {
    const int socket_file = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_file < 0) return false;  // a node without IPv6
    const int only_v6 = 1;
    if (family == AF_INET6) setsockopt(socket_file, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof only_v6);
    const bool taken = reuse_address(socket_file) &&
                       bind(socket_file, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
                       errno == EADDRINUSE;
    close(socket_file);
    return taken;
}

}  // namespace

std::optional<std::uint16_t> free_port() {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) return std::nullopt;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool bound = bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                       getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    close(listener);
    if (!bound) return std::nullopt;
    return ntohs(address.sin_port);
}

bool port_is_taken(std::uint16_t port) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return bind_fails_as_taken(AF_INET, v4) || bind_fails_as_taken(AF_INET6, v6);
}

std::optional<std::uint16_t> first_free(std::span<const std::uint16_t> ports) {
    const auto found = std::ranges::find_if_not(ports, port_is_taken);
    if (found == ports.end()) return std::nullopt;
    return *found;
}

}  // namespace recipe::spank
