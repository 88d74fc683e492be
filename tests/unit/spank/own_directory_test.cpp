// SPDX-License-Identifier: Apache-2.0
#include "spank/host/own_directory.hpp"
#include "catch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace recipe;
using spank::NotOwn;
using spank::OwnDirectory;
namespace fs = std::filesystem;

namespace {

struct Folder {
    fs::path path;
    Folder() {
        std::string name = (fs::temp_directory_path() / "recipe-own.XXXXXX").string();
        path = mkdtemp(name.data());
    }
    ~Folder() { fs::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string in(const char* name) const { return (path / name).string(); }
};

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE(file.good());
    return {std::istreambuf_iterator<char>(file), {}};
}

mode_t mode_of(const std::string& path) {
    struct stat status{};
    REQUIRE(stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

std::size_t count_in(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

OwnDirectory opened(const std::string& path) {
    auto directory = OwnDirectory::open(path);
    REQUIRE(directory);
    return std::move(*directory);
}

/// The error, in words.
template <class Opened>
std::string why(const Opened& opened, NotOwn::Kind kind) {
    REQUIRE_FALSE(opened);
    CHECK(opened.error().kind == kind);
    return opened.error().why;
}

}  // namespace

TEST_CASE("a directory is made for its user alone, and a file in it is written once") {
    const Folder folder;
    const auto directory = OwnDirectory::make(folder.in("a/b"));
    REQUIRE(directory);
    CHECK(directory->path() == folder.in("a/b"));
    CHECK(mode_of(folder.in("a")) == 0700);
    CHECK(mode_of(folder.in("a/b")) == 0700);
    REQUIRE(directory->write_once("plan", "first").empty());
    CHECK(content_of(folder.in("a/b/plan")) == "first");
    CHECK(mode_of(folder.in("a/b/plan")) == 0600);
    REQUIRE(directory->write_once("plan", "second").empty());
    CHECK(content_of(folder.in("a/b/plan")) == "first");
    REQUIRE(directory->write_once("empty", "").empty());
    CHECK(content_of(folder.in("a/b/empty")).empty());
    const std::string large(1'000'000, 'x');
    REQUIRE(directory->write_once("large", large).empty());
    CHECK(content_of(folder.in("a/b/large")) == large);
    CHECK(count_in(folder.path / "a/b") == 3);
    CHECK(OwnDirectory::make(folder.in("a/b")));
}

TEST_CASE("whoever comes second finds the first one's file, also where it is a link to nowhere") {
    const Folder folder;
    fs::create_symlink(folder.path / "nowhere", folder.path / "file");
    CHECK(opened(folder.path).write_once("file", "x").empty());
    CHECK(fs::is_symlink(folder.path / "file"));
    CHECK_FALSE(fs::exists(folder.path / "nowhere"));
    CHECK(count_in(folder.path) == 1);
}

TEST_CASE("a file is replaced as a whole, and nothing is left beside it") {
    const Folder folder;
    const OwnDirectory directory = opened(folder.path);
    std::ofstream(folder.path / "file") << "a longer content";
    CHECK(directory.replace("file", "new").empty());
    CHECK(content_of(folder.in("file")) == "new");
    CHECK(mode_of(folder.in("file")) == 0600);
    CHECK(count_in(folder.path) == 1);
    CHECK(directory.replace("other", "").empty());
    CHECK(content_of(folder.in("other")).empty());
    // What cannot be put in its place leaves nothing, either.
    fs::create_directories(folder.path / "full/x");
    CHECK(directory.replace("full", "new").starts_with("cannot create " + folder.in("full") + ": "));
    CHECK(count_in(folder.path) == 3);
    fs::remove_all(folder.path / "full");
    fs::create_directories(folder.path / "gone");
    const OwnDirectory gone = opened(folder.in("gone"));
    fs::remove(folder.path / "gone");
    CHECK(gone.replace("file", "new").starts_with("cannot write " + folder.in("gone/file.")));
    CHECK(gone.write_once("file", "new").starts_with("cannot write " + folder.in("gone/file.")));
}

TEST_CASE("a file is created where there is none, and what is there is neither changed nor followed") {
    const Folder folder;
    const OwnDirectory directory = opened(folder.path);
    CHECK(directory.create("file", "one"));
    CHECK(content_of(folder.in("file")) == "one");
    CHECK(mode_of(folder.in("file")) == 0600);
    CHECK_FALSE(directory.create("file", "two"));
    CHECK(errno == EEXIST);
    CHECK(content_of(folder.in("file")) == "one");
    fs::create_symlink(folder.path / "nowhere", folder.path / "link");
    CHECK_FALSE(directory.create("link", "two"));
    CHECK_FALSE(fs::exists(folder.path / "nowhere"));
    CHECK(spank::create_file(folder.in("by path"), "three"));
    CHECK(content_of(folder.in("by path")) == "three");
    CHECK_FALSE(spank::create_file(folder.in("none/file"), "two"));
    CHECK_FALSE(spank::create_file("/dev/full", "two"));
}

TEST_CASE("directories are made one in another, and a file among them is in the way") {
    const Folder folder;
    CHECK(spank::make_directories(folder.in("a/b/c")));
    CHECK(fs::is_directory(folder.path / "a/b/c"));
    CHECK(mode_of(folder.in("a/b/c")) == 0700);
    CHECK(spank::make_directories(folder.in("a/b/c")));
    CHECK(spank::make_directories("/"));
    CHECK(spank::make_directories("/proc"));
    std::ofstream(folder.path / "file") << "x";
    CHECK_FALSE(spank::make_directories(folder.in("file/a")));
    CHECK(errno == ENOTDIR);
    CHECK(why(OwnDirectory::make(folder.in("file/a/b")), NotOwn::Kind::unusable) ==
          "cannot create " + folder.in("file/a/b") + ": Not a directory");
    CHECK_FALSE(spank::make_directories("/proc/recipe"));
}

TEST_CASE("what others may write to, a link, and what belongs to another is not the user's own") {
    const Folder folder;
    CHECK(why(OwnDirectory::open(folder.in("none")), NotOwn::Kind::missing) ==
          "cannot open " + folder.in("none") + ": No such file or directory");
    std::ofstream(folder.path / "file") << "x";
    CHECK(why(OwnDirectory::open(folder.in("file")), NotOwn::Kind::unusable) ==
          "cannot open " + folder.in("file") + ": Not a directory");
    fs::create_directories(folder.path / "dir");
    fs::create_directory_symlink("dir", folder.path / "link");
    CHECK(why(OwnDirectory::open(folder.in("link")), NotOwn::Kind::foreign) == folder.in("link") + " is a link");
    for (const mode_t mode : {mode_t{0720}, mode_t{0702}}) {
        REQUIRE(chmod(folder.in("dir").c_str(), mode) == 0);
        CHECK(why(OwnDirectory::open(folder.in("dir")), NotOwn::Kind::open_to_others) ==
              "others may write to " + folder.in("dir") + " (mode 0" + (mode == 0720 ? "720)" : "702)"));
        CHECK(why(OwnDirectory::make(folder.in("dir")), NotOwn::Kind::open_to_others)
                  .starts_with("others may write to "));
    }
    REQUIRE(chmod(folder.in("dir").c_str(), 0755) == 0);
    CHECK(OwnDirectory::open(folder.in("dir")));
    CHECK(opened(folder.path).below("dir"));
    CHECK(why(opened(folder.path).below("link"), NotOwn::Kind::foreign) == folder.in("link") + " is a link");
    if (geteuid() != 0) return;
    REQUIRE(chown(folder.in("dir").c_str(), 65534, 65534) == 0);
    CHECK(why(OwnDirectory::open(folder.in("dir")), NotOwn::Kind::foreign) ==
          folder.in("dir") + " belongs to nobody (uid 65534), and not to root (uid 0)");
    REQUIRE(chown(folder.in("dir").c_str(), 3999999, 0) == 0);
    CHECK(why(OwnDirectory::open(folder.in("dir")), NotOwn::Kind::foreign) ==
          folder.in("dir") + " belongs to uid 3999999, and not to root (uid 0)");
}

TEST_CASE("a file is opened when it is the user's own, and nothing waits for a writer") {
    const Folder folder;
    const OwnDirectory directory = opened(folder.path);
    CHECK(why(directory.open_file("none", O_RDONLY), NotOwn::Kind::missing).starts_with("cannot open "));
    REQUIRE(directory.create("file", "text"));
    const auto file = directory.open_file("file", O_RDWR);
    REQUIRE(file);
    CHECK(directory.is_named("file", *file));
    REQUIRE(directory.replace("file", "other").empty());
    CHECK_FALSE(directory.is_named("file", *file));
    CHECK_FALSE(directory.is_named("none", *file));
    fs::create_symlink("file", folder.path / "link");
    CHECK(why(directory.open_file("link", O_RDONLY), NotOwn::Kind::foreign) == folder.in("link") + " is a link");
    REQUIRE(mkfifo(folder.in("fifo").c_str(), 0600) == 0);
    CHECK(why(directory.open_file("fifo", O_RDONLY), NotOwn::Kind::foreign) ==
          folder.in("fifo") + " is no regular file");
    REQUIRE(chmod(folder.in("file").c_str(), 0620) == 0);
    CHECK(why(directory.open_file("file", O_RDONLY), NotOwn::Kind::open_to_others) ==
          "others may write to " + folder.in("file") + " (mode 0620)");
}

TEST_CASE("another directory in the old one's place is not written to") {
    const Folder folder;
    fs::create_directories(folder.path / "job");
    const OwnDirectory directory = opened(folder.in("job"));
    fs::rename(folder.path / "job", folder.path / "moved");
    fs::create_directories(folder.path / "job");
    REQUIRE(directory.write_once("file", "x").empty());
    CHECK(content_of(folder.in("moved/file")) == "x");
    CHECK(count_in(folder.path / "job") == 0);
}
