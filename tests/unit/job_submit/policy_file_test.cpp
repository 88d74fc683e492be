// SPDX-License-Identifier: Apache-2.0
// The last good policy, written and read back, and what else may lie in its place.
#include "policy_file.hpp"
#include "catch.hpp"
#include "config/collection_fixture.hpp"

#include <sys/stat.h>
#include <fstream>
#include <iterator>

namespace recipe::job_submit {
namespace {

KeptPolicy sample() {
    return {.policy = {.require_recipe = {"train", "big"},
                       .instance_types = {"g5.48xlarge"},
                       .max_nodes = {{"z*", 3}, {"*", 1}},
                       .default_partition = {{"g5.48xlarge", "train"}},
                       .operators = {"ada", "0"}},
            .severities = {{"policy.max_nodes", Severity::warning}, {"paths.none", std::nullopt}}};
}

std::string text_of(const std::filesystem::path& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TEST_CASE("a kept policy reads back as it was, in the order of its globs") {
    CHECK(from_text(to_text(sample())) == sample());
    CHECK(from_text(to_text({})) == KeptPolicy{});
    CHECK(to_text({}) ==
          R"({"version":1,"policy":{"require_recipe":[],"instance_types":[],"max_nodes":{},"default_partition":{},)"
          R"("operators":[]},"severities":{}})"
          "\n");
}

TEST_CASE("a kept policy is whole, of our version and of our keys, or none") {
    const std::string good = to_text(sample());
    for (std::size_t length = 0; length + 2 < good.size(); ++length) CHECK_FALSE(from_text(good.substr(0, length)));
    for (const char* text :
         {"", "null", "[]", "1", "{}", R"({"version":1})", R"({"version":2,"policy":{},"severities":{}})",
          R"({"version":"1","policy":{},"severities":{}})", R"({"version":1,"policy":null,"severities":{}})",
          R"({"version":1,"policy":[],"severities":{}})", R"({"version":1,"policy":{}})",
          R"({"version":1,"policy":{},"severities":{},"more":1})", R"({"version":1,"policy":{"x":1},"severities":{}})",
          R"({"version":1,"policy":{"require_recipe":"train"},"severities":{}})",
          R"({"version":1,"policy":{"max_nodes":{"*":0}},"severities":{}})",
          R"({"version":1,"policy":{},"severities":{"no.such":"error"}})", "\0\0\0\0",
          R"({"version":1,"policy":{"require_recipe":[[[[[[[[[[]]]]]]]]]]},"severities":{}})"}) {
        INFO(text);
        CHECK_FALSE(from_text(text));
    }
    CHECK(from_text(R"({"version":2,"policy":{},"severities":{}})").error().front().code == "site.file");
    CHECK_FALSE(from_text(good + std::string(9 * 1024 * 1024, ' ')));
}

TEST_CASE("bytes that are changed at random make no crash") {
    const std::string good = to_text(sample());
    unsigned state = 1;
    int refused = 0;
    for (int round = 0; round < 2000; ++round) {
        std::string text = good;
        for (int change = 0; change < 3; ++change) {
            state = state * 1664525u + 1013904223u;
            text[(state >> 8) % text.size()] = static_cast<char>(state >> 24);
        }
        refused += from_text(text) ? 0 : 1;
    }
    CHECK(refused > 500);
}

TEST_CASE("the file is replaced as a whole, for its owner alone, and left where it says the same") {
    const config::CollectionFixture place;
    const PolicyFile file(place.directory());
    CHECK(file.path() == place.directory() / "slurm-recipe.policy");
    CHECK(file.load().value() == std::nullopt);
    REQUIRE(file.save(sample()));
    CHECK(file.load().value() == sample());
    struct stat first{};
    REQUIRE(stat(file.path().c_str(), &first) == 0);
    CHECK((first.st_mode & 07777) == 0600);
    REQUIRE(file.save(sample()));
    struct stat second{};
    REQUIRE(stat(file.path().c_str(), &second) == 0);
    CHECK(first.st_ino == second.st_ino);
    REQUIRE(file.save({}));
    CHECK(file.load().value() == KeptPolicy{});
    CHECK(text_of(file.path()) == to_text({}));
    // Nothing else is left there.
    CHECK(std::distance(std::filesystem::directory_iterator(place.directory()), {}) == 1);
}

TEST_CASE("what others could have written is no policy of ours") {
    const config::CollectionFixture place;
    const PolicyFile file(place.directory());
    const auto refused = [&] {
        const auto kept = file.load();
        return kept ? std::string() : kept.error().front().message;
    };
    REQUIRE(file.save(sample()));
    for (const mode_t mode : {0620u, 0602u, 0666u}) {
        REQUIRE(chmod(file.path().c_str(), mode) == 0);
        CHECK(refused().starts_with("the kept policy is not used: it is no file of uid "));
    }
    REQUIRE(chmod(file.path().c_str(), 0644) == 0);
    CHECK(refused().empty());
    std::filesystem::rename(file.path(), place.directory() / "elsewhere");
    std::filesystem::create_symlink(place.directory() / "elsewhere", file.path());
    CHECK(refused().starts_with("the kept policy cannot be read: "));
    std::filesystem::remove(file.path());
    REQUIRE(mkfifo(file.path().c_str(), 0600) == 0);
    CHECK(refused().starts_with("the kept policy is not used: "));
    std::filesystem::remove(file.path());
    std::filesystem::create_directory(file.path());
    CHECK(refused().starts_with("the kept policy is not used: "));
    std::filesystem::remove(file.path());
    place.write("slurm-recipe.policy", "{\"version\":1");
    const auto broken = file.load();
    REQUIRE_FALSE(broken);
    CHECK(broken.error().front().source.name == file.path().string());
    // And is replaced by the next good one.
    REQUIRE(file.save(sample()));
    CHECK(file.load().value() == sample());
}

TEST_CASE("a policy that cannot be kept is reported") {
    const PolicyFile file("/nowhere/at/all");
    const auto kept = file.save(sample());
    REQUIRE_FALSE(kept);
    CHECK(kept.error().front().message == "the policy cannot be kept: No such file or directory");
    CHECK(file.load().value() == std::nullopt);
}

}  // namespace recipe::job_submit
