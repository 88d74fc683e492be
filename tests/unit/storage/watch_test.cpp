// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "storage/storage.hpp"

#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

using namespace recipe;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// Directories, some of which a table calls mounts of other hosts.
struct Host {
    fs::path root;
    std::string table;
    std::vector<std::string> asked;
    std::vector<std::chrono::milliseconds> limits;
    std::string dead;  // nothing below it answers
    std::chrono::milliseconds slowness{0};
    int tables_read = 0;

    Host() {
        std::string name = "/tmp/recipe-watch-XXXXXX";
        REQUIRE(mkdtemp(name.data()) != nullptr);
        root = fs::canonical(name);
        table = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n";
    }
    ~Host() { fs::remove_all(root); }
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    std::string mount(const std::string& name, const std::string& type = "nfs") {
        fs::create_directories(root / name);
        table += "2 1 0:9 / " + (root / name).string() + " rw - " + type + " server:/x rw\n";
        return (root / name).string();
    }
    storage::Watch watch(std::chrono::milliseconds limit = 10s) {
        return storage::Watch(
            limit,
            [this] {
                ++tables_read;
                return table;
            },
            [this](const std::string& path, std::chrono::milliseconds left) {
                asked.push_back(path);
                limits.push_back(left);
                if (slowness > 0ms) std::this_thread::sleep_for(slowness);
                return dead.empty() || !storage::is_within(path, dead);
            });
    }
    std::string file(const std::string& name) {
        std::ofstream(root / name) << "x";
        return (root / name).string();
    }
};

}  // namespace

TEST_CASE("without a watch everything answers, and nobody is asked") {
    CHECK(storage::current_watch() == nullptr);
    CHECK(storage::answers("/nowhere/at/all"));
}

TEST_CASE("a host without file servers asks nobody") {
    Host host;
    const auto watch = host.watch();
    CHECK(storage::current_watch() == &watch);
    CHECK(storage::answers(host.file("a")));
    CHECK(storage::answers("relative"));
    CHECK(host.asked.empty());
    CHECK(host.tables_read == 1);
    CHECK(watch.silent().empty());
}

TEST_CASE("a file server is asked once, and not again") {
    Host host;
    const std::string mount = host.mount("nfs");
    const auto watch = host.watch(5s);
    CHECK(watch.limit() == 5s);
    CHECK(storage::answers(host.file("local")));
    CHECK(host.asked.empty());
    CHECK(storage::answers(mount + "/deep/file"));
    CHECK(storage::answers(mount));
    CHECK(storage::answers(host.file("nfs/other")));
    CHECK(host.asked == std::vector{mount + "/deep/file"});
    REQUIRE(host.limits.size() == 1);
    CHECK(host.limits[0] == 5s);
}

TEST_CASE("one that is silent is named, and nothing behind it is touched") {
    Host host;
    const std::string alive = host.mount("alive");
    const std::string dead = host.dead = host.mount("dead");
    const std::string other = host.mount("other");
    const auto watch = host.watch();
    CHECK(storage::answers(alive + "/x"));
    CHECK_FALSE(storage::answers(dead + "/x/y"));
    CHECK(watch.silent() == dead + "/x/y");
    CHECK_FALSE(storage::answers(dead + "/z"));
    CHECK_FALSE(storage::answers(other));
    CHECK(watch.silent() == dead + "/x/y");
    CHECK(host.asked.size() == 2);
}

TEST_CASE("a link leads to the storage behind it") {
    Host host;
    const std::string dead = host.dead = host.mount("dead");
    fs::create_directory_symlink(dead, host.root / "link");
    fs::create_directory_symlink("link", host.root / "second");
    fs::create_directory(host.root / "folder");
    fs::create_directory_symlink("../second/deep", host.root / "folder/third");
    for (const char* way : {"link/x", "second", "folder/third/x", "folder/../link", "./link//x", "folder/./third"}) {
        const auto watch = host.watch();
        // Of a path with a link, the child is asked the whole.
        host.dead = host.root.string();
        CHECK_FALSE(storage::answers((host.root / way).string()));
        CHECK(watch.silent() == (host.root / way).string());
    }
}

TEST_CASE("a directory is followed once, and its entries' links each time") {
    Host host;
    const std::string dead = host.mount("dead");
    fs::create_directory(host.root / "folder");
    fs::create_directory_symlink(dead + "/y", host.root / "folder/link");
    host.dead = host.root.string();
    const auto watch = host.watch();
    CHECK(storage::answers(host.file("folder/a")));
    CHECK(storage::answers(host.file("folder/b")));
    CHECK(host.asked.empty());
    CHECK_FALSE(storage::answers((host.root / "folder/link").string()));
}

TEST_CASE("links in a circle, and paths that are not there, lead nowhere") {
    Host host;
    host.dead = host.mount("dead");
    fs::create_symlink("b", host.root / "a");
    fs::create_symlink("a", host.root / "b");
    const auto watch = host.watch();
    CHECK(storage::answers((host.root / "a").string()));
    CHECK(storage::answers((host.root / "missing/../dead/x").string()));
    CHECK(storage::answers((host.root / "missing/dead").string()));
    CHECK(storage::answers(host.file("file") + "/below/it"));
    CHECK(storage::answers(""));
    CHECK(storage::answers(std::string("/a\0b", 4)));
    CHECK(host.asked.empty());
    CHECK_FALSE(storage::answers((host.root / "x/../dead").string().erase(host.root.string().size(), 5)));
}

TEST_CASE("a relative path counts from where the process is") {
    Host host;
    const std::string dead = host.dead = host.mount("dead");
    const fs::path before = fs::current_path();
    fs::current_path(host.root);
    const auto watch = host.watch();
    const bool answers = storage::answers("dead/x");
    fs::current_path(before);
    CHECK_FALSE(answers);
    CHECK(watch.silent() == dead.substr(0, dead.size() - 5) + "/dead/x");
}

TEST_CASE("all together are waited for as long as one") {
    Host host;
    const std::string first = host.mount("first");
    const std::string second = host.mount("second");
    const std::string third = host.mount("third");
    host.slowness = 30ms;
    const auto watch = host.watch(50ms);
    CHECK(storage::answers(first));
    // On a busy machine the first took it all.
    static_cast<void>(storage::answers(second));
    CHECK_FALSE(storage::answers(third));
    for (const auto limit : host.limits) CHECK(limit <= 50ms);
    if (host.limits.size() > 1) CHECK(host.limits[1] <= 20ms);
    CHECK(host.limits.size() <= 2);
}

TEST_CASE("a limit may change when the site's is known") {
    Host host;
    const std::string mount = host.mount("nfs");
    auto watch = host.watch(10s);
    watch.set_limit(3s);
    CHECK(watch.limit() == 3s);
    CHECK(storage::answers(mount));
    CHECK(host.limits == std::vector<std::chrono::milliseconds>{3s});
}

TEST_CASE("below an automatic mount each one is asked") {
    Host host;
    const std::string home = host.mount("home", "autofs");
    fs::create_directories(host.root / "home/ann");
    const auto watch = host.watch();
    host.table += "3 2 0:10 / " + home + "/ann rw - nfs server:/ann rw\n";
    CHECK(storage::answers(home + "/ann/x"));
    CHECK(host.tables_read == 2);
    const std::size_t asked = host.asked.size();
    CHECK(storage::answers(home + "/ann/y"));
    CHECK(host.asked.size() == asked);
    host.dead = home + "/bob";
    CHECK_FALSE(storage::answers(home + "/bob"));
}

TEST_CASE("a root that is on a file server is asked first") {
    Host host;
    host.table = "1 0 0:8 / / rw - nfs server:/root rw\n";
    host.dead = "/";
    const auto watch = host.watch();
    CHECK_FALSE(storage::answers("/etc"));
    CHECK(host.asked == std::vector<std::string>{"/etc"});
}

TEST_CASE("the watch of an outer place counts again when the inner one ends") {
    Host host;
    const auto outer = host.watch();
    {
        const auto inner = host.watch();
        CHECK(storage::current_watch() == &inner);
    }
    CHECK(storage::current_watch() == &outer);
    std::thread([] { CHECK(storage::current_watch() == nullptr); }).join();
}

TEST_CASE("questions about paths are asked where storage answers") {
    Host host;
    const std::string file = host.file("file");
    const std::string folder = host.root.string();
    CHECK(storage::is_file(file));
    CHECK_FALSE(storage::is_file(folder));
    CHECK(storage::is_directory(folder));
    CHECK_FALSE(storage::is_directory(file));
    CHECK(storage::exists(file));
    CHECK_FALSE(storage::exists(file + "x"));
    host.dead = host.mount("dead");
    host.file("dead/file");
    const auto watch = host.watch();
    CHECK_FALSE(storage::is_file(host.dead + "/file"));
    CHECK_FALSE(storage::is_directory(host.dead));
    CHECK_FALSE(storage::exists(host.dead + "/file"));
    CHECK(storage::exists(file));
}

TEST_CASE("a child asks what is there, and what is not") {
    CHECK(storage::ask_in_child("/", 60s));
    CHECK(storage::ask_in_child("/nowhere/at/all", 60s));
    CHECK(storage::ask_in_child("/proc/self/fd/1", 60s));
}
