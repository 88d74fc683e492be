// SPDX-License-Identifier: Apache-2.0
// What slurmctld makes of a plan whose needs the nodes do not meet.
#include "../cluster/clusters.hpp"
#include "catch.hpp"
#include "decide.hpp"
#include "sample_plan.hpp"

using namespace recipe;
using job_submit::JobRequest;
using job_submit::Snapshot;
using test::sample_plan;

namespace {

Snapshot snapshot_with(Severities severities = {}) {
    Snapshot snapshot;
    snapshot.settings = std::make_shared<const site::Settings>(site::Settings{.severities = std::move(severities)});
    snapshot.inventory = std::make_shared<const cluster::Inventory>(
        test::ClusterBuilder()
            .nodes("train", 4, test::g5)
            .nodes("mixed", 4, test::g5)
            .nodes("mixed", 4, {.features = "p4d.24xlarge", .gres = "gpu:a100-40:8", .memory_mib = 1'000'000})
            .take());
    return snapshot;
}

std::string json_with(bool forced, std::vector<std::string> overrides = {}) {
    plan::LaunchPlan plan = sample_plan();
    plan.needs.memory = validate::MemoryNeeds{30'000, 30'000, 31'000, 1'000};
    plan.needs_forced = forced;
    plan.overrides = std::move(overrides);
    return plan::to_json(plan).value();
}

Diagnostics found_by(const std::string& json, std::string_view partition, const Snapshot& snapshot) {
    const auto decided = job_submit::decide({.plan = json, .partitions = partition}, snapshot);
    return decided ? decided->notes : decided.error();
}

}  // namespace

TEST_CASE("slurmctld refuses nodes that lack memory, with the command that shows the fixes") {
    const auto found = found_by(json_with(false, {"model.x='a b'", "trainer.num_nodes=4"}), "train", snapshot_with());
    REQUIRE(found.size() == 1);
    CHECK(found.front().code == "memory.does_not_fit");
    CHECK(found.front().severity == Severity::error);
    CHECK(found.front().message.ends_with(
        "; `srecipe fit training/llama/sample 'model.x='\\''a b'\\''' trainer.num_nodes=4 instance_type=g5.48xlarge` "
        "shows what would do"));
}

TEST_CASE("a command that would be too long to be read, or would break the line, is left out") {
    const auto shown = [](std::string text) {
        return found_by(json_with(false, {std::move(text)}), "train", snapshot_with())
            .front()
            .message.contains("srecipe");
    };
    CHECK(shown("a=b"));
    CHECK_FALSE(shown("a=" + std::string(600, 'b')));
    CHECK_FALSE(shown("a=b\nslurmctld: error: forged"));
}

TEST_CASE("--recipe-force makes a warning of it, and a site may forbid that or ask for no more itself") {
    CHECK(found_by(json_with(true), "train", snapshot_with()).front().severity == Severity::warning);
    CHECK(found_by(json_with(true), "mixed", snapshot_with()).front().severity == Severity::warning);
    const Snapshot strict =
        snapshot_with({{"memory.does_not_fit", Severity::error}, {"cluster.mixed_devices", Severity::error}});
    CHECK(found_by(json_with(true), "train", strict).front().severity == Severity::error);
    CHECK(found_by(json_with(true), "mixed", strict).front().severity == Severity::error);
    CHECK(found_by(json_with(false), "train", snapshot_with({{"memory.does_not_fit", Severity::hint}}))
              .front()
              .severity == Severity::hint);
    CHECK(found_by(json_with(false), "train", snapshot_with({{"memory.does_not_fit", std::nullopt}})).empty());
}

TEST_CASE("force makes no warning of what has nothing to do with devices") {
    const std::string json = json_with(true);
    const auto decided =
        job_submit::decide({.plan = json, .partitions = "train", .constraint = "none-such"}, snapshot_with());
    REQUIRE_FALSE(decided);
    CHECK(decided.error().front().code == "cluster.nodes");
}

TEST_CASE("a partition of mixed devices is refused by slurmctld until -C keeps to those that suffice") {
    const std::string json = json_with(false);
    const auto found = found_by(json, "mixed", snapshot_with());
    REQUIRE(found.size() == 1);
    CHECK(found.front().code == "cluster.mixed_devices");
    CHECK(found.front().fix == "-C p4d.24xlarge");
    CHECK(job_submit::decide({.plan = json, .partitions = "mixed", .constraint = "p4d.24xlarge"}, snapshot_with()));
}
