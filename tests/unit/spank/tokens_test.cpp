// SPDX-License-Identifier: Apache-2.0
#include "spank/host/tokens.hpp"
#include "catch.hpp"

#include <cstdlib>
#include <filesystem>

using namespace recipe;
namespace fs = std::filesystem;

namespace {

struct Folder {
    fs::path path;
    Folder() {
        std::string name = (fs::temp_directory_path() / "recipe-tokens.XXXXXX").string();
        path = mkdtemp(name.data());
    }
    ~Folder() { fs::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
};

node::Facts step_of(std::uint32_t step) {
    return {.job_id = 17, .step_id = step, .node_count = 2};
}

std::string awaited(const fs::path& directory, std::uint32_t step) {
    return spank::await_token(directory.string(), step_of(step),
                              std::chrono::steady_clock::now() + std::chrono::milliseconds(30));
}

}  // namespace

TEST_CASE("a token lies beside a directory that is there, which stays empty") {
    const Folder folder;
    const fs::path output = folder.path / "output";
    fs::create_directory(output);
    CHECK(spank::leave_token(output.string(), step_of(0)).empty());
    CHECK(fs::is_empty(output));
    CHECK(fs::exists(folder.path / ".recipe-17.0.0"));
    CHECK(awaited(output, 0).empty());
    spank::remove_token(output.string(), step_of(0));
    CHECK_FALSE(fs::exists(folder.path / ".recipe-17.0.0"));
}

TEST_CASE("a token of a directory that is not there lies in the nearest one") {
    const Folder folder;
    const fs::path output = folder.path / "a/b/c";
    CHECK(spank::leave_token(output.string(), step_of(0)).empty());
    CHECK(fs::exists(folder.path / ".recipe-17.0.0"));
    CHECK(awaited(output, 0).empty());
    fs::create_directories(output);  // by somebody, meanwhile
    CHECK(awaited(output, 0).empty());
    spank::remove_token(output.string(), step_of(0));
    CHECK_FALSE(fs::exists(folder.path / ".recipe-17.0.0"));
}

TEST_CASE("steps have tokens of their own, and directories may share one") {
    const Folder folder;
    for (const char* name : {"one", "two"}) fs::create_directory(folder.path / name);
    CHECK(spank::leave_token((folder.path / "one").string(), step_of(0)).empty());
    CHECK(spank::leave_token((folder.path / "two").string(), step_of(0)).empty());
    CHECK(spank::leave_token((folder.path / "one").string(), step_of(1)).empty());
    spank::remove_token((folder.path / "one").string(), step_of(0));
    CHECK(awaited(folder.path / "one", 1).empty());
    CHECK(awaited(folder.path / "one", 0) == "what the step's first node has written there does not appear here");
}

TEST_CASE("a token that cannot be left is a problem") {
    const std::string why = spank::leave_token("/proc/recipe", step_of(0));
    CHECK(why.starts_with("/proc cannot be written to ("));
}
