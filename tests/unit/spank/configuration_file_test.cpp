// SPDX-License-Identifier: Apache-2.0
#include "spank/host/configuration_file.hpp"

#include "catch.hpp"
#include "sample_plan.hpp"
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
    std::string path;
    Folder() {
        path = (fs::temp_directory_path() / "recipe-configuration.XXXXXX").string();
        mkdtemp(path.data());
    }
    ~Folder() { fs::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
};

/// A plan with its file in this directory.
plan::LaunchPlan submitted(const Folder& folder) {
    plan::LaunchPlan plan = test::sample_plan();
    plan.results_dir = folder.path;
    const std::string text = plan::config_json(plan.config);
    plan.configuration_file = {.path = plan::configuration_path(folder.path, "0123456789abcdef0123456789abcdef"),
                               .bytes = text.size()};
    REQUIRE(spank::write_own_file(plan.configuration_file->path, text).empty());
    return plan;
}

std::string refusal_of(const plan::LaunchPlan& plan) {
    const auto config = spank::read_configuration(plan);
    REQUIRE_FALSE(config);
    const Diagnostic& problem = config.error().front();
    CHECK(problem.code == "plan.file");
    CHECK(problem.fix == "submit the job again");
    const std::string before = "the file of the recipe's configuration " + plan.configuration_file->path + ": ";
    REQUIRE(problem.message.starts_with(before));
    return problem.message.substr(before.size());
}

}  // namespace

TEST_CASE("a file of a configuration is written for the user alone, and read back") {
    const Folder folder;
    const plan::LaunchPlan plan = submitted(folder);
    struct stat status{};
    REQUIRE(stat(plan.configuration_file->path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK(spank::read_configuration(plan) == plan.config);
    CHECK(spank::write_own_file(plan.configuration_file->path, "x").find("File exists") != std::string::npos);
    CHECK(spank::read_configuration(plan) == plan.config);
    CHECK(spank::write_own_file("/proc/nowhere/x", "x").starts_with("cannot write /proc/nowhere/x: "));
}

TEST_CASE("only the very file that was submitted is read") {
    const Folder folder;
    const plan::LaunchPlan plan = submitted(folder);
    const std::string& path = plan.configuration_file->path;
    for (const mode_t mode : {0620U, 0602U, 0666U}) {
        REQUIRE(chmod(path.c_str(), mode) == 0);
        CHECK(refusal_of(plan) == "others may write it");
    }
    REQUIRE(chmod(path.c_str(), 0644) == 0);  // who reads it cannot change what is believed
    CHECK(spank::read_configuration(plan));

    const fs::path aside = folder.path + "/aside";
    fs::rename(path, aside);
    CHECK(refusal_of(plan) == "No such file or directory");
    fs::create_symlink(aside, path);
    CHECK(refusal_of(plan) == "it is a link");
    fs::remove(path);
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    CHECK(refusal_of(plan) == "it is no regular file");
    fs::remove(path);
    fs::create_directory(path);
    CHECK(refusal_of(plan) == "it is no regular file");
    fs::remove(path);

    const auto text = plan::config_json(plan.config);
    std::ofstream(path) << text.substr(0, text.size() - 1);
    CHECK(refusal_of(plan) == "it has " + std::to_string(text.size() - 1) + " bytes, and the job was submitted with " +
                                  std::to_string(text.size()));
    std::ofstream(path) << std::string(text.size(), ' ');
    CHECK(refusal_of(plan) == "it was changed since the job was submitted");
    REQUIRE(truncate(path.c_str(), 1'000'000'000) == 0);
    CHECK(refusal_of(plan) == "it has more than 4194304 bytes");
    fs::remove(path);
    fs::rename(aside, path);
    CHECK(spank::read_configuration(plan) == plan.config);
    // Root could change the owner; everybody else has files of root's at hand.
    if (geteuid() == 0) {
        REQUIRE(chown(path.c_str(), 65534, 65534) == 0);
        CHECK(refusal_of(plan) == "it belongs to another user");
    }
}

TEST_CASE("a file of a configuration is removed by its name, and no other is") {
    const Folder folder;
    const plan::LaunchPlan plan = submitted(folder);
    const std::string mine = folder.path + "/mine";
    std::ofstream(mine) << "mine";
    for (const std::string& other : {mine, std::string(), std::string("/etc/shadow")})
        spank::remove_configuration(other);
    CHECK(fs::exists(mine));
    spank::remove_configuration(plan.configuration_file->path);
    CHECK_FALSE(fs::exists(plan.configuration_file->path));
}

TEST_CASE("configurations that no job has used for long are removed, and nothing beside them") {
    const Folder folder;
    const plan::LaunchPlan plan = submitted(folder);
    const std::string& path = plan.configuration_file->path;
    const std::string log = folder.path + "/log-1.out";
    std::ofstream(log) << "mine";
    const std::int64_t now = std::time(nullptr);
    const std::int64_t long_time = std::chrono::duration_cast<std::chrono::seconds>(spank::max_unused).count();
    spank::remove_old_configurations(folder.path, now + long_time - 60);
    CHECK(fs::exists(path));
    // A start of the job is a sign of life.
    const timespec old[2] = {{.tv_sec = 1000, .tv_nsec = 0}, {.tv_sec = 1000, .tv_nsec = 0}};
    REQUIRE(utimensat(AT_FDCWD, path.c_str(), old, 0) == 0);
    REQUIRE(spank::read_configuration(plan));
    spank::remove_old_configurations(folder.path, now);
    CHECK(fs::exists(path));
    spank::remove_old_configurations(folder.path, now + long_time + 60);
    CHECK_FALSE(fs::exists(path));
    CHECK(fs::exists(log));
}
