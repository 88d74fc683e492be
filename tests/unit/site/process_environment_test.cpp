// SPDX-License-Identifier: Apache-2.0
// A process's own environment, and the directory that PWD claims.
#include "catch.hpp"
#include "site/site.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace {

namespace fs = std::filesystem;

/// A directory with a link to it, in which this process is for a while.
class Elsewhere {
public:
    Elsewhere() : before_(fs::current_path()) {
        std::array<char, 40> name{"/tmp/recipe-environment-XXXXXX"};
        REQUIRE(mkdtemp(name.data()) != nullptr);
        folder_ = name.data();
        fs::create_directory(folder_ / "real");
        fs::create_directory(folder_ / "other");
        fs::create_directory_symlink(folder_ / "real", folder_ / "link");
        fs::current_path(folder_ / "real");
        if (const char* pwd = std::getenv("PWD")) pwd_ = pwd;  // NOLINT(concurrency-mt-unsafe): one thread
    }
    ~Elsewhere() {
        fs::current_path(before_);
        if (pwd_)
            setenv("PWD", pwd_->c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
        else
            unsetenv("PWD");  // NOLINT(concurrency-mt-unsafe)
        fs::remove_all(folder_);
    }
    Elsewhere(const Elsewhere&) = delete;
    Elsewhere& operator=(const Elsewhere&) = delete;

    [[nodiscard]] std::string in(const char* name) const { return (folder_ / name).string(); }

private:
    fs::path before_, folder_;
    std::optional<std::string> pwd_;
};

}  // namespace

TEST_CASE("a process's environment has each variable with its whole value") {
    for (const char* value : {"", "x", "a=b", "=", "two words"}) {
        INFO(value);
        setenv("RECIPE_TEST_VARIABLE", value, 1);  // NOLINT(concurrency-mt-unsafe)
        CHECK(recipe::site::process_environment().at("RECIPE_TEST_VARIABLE") == value);
    }
    unsetenv("RECIPE_TEST_VARIABLE");  // NOLINT(concurrency-mt-unsafe)
    CHECK_FALSE(recipe::site::process_environment().contains("RECIPE_TEST_VARIABLE"));
}

TEST_CASE("PWD is believed where it leads to the working directory, through links as well") {
    const Elsewhere place;
    const auto told = [](const std::string& pwd) {
        setenv("PWD", pwd.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
        return recipe::site::process_environment().at("PWD");
    };
    CHECK(told(place.in("real")) == place.in("real"));
    CHECK(told(place.in("link")) == place.in("link"));
    CHECK(told(place.in("other")) == place.in("real"));
    CHECK(told(place.in("none")) == place.in("real"));
    CHECK(told("") == place.in("real"));
    unsetenv("PWD");  // NOLINT(concurrency-mt-unsafe)
    CHECK(recipe::site::process_environment().at("PWD") == place.in("real"));
}
