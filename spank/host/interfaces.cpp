// SPDX-License-Identifier: Apache-2.0
// Finds the network interface that leads to an address.
#include "spank/host/interfaces.hpp"

#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

namespace recipe::spank {
namespace {

struct Bytes {
    std::array<unsigned char, 16> bytes{};
    unsigned char size = 0;
    bool operator==(const Bytes&) const = default;
};

Bytes bytes_of(const sockaddr& address) {
    Bytes found;
    if (address.sa_family == AF_INET) {
        found.size = sizeof(in_addr);
        std::memcpy(found.bytes.data(), &reinterpret_cast<const sockaddr_in&>(address).sin_addr, found.size);
    } else if (address.sa_family == AF_INET6) {
        found.size = sizeof(in6_addr);
        std::memcpy(found.bytes.data(), &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, found.size);
    }
    return found;
}

bool is_loopback(const sockaddr& address) {
    if (address.sa_family == AF_INET) return bytes_of(address).bytes[0] == IN_LOOPBACKNET;
    return address.sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr) != 0;
}

bool is_loopback_interface(const char* name) {
    const int socket_file = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_file < 0) return false;
    ifreq request{};
    std::memcpy(request.ifr_name, name, std::min(std::strlen(name), sizeof request.ifr_name - 1));
    const bool loopback = ioctl(socket_file, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_LOOPBACK) != 0;
    close(socket_file);
    return loopback;
}

struct Held {
    std::string interface;  // empty: none that may be used
    bool here = false;      // this node has the address
};

Held interface_with(const sockaddr& address) {
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) return {};
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
    Held held;
    for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
        if (entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != address.sa_family ||
            bytes_of(*entry->ifa_addr) != bytes_of(address))
            continue;
        held.here = true;
        if ((entry->ifa_flags & IFF_LOOPBACK) == 0 || is_loopback(address)) held.interface = entry->ifa_name;
    }
    return held;
}

/// An RTM_GETROUTE request for one address, and the room for its answer (rtnetlink(7)).
struct RouteRequest {
    nlmsghdr header{};
    rtmsg route{};
    rtattr attribute{};
    std::array<unsigned char, 16> destination{};
};

/// The index of the interface in the kernel's answer; 0: it has none.
unsigned interface_index(std::span<char> answer) {
    auto* header = reinterpret_cast<nlmsghdr*>(answer.data());
    if (!NLMSG_OK(header, answer.size()) || header->nlmsg_type != RTM_NEWROUTE) return 0;
    auto* route = reinterpret_cast<rtmsg*>(answer.data() + NLMSG_HDRLEN);
    auto left = static_cast<unsigned>(RTM_PAYLOAD(header));
    for (rtattr* attribute = RTM_RTA(route); RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
        if (attribute->rta_type != RTA_OIF || RTA_PAYLOAD(attribute) < sizeof(unsigned)) continue;
        unsigned index = 0;
        std::memcpy(&index, RTA_DATA(attribute), sizeof index);
        return index;
    }
    return 0;
}

std::string interface_of_route(const sockaddr& address) {
    const Bytes bytes = bytes_of(address);
    if (bytes.size == 0) return {};
    RouteRequest request;
    request.header.nlmsg_len = static_cast<std::uint32_t>(NLMSG_LENGTH(sizeof(rtmsg)) + RTA_LENGTH(bytes.size));
    request.header.nlmsg_type = RTM_GETROUTE;
    request.header.nlmsg_flags = NLM_F_REQUEST;
    request.route.rtm_family = static_cast<unsigned char>(address.sa_family);
    request.route.rtm_dst_len = static_cast<unsigned char>(8 * bytes.size);
    request.attribute.rta_type = RTA_DST;
    request.attribute.rta_len = static_cast<unsigned short>(RTA_LENGTH(bytes.size));
    request.destination = bytes.bytes;

    const int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (netlink < 0) return {};
    alignas(nlmsghdr) std::array<char, 8192> answer{};
    ssize_t size = -1;
    if (send(netlink, &request, request.header.nlmsg_len, 0) >= 0)
        size = recv(netlink, answer.data(), answer.size(), 0);
    close(netlink);
    if (size <= 0) return {};
    std::array<char, IF_NAMESIZE> name{};
    const unsigned index = interface_index({answer.data(), static_cast<std::size_t>(size)});
    if (index == 0 || if_indextoname(index, name.data()) == nullptr) return {};
    return is_loopback_interface(name.data()) && !is_loopback(address) ? std::string() : std::string(name.data());
}

}  // namespace

std::string interface_towards(const sockaddr& address) {
    const Held held = interface_with(address);
    // 127.0.0.2 is here too, though no interface lists it; its route says so.
    return held.here ? held.interface : interface_of_route(address);
}

}  // namespace recipe::spank
