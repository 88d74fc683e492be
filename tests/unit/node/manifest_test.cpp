// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "config/config.hpp"
#include "node/node.hpp"
#include "sample_plan.hpp"

using namespace recipe;
using test::sample_plan;

namespace {

const node::Start start{.time = 1'790'000'000,
                        .host = "n1",
                        .nodes = "n[1-4]",
                        .slurm_version = "22.05.8",
                        .environment = {{"NCCL_DEBUG", "WARN", "recipe"}, {"HF_TOKEN", "hidden", "--recipe-set"}}};

config::Value manifest(const plan::LaunchPlan& plan, const node::Facts& facts, std::string_view existing = "") {
    const auto text = node::manifest_with(existing, plan, facts, start);
    REQUIRE(text);
    REQUIRE(*text);
    const auto read = config::from_json(**text, node::max_manifest_bytes);
    REQUIRE(read);
    return *read;
}

std::string text_of(const config::Value& manifest, std::size_t index, std::string_view key) {
    const config::Value* value = manifest.find("starts")->items()[index].find(key);
    return value != nullptr ? config::to_json(*value) : "(none)";
}

}  // namespace

TEST_CASE("a manifest says what was started where") {
    plan::LaunchPlan plan = sample_plan();
    plan.overrides = {"trainer.num_nodes=4", "+env_vars.HF_TOKEN=hidden", "git.token=hidden"};
    const auto text = node::manifest_with("", plan, {.job_id = 17}, start);
    REQUIRE(text);
    CHECK((*text)->find("hidden") == std::string::npos);
    const config::Value read = manifest(plan, {.job_id = 17});
    CHECK(read.find("job_id")->as_int() == 17);
    CHECK(read.find("array_job_id")->is_null());
    CHECK(text_of(read, 0, "restart") == "0");
    CHECK(text_of(read, 0, "time") == "\"2026-09-21T14:13:20Z\"");
    CHECK(text_of(read, 0, "recipe") == "\"training/llama/sample\"");
    CHECK(text_of(read, 0, "overrides") == "[\"trainer.num_nodes=4\",\"+env_vars.HF_TOKEN=***\",\"git.token=***\"]");
    CHECK(text_of(read, 0, "digest") == '"' + plan.digest + '"');
    CHECK(text_of(read, 0, "config") == "\"recipe-" + plan.digest.substr(0, 12) + ".yaml\"");
    CHECK(text_of(read, 0, "results") == '"' + plan.results_dir + "/17\"");
    CHECK(text_of(read, 0, "container") == "null");
    CHECK(text_of(read, 0, "nodes") == "\"n[1-4]\"");
    CHECK(text_of(read, 0, "slurm") == "\"22.05.8\"");
}

TEST_CASE("a container is distinguished from another of its name") {
    plan::LaunchPlan plan = sample_plan();
    plan.container = plan::Container{.image = "nvcr.io#nvidia/pytorch:25.01-py3"};
    CHECK(text_of(manifest(plan, {.job_id = 17}), 0, "container") ==
          "{\"image\":\"nvcr.io#nvidia/pytorch:25.01-py3\"}");
    plan.container = plan::Container{.image = "/fsx/image.sqsh"};
    CHECK(text_of(manifest(plan, {.job_id = 17}), 0, "container") == "{\"image\":\"/fsx/image.sqsh\",\"found\":false}");
    node::Start there = start;
    there.image = node::FileIdentity{.bytes = 5, .modified = 0, .device = 66, .inode = 18446744073709551615U};
    const auto text = node::manifest_with("", plan, {.job_id = 17}, there);
    REQUIRE(text);
    CHECK((*text)->find("\"inode\": 18446744073709551615") != std::string::npos);
    CHECK((*text)->find("\"modified\": \"1970-01-01T00:00:00Z\"") != std::string::npos);
}

TEST_CASE("a requeue and another recipe add a start; the same start twice is one") {
    const plan::LaunchPlan plan = sample_plan();
    const std::string first = **node::manifest_with("", plan, {.job_id = 17}, start);
    const auto again = node::manifest_with(first, plan, {.job_id = 17}, start);
    REQUIRE(again);
    CHECK_FALSE(*again);
    const config::Value requeued = manifest(plan, {.job_id = 17, .restart_count = 1}, first);
    REQUIRE(requeued.find("starts")->size() == 2);
    CHECK(text_of(requeued, 0, "restart") == "0");
    CHECK(text_of(requeued, 1, "restart") == "1");
    plan::LaunchPlan other = plan;
    other.digest = std::string(64, 'a');
    CHECK(manifest(other, {.job_id = 17}, first).find("starts")->size() == 2);
}

TEST_CASE("what is no manifest stays as it is") {
    for (const char* text : {"mine\n", "[]", "{}", "{\"starts\": 1}"}) {
        const auto refused = node::manifest_with(text, sample_plan(), {.job_id = 17}, start);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().front().code == "node.manifest");
    }
}

TEST_CASE("a start has the commit as soon as the code is there, and keeps it") {
    plan::LaunchPlan plan = sample_plan();
    CHECK(text_of(manifest(plan, {.job_id = 17}), 0, "code") == "null");
    plan.code = plan::Code{
        .url = "https://host/code.git", .branch = "main", .commit = "abcdef0", .token_file = "/home/me/.token"};
    const config::Value before = manifest(plan, {.job_id = 17});
    CHECK(text_of(before, 0, "code") ==
          R"({"url":"https://host/code.git","branch":"main","pinned":"abcdef0","commit":null})");

    node::Start cloned = start;
    cloned.commit = std::string(40, 'a');
    const auto text = node::manifest_with(config::to_json(before), plan, {.job_id = 17}, cloned);
    REQUIRE(text);
    REQUIRE(*text);
    const config::Value after = config::from_json(**text, node::max_manifest_bytes).value();
    CHECK(after.find("starts")->size() == 1);
    CHECK(after.at("starts.0.code.commit")->as_string()->starts_with("aaaa"));
    CHECK(text_of(after, 0, "environment") == text_of(before, 0, "environment"));

    cloned.commit = std::string(40, 'b');
    CHECK_FALSE(node::manifest_with(**text, plan, {.job_id = 17}, cloned)->has_value());
    const auto again = node::manifest_with(**text, plan, {.job_id = 17, .restart_count = 1}, cloned);
    REQUIRE(*again);
    CHECK(config::from_json(**again, node::max_manifest_bytes)
              ->at("starts.1.code.commit")
              ->as_string()
              ->starts_with("bbbb"));
}

TEST_CASE("a manifest has what the plan decided, and the job's place in an array") {
    plan::LaunchPlan plan = sample_plan();
    plan.overrides = {"~callbacks", "a=b=c"};
    plan.forced = {"layout.heads"};
    plan.instance_type = "g5.48xlarge";
    plan.launcher = plan::Launcher::direct;
    plan.written_directories = {"/fsx/results/%j/ckpt"};
    const config::Value read = manifest(plan, {.job_id = 21, .array_job_id = 20, .array_task_id = 3});
    CHECK(read.find("manifest")->as_int() == 1);
    CHECK(read.find("array_job_id")->as_int() == 20);
    CHECK(read.find("array_task_id")->as_int() == 3);
    CHECK(manifest(plan, {.job_id = 21, .array_task_id = 3}).find("array_task_id")->is_null());
    CHECK(text_of(read, 0, "overrides") == R"(["~callbacks","a=b=c"])");
    CHECK(text_of(read, 0, "forced") == R"(["layout.heads"])");
    CHECK(text_of(read, 0, "planned_nodes") == "4");
    CHECK(text_of(read, 0, "devices_per_node") == "8");
    CHECK(text_of(read, 0, "instance_type") == "\"g5.48xlarge\"");
    CHECK(text_of(read, 0, "launcher") == "\"direct\"");
    CHECK(text_of(read, 0, "written") == R"(["/fsx/results/20_3/ckpt"])");
    CHECK(text_of(read, 0, "written_on") == "\"n1\"");
    CHECK(
        text_of(read, 0, "environment") ==
        R"([{"name":"NCCL_DEBUG","value":"WARN","source":"recipe"},{"name":"HF_TOKEN","value":"***","source":"--recipe-set"}])");
    plan.instance_type.reset();
    CHECK(text_of(manifest(plan, {.job_id = 17}), 0, "instance_type") == "null");
}

TEST_CASE("an image is told by its size, time and place") {
    plan::LaunchPlan plan = sample_plan();
    plan.container = plan::Container{.image = "/fsx/image.sqsh"};
    node::Start there = start;
    there.image = node::FileIdentity{.bytes = 5, .modified = 86'399, .device = 66, .inode = 7};
    const auto text = node::manifest_with("", plan, {.job_id = 17}, there);
    REQUIRE(text);
    const auto read = config::from_json(**text, node::max_manifest_bytes);
    REQUIRE(read);
    CHECK(
        text_of(*read, 0, "container") ==
        R"({"image":"/fsx/image.sqsh","found":true,"bytes":5,"modified":"1970-01-01T23:59:59Z","device":66,"inode":7})");
}

TEST_CASE("a start without a commit waits for one, and a start that somebody spoiled is no start") {
    plan::LaunchPlan plan = sample_plan();
    plan.code = plan::Code{.url = "https://host/code.git", .branch = {}, .commit = {}, .token_file = {}};
    const std::string first = **node::manifest_with("", plan, {.job_id = 17}, start);
    CHECK_FALSE(node::manifest_with(first, plan, {.job_id = 17}, start)->has_value());
    CHECK((*node::manifest_with(first, plan, {.job_id = 17, .restart_count = 1}, start))->size() > first.size());
    for (const char* spoiled :
         {R"({"starts": [{}]})", R"({"starts": [{"restart": 0}]})", R"({"starts": [{"restart": 0, "digest": 1}]})",
          R"({"starts": [{"restart": "0", "digest": "x"}]})"}) {
        INFO(spoiled);
        const config::Value read = manifest(plan, {.job_id = 17}, spoiled);
        REQUIRE(read.find("starts")->size() == 2);
        CHECK(text_of(read, 1, "digest") == '"' + plan.digest + '"');
    }
}
