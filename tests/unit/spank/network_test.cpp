// SPDX-License-Identifier: Apache-2.0
// In a network namespace of the test's own, where the user may make one.
#include "catch.hpp"
#include "spank/host/interfaces.hpp"
#include "spank/host/ports.hpp"
#include "spank/host/run_with_timeout.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cstdlib>
#include <string>

using namespace recipe::spank;
using namespace std::chrono_literals;

namespace {

std::string towards(const char* text) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) return interface_towards(reinterpret_cast<const sockaddr&>(v4));
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    inet_pton(AF_INET6, text, &v6.sin6_addr);
    return interface_towards(reinterpret_cast<const sockaddr&>(v6));
}

bool prepare_network() {
    return unshare(CLONE_NEWNET) == 0 &&
           std::system(
               "ip link set lo up && ip addr add 198.51.100.1/32 dev lo"
               " && ip link add side0 type veth peer name side1 && ip link set side0 up && ip link set side1 up"
               " && ip addr add 10.1.0.5/16 dev side0 && ip route add 10.2.0.0/16 via 10.1.0.1"
               " && ip -6 addr add fd00:1::5/64 dev side0 nodad 2>/dev/null") == 0;
}

}  // namespace

TEST_CASE("the interface that leads to an address is the one that has it or that its route leaves through") {
    const TimedResult result = run_with_timeout(30s, [](const Reporter& reporter) {
        if (!prepare_network()) return;
        for (const char* address : {"10.1.0.5", "10.1.77.1", "10.2.3.4", "192.0.2.1", "127.0.0.1", "127.0.0.9",
                                    "198.51.100.1", "fd00:1::5", "fd00:1::99", "fd00:9::1", "::1"})
            reporter.report('>', std::string(address) + ' ' + towards(address));
    });
    if (result.findings.empty()) {
        WARN("no network namespace can be made here");
        return;
    }
    std::string all;
    for (const auto& [kind, text] : result.findings) all += text + '\n';
    CHECK(all ==
          "10.1.0.5 side0\n10.1.77.1 side0\n10.2.3.4 side0\n192.0.2.1 \n127.0.0.1 lo\n127.0.0.9 lo\n198.51.100.1 \n"
          "fd00:1::5 side0\nfd00:1::99 side0\nfd00:9::1 \n::1 lo\n");
}

TEST_CASE("a port is taken while somebody listens on it, on whatever address") {
    const auto port = free_port();
    REQUIRE(port);
    CHECK_FALSE(port_is_taken(*port));
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(*port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(listener, 1) == 0);
    CHECK(port_is_taken(*port));
    // The first that is free, and nothing where none is.
    const std::array<std::uint16_t, 2> taken{*port, *port};
    CHECK_FALSE(first_free(taken));
    CHECK_FALSE(first_free({}));
    close(listener);
    CHECK_FALSE(port_is_taken(*port));
    CHECK(first_free(taken) == *port);
}

TEST_CASE("a port that only IPv6 listens on is taken as well, and the next is the first that is free") {
    const auto port = free_port();
    REQUIRE(port);
    CHECK(*port > 0);
    const int listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0) {
        WARN("no IPv6 here");
        return;
    }
    const int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(*port);
    if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && listen(listener, 1) == 0) {
        CHECK(port_is_taken(*port));
        const auto other = free_port();
        REQUIRE(other);
        CHECK(first_free(std::array<std::uint16_t, 3>{*port, *other, *port}) == *other);
    }
    close(listener);
    CHECK_FALSE(port_is_taken(*port));
}
