// SPDX-License-Identifier: Apache-2.0
#include "spank/host/secret_files.hpp"

#include "catch.hpp"
#include "secret/secret.hpp"
#include "spank/host/own_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

using namespace recipe;
namespace fs = std::filesystem;

namespace {

struct Folder {
    fs::path path;
    std::string directory;
    Folder() {
        std::string name = (fs::temp_directory_path() / "recipe-secrets.XXXXXX").string();
        path = mkdtemp(name.data());
        directory = secret::directory_of_files({{"XDG_STATE_HOME", path.string()}}, "");
    }
    ~Folder() { fs::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
};

mode_t mode_of(const std::string& path) {
    struct stat status{};
    REQUIRE(stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

std::string written(const Folder& folder, std::string_view text = R"(["one"])") {
    const std::string file = spank::new_secrets_file(folder.directory);
    REQUIRE(spank::write_secrets(file, text).empty());
    return file;
}

std::string refusal_of(const std::string& path) {
    const auto text = spank::read_secret_texts(path);
    REQUIRE_FALSE(text);
    CHECK(text.error().front().code == "node.secrets");
    CHECK(text.error().front().message.starts_with("the file of the recipe's secrets " + path + ": "));
    return text.error().front().message.substr(text.error().front().message.rfind(": ") + 2);
}

}  // namespace

TEST_CASE("a file of secrets is the user's alone, and so is its directory") {
    const Folder folder;
    const std::string file = written(folder);
    CHECK(secret::is_file_of_ours(file));
    CHECK(mode_of(file) == 0600);
    CHECK(mode_of(folder.directory) == 0700);
    CHECK(spank::read_secret_texts(file) == std::vector<std::string>{"one"});
    CHECK(spank::new_secrets_file(folder.directory) != spank::new_secrets_file(folder.directory));
    CHECK(spank::label_of("/x/0123abcdef") == "0123abcd");
}

TEST_CASE("a directory of secrets that others may enter is closed") {
    const Folder folder;
    fs::create_directories(folder.directory);
    REQUIRE(chmod(folder.directory.c_str(), 0755) == 0);
    static_cast<void>(written(folder));
    CHECK(mode_of(folder.directory) == 0700);
}

TEST_CASE("what is there already is neither overwritten nor followed when secrets are written") {
    const Folder folder;
    const std::string file = written(folder);
    CHECK(spank::write_secrets(file, "[]").find("File exists") != std::string::npos);
    CHECK(spank::read_secrets(file) == R"(["one"])");
    const std::string other = spank::new_secrets_file(folder.directory);
    fs::create_symlink(folder.path / "elsewhere", other);
    CHECK(spank::write_secrets(other, "[]").find("File exists") != std::string::npos);
    CHECK_FALSE(fs::exists(folder.path / "elsewhere"));
    CHECK(spank::write_secrets("/proc/slurm-recipe/secrets/x", "[]")
              .starts_with("cannot create /proc/slurm-recipe/secrets"));
}

TEST_CASE("only a regular file of the user's own, closed to others, is read") {
    const Folder folder;
    const std::string file = written(folder);
    for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0610U}) {
        REQUIRE(chmod(file.c_str(), mode) == 0);
        CHECK(refusal_of(file) == "others may read or write it");
    }
    const std::string missing = spank::new_secrets_file(folder.directory);
    CHECK(refusal_of(missing) == "No such file or directory");
    REQUIRE(chmod(file.c_str(), 0600) == 0);
    fs::create_symlink(file, missing);
    CHECK(refusal_of(missing) == "it is a link");
    CHECK(refusal_of(folder.directory) == "it is no regular file");
    const std::string fifo = spank::new_secrets_file(folder.directory);
    REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
    CHECK(refusal_of(fifo) == "it is no regular file");
    CHECK(refusal_of("/dev/zero") == "it is no regular file");
    const std::string huge = written(folder, "[]");
    REQUIRE(truncate(huge.c_str(), 1'000'000'000) == 0);
    CHECK(refusal_of(huge) == "it has more than 65536 bytes");
    CHECK(refusal_of(written(folder, "root:x:0:0")) == "it is none of ours");
    // Root could change the owner; everybody else has files of root's at hand.
    const std::string foreign = geteuid() == 0 ? written(folder) : "/etc/passwd";
    if (geteuid() == 0) REQUIRE(chown(foreign.c_str(), 65534, 65534) == 0);
    CHECK(refusal_of(foreign) == "it belongs to another user");
}

TEST_CASE("a file of secrets goes together with git's, and no other name does") {
    const Folder folder;
    const std::string file = written(folder);
    REQUIRE(spank::write_secrets(file + "-git", "token\n").empty());
    const std::string mine = (folder.path / "mine").string();
    std::ofstream(mine) << "mine";
    spank::remove_secrets(mine);
    spank::remove_secrets("");
    spank::remove_secrets("/etc/shadow");
    CHECK(fs::exists(mine));
    spank::remove_secrets(file);
    CHECK_FALSE(fs::exists(file));
    CHECK_FALSE(fs::exists(file + "-git"));
}

TEST_CASE("a file is old from the second after the last day on") {
    const Folder folder;
    const std::string file = written(folder);
    const timespec then[2] = {{.tv_sec = 1000, .tv_nsec = 0}, {.tv_sec = 1000, .tv_nsec = 0}};
    REQUIRE(utimensat(AT_FDCWD, file.c_str(), then, 0) == 0);
    const std::int64_t long_time = std::chrono::duration_cast<std::chrono::seconds>(spank::max_unused).count();
    spank::remove_old_secrets(folder.directory, 1000 + long_time);
    CHECK(fs::exists(file));
    spank::remove_old_secrets(folder.directory, 1001 + long_time);
    CHECK_FALSE(fs::exists(file));
}

TEST_CASE("files that no job has used for long are removed, and nothing beside them") {
    const Folder folder;
    const std::string file = written(folder);
    REQUIRE(spank::write_secrets(file + "-git", "token\n").empty());
    const std::string mine = folder.directory + "/notes";
    std::ofstream(mine) << "mine";
    const std::string link = spank::new_secrets_file(folder.directory);
    fs::create_symlink(mine, link);
    const std::int64_t now = std::time(nullptr);
    const std::int64_t long_time = std::chrono::duration_cast<std::chrono::seconds>(spank::max_unused).count();
    spank::remove_old_secrets(folder.directory, now + long_time - 60);
    CHECK(fs::exists(file));
    // Reading is a sign of life for both.
    const timespec old[2] = {{.tv_sec = 1000, .tv_nsec = 0}, {.tv_sec = 1000, .tv_nsec = 0}};
    REQUIRE(utimensat(AT_FDCWD, file.c_str(), old, 0) == 0);
    REQUIRE(utimensat(AT_FDCWD, (file + "-git").c_str(), old, 0) == 0);
    REQUIRE(spank::read_secrets(file));
    spank::remove_old_secrets(folder.directory, now);
    CHECK(fs::exists(file));
    CHECK(fs::exists(file + "-git"));
    spank::remove_old_secrets(folder.directory, now + long_time + 60);
    CHECK_FALSE(fs::exists(file));
    CHECK_FALSE(fs::exists(file + "-git"));
    CHECK(fs::exists(mine));
    CHECK(fs::is_symlink(link));
    spank::remove_old_secrets("/nowhere", now);
}
