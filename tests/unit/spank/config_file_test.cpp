// SPDX-License-Identifier: Apache-2.0
#include "spank/host/config_file.hpp"
#include "catch.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace recipe;
namespace fs = std::filesystem;

namespace {

struct Folder {
    fs::path path;
    Folder() {
        std::string name = (fs::temp_directory_path() / "recipe-config.XXXXXX").string();
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

}  // namespace

TEST_CASE("a file is written once, with its directories, for its user alone") {
    const Folder folder;
    const std::string file = folder.in("a/b/plan.json");
    REQUIRE(spank::write_once(file, "first").empty());
    CHECK(content_of(file) == "first");
    CHECK(mode_of(file) == 0600);
    CHECK(mode_of(folder.in("a")) == 0700);
    CHECK(mode_of(folder.in("a/b")) == 0700);
    REQUIRE(spank::write_once(file, "second").empty());
    CHECK(content_of(file) == "first");
    CHECK(count_in(folder.path / "a/b") == 1);
    REQUIRE(spank::write_once(folder.in("a/b/empty"), "").empty());
    CHECK(content_of(folder.in("a/b/empty")).empty());
    const std::string large(1'000'000, 'x');
    REQUIRE(spank::write_once(folder.in("a/large"), large).empty());
    CHECK(content_of(folder.in("a/large")) == large);
}

TEST_CASE("whoever comes second finds the first one's file, also when it came between") {
    const Folder folder;
    // A link to nowhere is not readable, yet it is there.
    fs::create_symlink(folder.path / "nowhere", folder.path / "file");
    CHECK(spank::write_once(folder.in("file"), "x").empty());
    CHECK(fs::is_symlink(folder.path / "file"));
    CHECK_FALSE(fs::exists(folder.path / "nowhere"));
    CHECK(count_in(folder.path) == 1);
}

TEST_CASE("a file is replaced as a whole, and nothing is left beside it") {
    const Folder folder;
    std::ofstream(folder.path / "file") << "a longer content";
    CHECK(spank::replace(folder.in("file"), "new").empty());
    CHECK(content_of(folder.in("file")) == "new");
    CHECK(mode_of(folder.in("file")) == 0600);
    CHECK(count_in(folder.path) == 1);
    CHECK(spank::replace(folder.in("other"), "").empty());
    CHECK(content_of(folder.in("other")).empty());
    // What cannot be put in its place leaves nothing, either.
    fs::create_directories(folder.path / "full/x");
    CHECK(spank::replace(folder.in("full"), "new").starts_with("cannot create " + folder.in("full") + ": "));
    CHECK(count_in(folder.path) == 3);
    CHECK(spank::replace(folder.in("none/file"), "new").starts_with("cannot create " + folder.in("none/file.")));
}

TEST_CASE("a file is created where there is none, and what is there is neither changed nor followed") {
    const Folder folder;
    CHECK(spank::create(folder.in("file"), "one"));
    CHECK(content_of(folder.in("file")) == "one");
    CHECK(mode_of(folder.in("file")) == 0600);
    CHECK_FALSE(spank::create(folder.in("file"), "two"));
    CHECK(errno == EEXIST);
    CHECK(content_of(folder.in("file")) == "one");
    fs::create_symlink(folder.path / "nowhere", folder.path / "link");
    CHECK_FALSE(spank::create(folder.in("link"), "two"));
    CHECK_FALSE(fs::exists(folder.path / "nowhere"));
    CHECK_FALSE(spank::create(folder.in("none/file"), "two"));
    CHECK_FALSE(spank::create("/dev/full", "two"));
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
    CHECK(spank::write_once(folder.in("file/a/b"), "x") ==
          "cannot create " + folder.in("file/a") + ": Not a directory");
    CHECK_FALSE(spank::make_directories("/proc/recipe"));
}
