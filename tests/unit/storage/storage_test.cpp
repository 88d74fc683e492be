// SPDX-License-Identifier: Apache-2.0
#include "storage/storage.hpp"
#include "catch.hpp"
#include "storage/write_all.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
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

TEST_CASE("a directory that others may write to without the sticky bit is named, with its owner and mode") {
    const Directory directory("/tmp");
    const std::string open = directory.path / "open";
    const std::string below = open + "/a/b";
    std::filesystem::create_directories(below);
    const auto exposed = [&](mode_t mode, const std::string& path) {
        REQUIRE(chmod(open.c_str(), mode) == 0);
        return storage::path_status(path).exposed;
    };
    CHECK(exposed(0755, below) == storage::Exposed{});
    CHECK(exposed(01777, below) == storage::Exposed{});
    CHECK(exposed(0757, below) == storage::Exposed{.directory = open, .mode = 0757, .owner = geteuid()});
    CHECK(exposed(0777, below + "/not/there") == storage::Exposed{.directory = open, .mode = 0777, .owner = geteuid()});
    CHECK(exposed(02777, open).mode == 02777);
    CHECK(exposed(0777, directory.path) == storage::Exposed{});
    // Where a link leads to counts.
    std::filesystem::create_symlink(open, directory.path / "link");
    CHECK(exposed(0777, directory.path / "link/a").directory == open);
    // A group of one's own, or root's, is no stranger.
    CHECK(exposed(0775, below) == storage::Exposed{});
    if (geteuid() != 0) return;
    REQUIRE(chown(open.c_str(), 4242, 4343) == 0);
    CHECK(exposed(0775, below) == storage::Exposed{.directory = open, .mode = 0775, .owner = 4242});
    CHECK(exposed(01775, below) == storage::Exposed{});
    CHECK(exposed(0755, below) == storage::Exposed{});
}

TEST_CASE("free bytes are those that a user may still take") {
    const auto space = std::filesystem::space("/tmp");
    const double free = storage::path_status("/tmp").free_bytes;
    // Others write there in between.
    CHECK(free > static_cast<double>(space.available) * 0.9);
    CHECK(free < static_cast<double>(space.available) * 1.1 + 1e6);
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

TEST_CASE("a small file's text is read, and nothing that may hang, is no file or is long") {
    const Directory directory("/tmp");
    const std::string file = directory.path / "config.json";
    std::ofstream(file) << "{\"a\": 1}";
    CHECK(storage::text_of(file) == "{\"a\": 1}");
    CHECK_FALSE(storage::text_of(directory.path));
    CHECK_FALSE(storage::text_of(directory.path / "nothing"));
    CHECK_FALSE(storage::text_of("config.json"));
    CHECK_FALSE(storage::text_of("/dev/zero"));
    const std::string pipe = directory.path / "pipe";
    REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
    CHECK_FALSE(storage::text_of(pipe));
    std::filesystem::resize_file(file, 1024 * 1024);
    CHECK(storage::text_of(file));
    std::filesystem::resize_file(file, 1024 * 1024 + 1);
    CHECK_FALSE(storage::text_of(file));
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

TEST_CASE("a path that no call would take is nowhere") {
    const std::string at_most = '/' + std::string(4094, '/');
    CHECK(storage::path_status(at_most).exists);
    CHECK_FALSE(storage::path_status(at_most + '/').exists);
    CHECK(storage::path_status(at_most + '/').is_elsewhere());
    CHECK(storage::path_status(std::string("/tmp\0x", 6)).is_elsewhere());
    CHECK(storage::path_status("").is_elsewhere());
    CHECK(storage::path_status("/").exists);
    CHECK(storage::path_status("/").nearest == "/");
    CHECK(storage::path_status("/tmp//./x/..").exists);
}

TEST_CASE("a file is no directory, and may be written to by its owner") {
    const Directory directory("/tmp");
    const std::string file = directory.path / "file";
    std::ofstream(file) << "x";
    const storage::PathStatus status = storage::path_status(file);
    CHECK(status.exists);
    CHECK_FALSE(status.is_directory);
    CHECK(status.write_error == 0);
    CHECK(status.nearest == file);
    CHECK(storage::content_of(file + "/x") == Content::missing);
    CHECK(storage::access_of(file).read_error == 0);
    CHECK(storage::access_of(file).mode != 0);
    std::filesystem::permissions(file, std::filesystem::perms::owner_read);
    CHECK(storage::access_of(file).mode == 0400);
    CHECK(storage::access_of(file).write_error == EACCES);  // nobody may execute it, root either
}

TEST_CASE("every file system that people run training on has a kind, by the name that its number gives") {
    const auto kind = [](std::uint64_t magic) { return storage::kind_of(storage::type_of(magic)); };
    for (const std::uint64_t memory : {0x01021994ULL, 0x858458f6ULL, 0x958458f6ULL, 0x62656572ULL, 0x9fa0ULL})
        CHECK(kind(memory) == Kind::memory);
    for (const std::uint64_t local : {0xef53ULL, 0x58465342ULL, 0x9123683eULL, 0x794c7630ULL, 0x2fc12fc1ULL,
                                      0xf2f52010ULL, 0xca451a4eULL, 0x73717368ULL})
        CHECK(kind(local) == Kind::local);
    for (const std::uint64_t shared :
         {0x6969ULL, 0x0bd00bd0ULL, 0x47504653ULL, 0x19830326ULL, 0x00c36400ULL, 0xff534d42ULL, 0xfe534d42ULL,
          0x5346414fULL, 0x01021997ULL, 0x20030528ULL, 0x7461636fULL, 0x01161970ULL, 0xaad7aaeaULL})
        CHECK(kind(shared) == Kind::shared);
    CHECK(kind(0x65735546) == Kind::unknown);
    CHECK(storage::type_of(0x65735546) == "fuse");
    CHECK(storage::kind_of("") == Kind::unknown);
}

TEST_CASE("a line of exports(5) that goes on is one line, and a quoted name has what is in its quotes") {
    const auto read = storage::exported_directories;
    using Directories = std::vector<std::string>;
    CHECK(read("/a\n/b") == Directories{"/a", "/b"});
    CHECK(read("/a \\\n/not *\n/b *\n") == Directories{"/a", "/b"});
    CHECK(read("/a \\\n/not \\\n/not\n/b") == Directories{"/a", "/b"});
    CHECK(read("\"/a b\"(ro)\n") == Directories{"/a b"});
    CHECK(read("x /a\n\t/a\n#/a\n\"x\"\n").empty());
    for (const char blank : {' ', '\t', '\v', '\f', '\r'})
        CHECK(read(std::string("/a") + blank + "b") == Directories{"/a"});
}

TEST_CASE("paths are compared without what says nothing in them") {
    CHECK(storage::normal("//a") == "/a");
    CHECK(storage::normal("//") == "/");
    CHECK(storage::normal("/a/") == "/a");
    CHECK(storage::normal("/a/..") == "/");
    CHECK(storage::normal("a/./b/") == "a/b");
    CHECK_FALSE(storage::is_within("/fs", "/fsx"));
    CHECK_FALSE(storage::is_within("/", "/fsx"));
    CHECK(storage::is_within("/fsx/", "/fsx"));
}

TEST_CASE("a folder's entries, a link to a folder being none") {
    const Directory directory("/tmp");
    std::filesystem::create_directory(directory.path / "below");
    std::ofstream(directory.path / ".hidden.yaml") << "a: 1\n";
    std::filesystem::create_directory_symlink(directory.path / "below", directory.path / "link");

    auto entries = storage::entries_of(directory.path.string(), 10);
    std::ranges::sort(entries, {}, &storage::FolderEntry::name);
    CHECK(entries == std::vector<storage::FolderEntry>{{.name = ".hidden.yaml", .is_folder = false},
                                                       {.name = "below", .is_folder = true},
                                                       {.name = "link", .is_folder = false}});
    CHECK(storage::entries_of(directory.path.string(), 2).size() == 2);
    CHECK(storage::entries_of(directory.path.string(), 0).empty());
    CHECK(storage::entries_of((directory.path / "nowhere").string(), 10).empty());
    CHECK(storage::entries_of((directory.path / ".hidden.yaml").string(), 10).empty());
}

TEST_CASE("a text is written whole, through a pipe that takes a part of it at a time") {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const std::string text(1'000'000, 'x');
    std::string got;
    std::thread reader([&] {
        std::array<char, 4096> block{};
        for (ssize_t count = 0; (count = read(ends[0], block.data(), block.size())) > 0;)
            got.append(block.data(), static_cast<std::size_t>(count));
    });
    const bool written = storage::write_all(ends[1], text);
    close(ends[1]);
    reader.join();
    close(ends[0]);
    CHECK(written);
    CHECK(got == text);
    CHECK(storage::write_all(-1, ""));
    errno = 0;
    CHECK_FALSE(storage::write_all(-1, "x"));
    CHECK(errno == EBADF);
}
