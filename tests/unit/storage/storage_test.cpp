// SPDX-License-Identifier: Apache-2.0
#include "storage/storage.hpp"
#include "catch.hpp"

#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

using namespace recipe;
using storage::Content;
using storage::Kind;

namespace {

/// A directory that is gone with the test.
struct Directory {
    std::filesystem::path path;
    explicit Directory(const char* below) {
        std::string name = std::string(below) + "/recipe-test-XXXXXX";
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Directory() {
        std::error_code error;
        std::filesystem::remove_all(path, error);
    }
};

}  // namespace

TEST_CASE("file systems by what they share") {
    CHECK(storage::kind_of(storage::type_of(0x01021994)) == Kind::memory);
    CHECK(storage::kind_of(storage::type_of(0x858458f6)) == Kind::memory);
    for (const char* disk : {"ext4", "xfs", "btrfs", "overlay", "zfs"}) CHECK(storage::kind_of(disk) == Kind::local);
    for (const char* net : {"nfs", "lustre", "gpfs", "beegfs", "ceph", "wekafs"})
        CHECK(storage::kind_of(net) == Kind::shared);
    CHECK(storage::kind_of("fuse") == Kind::unknown);
    CHECK(storage::type_of(0xef53) == "ext4");
    CHECK(storage::type_of(0x6969) == "nfs");
    CHECK(storage::type_of(0x0bd00bd0) == "lustre");
    CHECK(storage::type_of(0) == "unknown");
    CHECK(storage::type_of(0xabcd) == "unknown");
}

TEST_CASE("a path on tmpfs is seen as such, and so is what is not there yet") {
    const Directory directory("/dev/shm");
    const storage::PathStatus there = storage::path_status(directory.path);
    CHECK(there.exists);
    CHECK(there.is_directory);
    CHECK(there.type == "tmpfs");
    CHECK(there.free_bytes > 0);
    CHECK(there.write_error == 0);
    const storage::PathStatus later = storage::path_status(directory.path / "a/b/../c");
    CHECK_FALSE(later.exists);
    CHECK(later.nearest == directory.path);
    CHECK(later.device == there.device);
    CHECK(later.write_error == 0);
}

TEST_CASE("what is not visible is elsewhere, and a file has nothing below it") {
    CHECK(storage::path_status("/no-such-directory/x").is_elsewhere());
    CHECK_FALSE(storage::path_status("relative").exists);
    const Directory directory("/tmp");
    std::ofstream(directory.path / "file") << "x";
    CHECK(storage::path_status(directory.path / "file/below").write_error == ENOTDIR);
}

TEST_CASE("a squashfs is recognized by its magic") {
    const Directory directory("/tmp");
    const auto content = [&](const std::string& text) {
        std::ofstream(directory.path / "image") << text;
        return storage::content_of(directory.path / "image");
    };
    CHECK(content("hsqs and more") == Content::squashfs);
    CHECK(content("hsq") == Content::other);
    CHECK(content("") == Content::other);
    CHECK(content("#!/usr/bin/env run-singularity\n\0") == Content::other);
    CHECK(content("#!/usr/bin/env run-singularity\n" + std::string(1, '\0') + "SIF_MAGIC") == Content::singularity);
    CHECK(storage::content_of(directory.path) == Content::directory);
    CHECK(storage::content_of(directory.path / "none") == Content::missing);
}

TEST_CASE("exported directories are read as exports(5) has them") {
    CHECK(storage::exported_directories("# shared\n/home *(rw,sync)\n\"/with blank\" host(ro)\n/long \\\n  "
                                        "/not-a-directory(rw)\n\n/fsx/\t10.0.0.0/8(rw)\n") ==
          std::vector<std::string>{"/home", "/with blank", "/long", "/fsx"});
    CHECK(storage::exported_directories("").empty());
    CHECK(storage::exported_directories("\"/unfinished").size() <= 1);
}

TEST_CASE("a path is within a directory, not within one whose name it begins with") {
    CHECK(storage::is_within("/fsx/a", "/fsx"));
    CHECK(storage::is_within("/fsx", "/fsx"));
    CHECK(storage::is_within("/fsx", "/"));
    CHECK_FALSE(storage::is_within("/fsx2", "/fsx"));
    CHECK(storage::normal("/a//b/./c/../d/") == "/a/b/d");
    CHECK(storage::normal("/") == "/");
}

TEST_CASE("a host that remembers is asked once for each path, and so are its copies") {
    std::map<std::string, int> asked;
    const storage::Host host = storage::remembering({.status_of =
                                                         [&](const std::string& path) {
                                                             ++asked["status " + path];
                                                             return storage::PathStatus{.exists = true};
                                                         },
                                                     .content =
                                                         [&](const std::string& path) {
                                                             ++asked["content " + path];
                                                             return Content::squashfs;
                                                         },
                                                     .exported = {"/home"},
                                                     .access =
                                                         [&](const std::string& path) {
                                                             ++asked["access " + path];
                                                             return storage::Access{.error = ENOENT};
                                                         }});
    const storage::Host copy = host;
    for (const storage::Host* one : {&host, &copy, &host}) {
        CHECK(one->status_of("/a").exists);
        CHECK(one->content("/a") == Content::squashfs);
        CHECK(one->access("/a").error == ENOENT);
        CHECK(one->access("/b").error == ENOENT);
        CHECK(one->exported == std::vector<std::string>{"/home"});
    }
    CHECK(asked == std::map<std::string, int>{{"status /a", 1}, {"content /a", 1}, {"access /a", 1}, {"access /b", 1}});
}

TEST_CASE("this host remembers what it saw, and each one anew") {
    const Directory directory("/tmp");
    const std::string file = directory.path / "file";
    const storage::Host before = storage::this_host();
    CHECK_FALSE(before.access(file).exists());
    std::ofstream(file) << "x";
    CHECK_FALSE(before.access(file).exists());
    CHECK(storage::this_host().access(file).exists());
}

TEST_CASE("access tells what is there and whether one may read and write it") {
    const Directory directory("/tmp");
    const storage::Access folder = storage::access_of(directory.path);
    CHECK(folder.exists());
    CHECK(folder.is_directory);
    CHECK_FALSE(folder.is_file);
    CHECK(folder.mode == 0700);
    CHECK(folder.read_error == 0);
    CHECK(folder.write_error == 0);
    std::ofstream(directory.path / "file") << "x";
    CHECK(storage::access_of(directory.path / "file").is_file);
    const storage::Access below = storage::access_of(directory.path / "file" / "x");
    CHECK(below.error == ENOTDIR);
    CHECK(below.read_error == ENOTDIR);
    CHECK(below.write_error == ENOTDIR);
    CHECK_FALSE(below.exists());
}
