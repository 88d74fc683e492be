// SPDX-License-Identifier: Apache-2.0
#include "storage/mounts.hpp"
#include "catch.hpp"

#include <algorithm>

using namespace recipe::storage;

namespace {

constexpr const char* table =
    "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    "23 22 0:21 / /proc rw,nosuid shared:2 - proc proc rw\n"
    "30 22 0:40 / /home rw - autofs systemd-1 rw,fd=29\n"
    "31 30 0:41 / /home/ann rw,relatime shared:9 master:3 - nfs4 server:/home/ann rw,hard\n"
    "32 22 0:42 / /with\\040blank rw - lustre mgs:/fsx rw\n"
    "33 22 0:43 / /mine rw - fuse.sshfs host: rw\n"
    "34 22 0:44 / /new rw - somefs of-tomorrow rw\n";

const Mount* at(std::vector<Mount>& mounts, const char* path) {
    return mount_of(mounts, path);
}

}  // namespace

TEST_CASE("a table of mounts says where they are and whether another host answers for them") {
    std::vector<Mount> mounts = mounts_in(table);
    REQUIRE(mounts.size() == 7);
    CHECK(mounts[4].directory == "/with blank");
    const auto is_local = [&](const char* path) { return at(mounts, path)->local; };
    CHECK(is_local("/"));
    CHECK(is_local("/homely"));
    CHECK(is_local("/proc/self"));
    CHECK_FALSE(is_local("/home"));
    CHECK_FALSE(is_local("/home/ann"));
    CHECK_FALSE(is_local("/with blank/x"));
    CHECK_FALSE(is_local("/mine"));
    CHECK_FALSE(is_local("/new/x"));
    CHECK(at(mounts, "/home/bob")->automatic);
    CHECK_FALSE(at(mounts, "/home/ann/x")->automatic);
    CHECK(at(mounts, "/home/ann/x")->directory == "/home/ann");
    CHECK(std::ranges::none_of(mounts, &Mount::answered));
}

TEST_CASE("what a later mount covers is not there") {
    std::vector<Mount> mounts = mounts_in(
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "2 1 0:9 / /data rw - nfs server:/a rw\n"
        "3 2 0:9 / /data/below rw - nfs server:/b rw\n"
        "4 1 0:8 / /data rw - tmpfs tmpfs rw\n");
    REQUIRE(mounts.size() == 2);
    CHECK(at(mounts, "/data/below/x")->local);
}

TEST_CASE("a table that is none has no mounts") {
    CHECK(mounts_in("").empty());
    CHECK(mounts_in("\n\n").empty());
    CHECK(mounts_in("1 2 3 4 /x").empty());
    CHECK(mounts_in("1 2 3 4 x rw - nfs s rw\n").empty());
    CHECK(mounts_in("1 2 3 4 /x rw - \n").empty());
    std::vector<Mount> none;
    CHECK(mount_of(none, "/") == nullptr);
}

TEST_CASE("escapes in names of mounts are read, and what only looks like one is kept") {
    CHECK(mounts_in("1 2 3 4 /a\\134b rw - nfs s rw\n").front().directory == "/a\\b");
    CHECK(mounts_in("1 2 3 4 /a\\08 rw - nfs s rw\n").front().directory == "/a\\08");
    CHECK(mounts_in("1 2 3 4 /a\\04 rw - nfs s rw\n").front().directory == "/a\\04");
    CHECK(mounts_in("1 2 3 4 /a\\777\\ rw - nfs s rw\n").front().directory == "/a\xff\\");
}

TEST_CASE("this process has a root") {
    std::vector<Mount> mounts = mounts_in(own_mounts());
    REQUIRE(mount_of(mounts, "/") != nullptr);
    CHECK(mount_of(mounts, "/proc")->local);
}
