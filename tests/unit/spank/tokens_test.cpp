// SPDX-License-Identifier: Apache-2.0
#include "spank/host/tokens.hpp"
#include "catch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

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

spank::Token token_in(const fs::path& directory, std::uint32_t step) {
    return spank::await_token(directory.string(), step_of(step),
                              std::chrono::steady_clock::now() + std::chrono::milliseconds(30));
}

std::string awaited(const fs::path& directory, std::uint32_t step) {
    return token_in(directory, step).problem;
}

void write(const fs::path& file, std::string_view text) {
    std::ofstream(file) << text;
}

}  // namespace

TEST_CASE("a token lies beside a directory that is there, which stays empty") {
    const Folder folder;
    const fs::path output = folder.path / "output";
    fs::create_directory(output);
    CHECK(spank::leave_token(output.string(), step_of(0)).problem.empty());
    CHECK(fs::is_empty(output));
    CHECK(fs::exists(folder.path / ".recipe-17.0.0"));
    CHECK(awaited(output, 0).empty());
    spank::remove_token(output.string(), step_of(0));
    CHECK_FALSE(fs::exists(folder.path / ".recipe-17.0.0"));
}

TEST_CASE("a token of a directory that is not there lies in the nearest one") {
    const Folder folder;
    const fs::path output = folder.path / "a/b/c";
    CHECK(spank::leave_token(output.string(), step_of(0)).problem.empty());
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
    CHECK(spank::leave_token((folder.path / "one").string(), step_of(0)).problem.empty());
    CHECK(spank::leave_token((folder.path / "two").string(), step_of(0)).problem.empty());
    CHECK(spank::leave_token((folder.path / "one").string(), step_of(1)).problem.empty());
    spank::remove_token((folder.path / "one").string(), step_of(0));
    CHECK(awaited(folder.path / "one", 1).empty());
    CHECK(awaited(folder.path / "one", 0) == "what the step's first node has written there does not appear here");
}

TEST_CASE("a token that cannot be left is a problem") {
    const std::string why = spank::leave_token("/proc/recipe", step_of(0)).problem;
    CHECK(why.starts_with("/proc cannot be written to ("));
}

TEST_CASE("a token says on which port the step meets") {
    const Folder folder;
    node::Facts head = step_of(0);
    head.port = 25017;
    CHECK(spank::leave_token(folder.path.string(), head).port == 25017);
    CHECK(token_in(folder.path, 0).port == 25017);
    CHECK_FALSE(spank::leave_token(folder.path.string(), step_of(1)).port);
    CHECK(token_in(folder.path, 1).problem.empty());
    CHECK_FALSE(token_in(folder.path, 1).port);
    spank::remove_token(folder.path.string(), step_of(0));
    spank::remove_token(folder.path.string(), step_of(1));
}

TEST_CASE("a token that others may write to, or that another user has made, proves nothing") {
    const Folder folder;
    const fs::path file = folder.path / ".recipe-17.0.0";
    const fs::path output = folder.path / "output";
    write(file, ".recipe-17.0.0 25017.");
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
    CHECK(token_in(output, 0).port == 25017);
    CHECK_FALSE(token_in(output, 0).foreign);
    node::Facts head = step_of(0);
    head.port = 25017;
    const auto refused = [&](const std::string& why) {
        for (const spank::Token& token : {token_in(output, 0), spank::leave_token(output.string(), head)}) {
            CHECK(token.problem == why);
            CHECK(token.foreign);
            CHECK_FALSE(token.port);
        }
        // Nothing is left of the question what the server makes of files.
        CHECK(std::distance(fs::directory_iterator(folder.path), {}) == 1);
    };
    for (const fs::perms perms : {fs::perms::group_write, fs::perms::others_write}) {
        fs::permissions(file, perms, fs::perm_options::add);
        refused("others may write to " + file.string() +
                (perms == fs::perms::group_write ? " (mode 0620)" : " (mode 0602)"));
        fs::permissions(file, perms, fs::perm_options::remove);
    }
    fs::permissions(file, fs::perms::owner_read);
    CHECK(token_in(output, 0).port == 25017);
    CHECK(spank::leave_token(output.string(), head).port == 25017);
    if (geteuid() != 0) return;  // only root gives files away
    REQUIRE(chown(file.c_str(), 4242, 4242) == 0);
    refused(file.string() + " belongs to uid 4242, and not to root (uid 0)");
}

TEST_CASE("a directory that may be passed and not listed has tokens like any other") {
    const Folder folder;
    const fs::path output = folder.path / "closed" / "output";
    fs::create_directories(output);
    CHECK(spank::leave_token(output.string(), step_of(0)).problem.empty());
    fs::permissions(output.parent_path(), fs::perms::owner_exec);
    CHECK(awaited(output, 0).empty());
    fs::permissions(output.parent_path(), fs::perms::owner_all);
}

TEST_CASE("a link, an unfinished token and another step's are none") {
    const Folder folder;
    const fs::path file = folder.path / ".recipe-17.0.0";
    const fs::path output = folder.path / "output";
    for (const char* text : {"", ".recipe-17.0.0", ".recipe-17.0.0 25017", ".recipe-17.0.1 25017."}) {
        INFO(text);
        write(file, text);
        CHECK_FALSE(awaited(output, 0).empty());
    }
    // The head finds that its token says something else.
    CHECK_FALSE(spank::leave_token(output.string(), step_of(0)).problem.empty());
    fs::rename(file, folder.path / "real");
    write(folder.path / "real", ".recipe-17.0.0 25017.");
    fs::create_symlink("real", file);
    CHECK_FALSE(awaited(output, 0).empty());
    fs::remove(file);
    for (const char* port : {"0", "-1", "70000", "x"}) {
        INFO(port);
        write(file, std::string(".recipe-17.0.0 ") + port + '.');
        fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
        CHECK(awaited(output, 0).empty());
        CHECK_FALSE(token_in(output, 0).port);
    }
}

TEST_CASE("what is no file proves nothing of a port") {
    const Folder folder;
    const fs::path pipe = folder.path / ".recipe-17.0.0";
    REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
    const int end = open(pipe.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(end >= 0);
    const std::string_view text = ".recipe-17.0.0 25017.";
    REQUIRE(::write(end, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    CHECK_FALSE(token_in(folder.path / "output", 0).port);
    close(end);
}
