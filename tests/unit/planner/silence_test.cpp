// SPDX-License-Identifier: Apache-2.0
#include "planner/refusal/silence.hpp"
#include "catch.hpp"

#include "diagnostic/codes/model.hpp"
#include "storage/storage.hpp"

using namespace recipe;
using namespace std::chrono_literals;

namespace {

/// All that lies below /proc/dead is on a server that is gone. Nothing else there is touched.
storage::Watch dead_server() {
    return {7s,
            [] {
                return std::string(
                    "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
                    "2 1 0:9 / /proc rw - nfs server:/x rw\n");
            },
            [](const std::string&, std::chrono::milliseconds) { return false; }};
}

config::Value root_of(const char* json) {
    auto root = config::from_json(json, 4096);
    REQUIRE(root);
    return *root;
}

std::string key_of(const planner::SubmitRequest& request, const char* silent, const config::Value* root = nullptr) {
    const auto watch = dead_server();
    REQUIRE_FALSE(storage::answers(silent));
    const Diagnostics found = planner::silence_in(request, root);
    REQUIRE(found.size() == 1);
    return found.front().key;
}

}  // namespace

TEST_CASE("what does not answer is said with the time that it had, and nothing is said where all does") {
    CHECK(planner::silence().empty());
    CHECK(planner::silence_in({}, nullptr).empty());
    const auto watch = dead_server();
    CHECK(planner::silence("key").empty());
    CHECK_FALSE(storage::answers("/proc/dead/x"));
    const Diagnostics found = planner::silence("some.key");
    REQUIRE(found.size() == 1);
    CHECK(found.front().code == codes::paths.no_answer);
    CHECK(found.front().severity == Severity::error);
    CHECK(found.front().key == "some.key");
    CHECK(found.front().message == "/proc/dead/x does not answer within 7 s");
    CHECK_FALSE(found.front().fix.empty());
}

TEST_CASE("whose place it is that does not answer is the nearest that says it") {
    planner::SubmitRequest request;
    site::Settings settings;
    settings.collections = {"/proc/collections/a", "/proc/collections/b"};
    settings.hardware_files = {"/proc/site/hardware.yaml"};
    settings.model_files = {"/proc/site/models.yaml"};
    settings.family_files = {"/proc/site/families.yaml"};
    request.settings = std::make_shared<const site::Settings>(settings);
    request.collections = {"/proc/mine"};
    request.environment = {{"SLURM_RECIPE_PATH", "/proc/one::/proc/two"}};
    request.working_directory = "/proc/home";
    request.recipe = "folder/recipe.yaml";
    CHECK(key_of(request, "/proc/collections/b/recipes") == "the site's collections");
    CHECK(key_of(request, "/proc/site/hardware.yaml") == "the site's hardware");
    CHECK(key_of(request, "/proc/site/models.yaml") == "the site's models");
    CHECK(key_of(request, "/proc/site/families.yaml") == "the site's families");
    CHECK(key_of(request, "/proc/mine/recipes") == "--collection");
    CHECK(key_of(request, "/proc/one/x") == "SLURM_RECIPE_PATH");
    CHECK(key_of(request, "/proc/two") == "SLURM_RECIPE_PATH");
    CHECK(key_of(request, "/proc/home/other") == "the working directory");
    CHECK(key_of(request, "/proc/home/folder/recipe.yaml") == "--recipe");
    CHECK(key_of(request, "/proc/elsewhere").empty());
}

TEST_CASE("a key of the recipe whose place does not answer is named, as overrides name it") {
    planner::SubmitRequest request;
    request.working_directory = "/proc/home";
    const config::Value root = root_of(R"({
        "base": "/proc/fsx", "number": 1, "none": null,
        "recipes": {"run": {"results_dir": "/proc/fsx/results", "name": "fsx"},
                    "data": {"files": ["/proc/data/a", "/proc/data/b"], "beside": "data/x"}}})");
    CHECK(key_of(request, "/proc/fsx/results/7", &root) == "run.results_dir");
    CHECK(key_of(request, "/proc/fsx/other", &root) == "base");
    CHECK(key_of(request, "/proc/data/b", &root) == "data.files");
    CHECK(key_of(request, "/proc/home/data/x", &root) == "data.beside");
    CHECK(key_of(request, "/proc/home/fsx", &root) == "the working directory");
}

TEST_CASE("a request with a place that does not answer is refused for that alone") {
    planner::SubmitRequest request;
    request.recipe = "/proc/dead/recipe.yaml";
    const auto watch = dead_server();
    const planner::Outcome outcome = planner::prepare(request);
    CHECK_FALSE(outcome.submission);
    REQUIRE(outcome.diagnostics.size() == 1);
    CHECK(outcome.diagnostics.front().code == codes::paths.no_answer);
    CHECK(outcome.diagnostics.front().key == "--recipe");
}
