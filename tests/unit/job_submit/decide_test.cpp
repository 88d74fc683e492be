// SPDX-License-Identifier: Apache-2.0
#include "decide.hpp"
#include "../cluster/clusters.hpp"
#include "../trace/traced.hpp"
#include "catch.hpp"
#include "sample_plan.hpp"

using namespace recipe;
using job_submit::JobRequest;
using job_submit::Snapshot;
using test::sample_plan;

namespace {

std::string json_of(const plan::LaunchPlan& plan) {
    return plan::to_json(plan).value();
}

/// A cluster that has all that the sample wants, and a site without policies.
Snapshot sample_snapshot() {
    Snapshot snapshot;
    snapshot.catalogue = std::make_shared<const hardware::Catalogue>(test::shipped_catalogue());
    snapshot.inventory = std::make_shared<const cluster::Inventory>(
        test::ClusterBuilder().nodes("train", 4, test::g5).nodes("cpu", 2, test::cpu_node).take());
    return snapshot;
}

Snapshot with_policy(site::Policy policy) {
    Snapshot snapshot = sample_snapshot();
    snapshot.settings = std::make_shared<const site::Settings>(site::Settings{.policy = std::move(policy)});
    return snapshot;
}

Expected<job_submit::Decision> decide(const JobRequest& request) {
    return job_submit::decide(request, sample_snapshot());
}

}  // namespace

TEST_CASE("a job without a plan is left alone") {
    CHECK(decide({}).value().fills == job_submit::Fills{});
}

TEST_CASE("what nobody set is filled in from the plan") {
    const std::string json = json_of(sample_plan());
    const auto fills = decide({.plan = json, .cluster_has_gpus = true}).value().fills;
    CHECK(fills.nodes == 4u);
    CHECK(fills.tasks_per_node == std::uint16_t{1});
    CHECK(fills.gpus_per_node == 8);
    CHECK(fills.time_limit == 60u);
    CHECK(fills.exclusive);
    CHECK(fills.all_memory);
    CHECK(fills.name == "sample");
}

TEST_CASE("what somebody set stays") {
    const std::string json = json_of(sample_plan());
    const auto fills = decide({.plan = json,
                               .min_nodes = 4,
                               .max_nodes = 4,
                               .tasks_per_node = 8,
                               .time_limit = 5,
                               .sharing_given = true,
                               .memory_given = true,
                               .name_given = true,
                               .tres_per_node = "gres:gpu:8",
                               .cluster_has_gpus = true})
                           .value()
                           .fills;
    CHECK(fills == job_submit::Fills{.admin_comment =
                                         "recipe=training/llama/sample plan=" + sample_plan().digest.substr(0, 12)});
}

TEST_CASE("a decision tells what it was made of") {
    const test::Traced traced(trace::Level::debug);
    plan::LaunchPlan small = sample_plan();
    small.needs.memory = validate::MemoryNeeds{1, 1, 1, 1};
    const std::string json = json_of(small);
    REQUIRE(decide({.plan = json, .name_given = true, .cluster_has_gpus = true}));
    CHECK(traced.text() ==
          "plan of " + std::to_string(json.size()) +
              " bytes: recipe training/llama/sample, 4 nodes of 8 devices, digest " +
              sample_plan().digest.substr(0, 12) +
              "\nfills in: nodes=4 tasks_per_node=1 gpus_per_node=8 time_limit=60 exclusive all_memory\n");
    traced.lines.clear();
    plan::LaunchPlan routed = sample_plan();
    routed.instance_type = "g5.48xlarge";
    routed.resources.exclusive = false;
    REQUIRE(job_submit::decide({.plan = json_of(routed), .max_nodes = 4, .tasks_per_node = 1, .time_limit = 5},
                               with_policy({.default_partition = {{"g5.48xlarge", "train"}}})));
    CHECK(traced.text().ends_with("\nfills in: name=sample partition=train\n"));
    traced.lines.clear();
    REQUIRE(decide(
        {.plan = json, .max_nodes = 4, .task_count = 4, .time_limit = 5, .sharing_given = true, .name_given = true}));
    CHECK(traced.text().ends_with("\nfills in: nothing\n"));
    traced.lines.clear();
    REQUIRE_FALSE(decide({.plan = json, .min_nodes = 2, .max_nodes = 2}));
    CHECK(traced.text().ends_with("finds controller.node_count (error)\n"));
}

TEST_CASE("the time that the plan says is held against the partition, and what the user says instead of it") {
    Snapshot snapshot = sample_snapshot();
    const auto with_limit = [&](std::uint32_t minutes) {
        test::ClusterBuilder builder;
        builder.nodes("train", 4, test::g5);
        builder.part("train").max_time = minutes;
        snapshot.inventory = std::make_shared<const cluster::Inventory>(builder.take());
    };
    const std::string json = json_of(sample_plan());  // of an hour
    const auto refused = [&](std::optional<std::uint32_t> typed) {
        const auto decision =
            job_submit::decide({.plan = json, .time_limit = typed, .cluster_has_gpus = true}, snapshot);
        return decision ? std::string() : std::string(decision.error().front().code.name());
    };
    with_limit(60);
    CHECK(refused({}).empty());
    CHECK(refused(61) == "cluster.time_limit");
    with_limit(59);
    CHECK(refused({}) == "cluster.time_limit");
    CHECK(refused(59).empty());
}

TEST_CASE("a decision forges no line of slurmctld's log, whatever the plan says") {
    const test::Traced traced(trace::Level::debug);
    plan::LaunchPlan plan = sample_plan();
    plan.recipe = "x\nslurmctld: error: forged";
    static_cast<void>(decide({.plan = json_of(plan)}));
    REQUIRE(traced.lines.size() >= 1);
    CHECK(traced.text().contains("recipe x\\x0aslurmctld: error: forged, 4 nodes"));
    for (const auto& [level, line] : traced.lines) CHECK_FALSE(line.contains('\n'));
}

TEST_CASE("a cluster without a gpu GRES is asked for none") {
    const std::string json = json_of(sample_plan());
    CHECK_FALSE(decide({.plan = json}).value().fills.gpus_per_node);
}

TEST_CASE("a job for other nodes than its plan is refused with both numbers") {
    const std::string json = json_of(sample_plan());
    const auto refused = decide({.plan = json, .min_nodes = 2, .max_nodes = 2});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().front().code == "controller.node_count");
    CHECK(refused.error().front().message == "the job asks for 2 nodes, its recipe was planned for 4");
    CHECK(decide({.plan = json, .min_nodes = 2}));  // -w sets a minimum alone
}

TEST_CASE("a plan whose degrees do not divide its world is refused") {
    plan::LaunchPlan plan = sample_plan();
    plan.layout.shard = 7;
    const std::string json = json_of(plan);
    const auto refused = decide({.plan = json});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().front().code.group() == "layout");
}

TEST_CASE("garbage in place of a plan is refused") {
    CHECK_FALSE(decide({.plan = "\xff\xfe garbage"}));
    CHECK_FALSE(decide({.plan = ""}));
}

TEST_CASE("fewer GPUs than the plan has are refused, in every Slurm's spelling") {
    const std::string json = json_of(sample_plan());
    for (const char* text :
         {"gpu:4", "gres:gpu:4", "gres/gpu:4", "gres/gpu=4", "cpu=2,gres/gpu=4", "shard:1,gpu:a10g:4"}) {
        const auto refused = decide({.plan = json, .tres_per_node = text});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().front().code == "controller.gpus");
        CHECK(refused.error().front().message == "the job asks for 4 GPUs per node, its recipe was planned for 8");
    }
    CHECK_FALSE(decide({.plan = json, .tres_per_job = "gres:gpu:16"}));
    CHECK(decide({.plan = json, .tres_per_job = "gres:gpu:32"}));
    CHECK_FALSE(decide({.plan = json, .tres_per_task = "gres:gpu:1"}));
    CHECK(decide({.plan = json, .tasks_per_node = 8, .tres_per_task = "gres:gpu:1"}));
    CHECK(decide({.plan = json, .tres_per_node = "gres:shard:4"}));
}

TEST_CASE("a component of a heterogeneous job has no recipe") {
    const std::string json = json_of(sample_plan());
    const auto refused = decide({.plan = json, .heterogeneous = true});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().front().code == "submit.heterogeneous");
    CHECK(decide({.heterogeneous = true}));
}

TEST_CASE("a range that -w begins above the plan is refused") {
    const std::string json = json_of(sample_plan());
    CHECK(decide({.plan = json, .min_nodes = 6}).error().front().message ==
          "the job asks for 6 nodes, its recipe was planned for 4");
    CHECK(decide({.plan = json, .min_nodes = 1, .max_nodes = 4}).error().front().message ==
          "the job asks for 1 to 4 nodes, its recipe was planned for 4");
}

TEST_CASE("what the cluster lacks is refused, and a site may let it pass") {
    plan::LaunchPlan plan = sample_plan();
    plan.layout.nodes = 8;
    const std::string json = json_of(plan);
    const auto refused = decide({.plan = json});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().front().code == "cluster.nodes");
    Snapshot lenient = sample_snapshot();
    lenient.settings =
        std::make_shared<const site::Settings>(site::Settings{.severities = {{"cluster.nodes", Severity::warning}}});
    const auto accepted = job_submit::decide({.plan = json}, lenient);
    REQUIRE(accepted);
    CHECK(accepted->notes.front().severity == Severity::warning);
}

TEST_CASE("without an inventory snapshot a job goes on with a hint, unless the site wants none such") {
    const std::string json = json_of(sample_plan());
    const auto accepted = job_submit::decide({.plan = json}, {});
    REQUIRE(accepted);
    REQUIRE(accepted->notes.size() == 1);
    CHECK(accepted->notes.front().code == "cluster.no_inventory");
    CHECK(accepted->notes.front().severity == Severity::hint);
    Snapshot strict;
    strict.settings = std::make_shared<const site::Settings>(
        site::Settings{.severities = {{"cluster.no_inventory", Severity::error}}});
    CHECK_FALSE(job_submit::decide({.plan = json}, strict));
}

TEST_CASE("a partition may require a recipe, the default one too") {
    const Snapshot snapshot = with_policy({.require_recipe = {"train"}});
    for (const char* partitions : {"train", "cpu,train", ""}) {
        const auto refused = job_submit::decide({.partitions = partitions}, snapshot);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().front().code == "policy.recipe_required");
        CHECK(refused.error().front().message ==
              "in partition train of this cluster every job has a recipe; `srecipe list` shows which there are");
    }
    CHECK(job_submit::decide({.partitions = "cpu"}, snapshot));
    const std::string json = json_of(sample_plan());
    CHECK(job_submit::decide({.plan = json, .partitions = "train"}, snapshot));
}

TEST_CASE("a site has instance types, limits by the recipe's name and partitions for recipes") {
    plan::LaunchPlan plan = sample_plan();
    plan.instance_type = "g5.48xlarge";
    const std::string json = json_of(plan);
    const auto type = job_submit::decide({.plan = json}, with_policy({.instance_types = {"p5.48xlarge"}}));
    REQUIRE_FALSE(type);
    CHECK(type.error().front().code == "policy.instance_type");
    CHECK(type.error().front().fix == "--recipe-set=instance_type=p5.48xlarge");

    for (const char* pattern : {"sample", "sam*", "training/llama/*"}) {
        const auto most = job_submit::decide({.plan = json}, with_policy({.max_nodes = {{pattern, 2}, {"*", 1}}}));
        REQUIRE_FALSE(most);
        CHECK(most.error().front().code == "policy.max_nodes");
        CHECK(most.error().front().fix == "--recipe-set=trainer.num_nodes=2");
    }
    CHECK(job_submit::decide({.plan = json}, with_policy({.max_nodes = {{"sample", 4}, {"*", 1}}})));

    const Snapshot routed = with_policy({.default_partition = {{"g5.48xlarge", "train"}}});
    CHECK(job_submit::decide({.plan = json}, routed)->fills.partition == "train");
    CHECK_FALSE(job_submit::decide({.plan = json, .partitions = "train"}, routed)->fills.partition);
}

TEST_CASE("the comment for accounting is bounded, escaped and beside another plugin's") {
    plan::LaunchPlan plan = sample_plan();
    plan.recipe = "a\nb" + std::string(400, 'x');
    const std::string json = json_of(plan);
    const auto decided = decide({.plan = json, .admin_comment = "charged"});
    REQUIRE(decided);
    const std::string comment = decided->fills.admin_comment.value();
    CHECK(comment.starts_with("charged recipe=a\\x0abxxx"));
    CHECK(comment.find("... plan=" + plan.digest.substr(0, 12)) != std::string::npos);
    CHECK(comment.size() < 400);
    const std::string full(1020, 'c');
    CHECK(decide({.plan = json, .admin_comment = full})->fills.admin_comment == full);
}

TEST_CASE(
    "the comment for accounting has the whole name up to its limit, and is left out where Slurm would refuse it") {
    plan::LaunchPlan plan = sample_plan();
    plan.recipe = std::string(256, 'x');
    const std::string ours = "recipe=" + plan.recipe + " plan=" + plan.digest.substr(0, 12);
    const std::string json = json_of(plan);
    CHECK(decide({.plan = json})->fills.admin_comment == ours);
    const std::string room(1024 - ours.size() - 1, 'c');
    CHECK(decide({.plan = json, .admin_comment = room})->fills.admin_comment == room + ' ' + ours);
    const std::string no_room = room + 'c';
    CHECK(decide({.plan = json, .admin_comment = no_room})->fills.admin_comment == no_room);
}

TEST_CASE("a minimum of nodes alone is what -w sets, and may not be above the plan") {
    const std::string json = json_of(sample_plan());
    CHECK(decide({.plan = json, .min_nodes = 4}));
    CHECK_FALSE(decide({.plan = json, .min_nodes = 5}));
    CHECK(decide({.plan = json, .max_nodes = 4}));
    CHECK(decide({.plan = json, .max_nodes = 3}).error().front().message ==
          "the job asks for 3 nodes, its recipe was planned for 4");
    CHECK(decide({.plan = json, .min_nodes = 4, .max_nodes = 5}).error().front().message ==
          "the job asks for 4 to 5 nodes, its recipe was planned for 4");
    const Diagnostic refused = decide({.plan = json, .min_nodes = 3, .max_nodes = 4}).error().front();
    CHECK(refused.key == "trainer.num_nodes");
    CHECK(refused.fix == "-N 4");
}

TEST_CASE("without a policy that could ever be read, jobs are accepted or refused as slurmctld's environment says") {
    Snapshot snapshot = sample_snapshot();
    snapshot.policy = job_submit::PolicyState::unknown;
    const std::string json = json_of(sample_plan());
    CHECK(job_submit::decide({}, snapshot));
    CHECK(job_submit::decide({.plan = json}, snapshot));
    snapshot.refuse_unknown = true;
    for (const JobRequest& request : {JobRequest{}, JobRequest{.plan = json}}) {
        const auto refused = job_submit::decide(request, snapshot);
        REQUIRE_FALSE(refused);
        REQUIRE(refused.error().size() == 1);
        CHECK(refused.error().front().code == "policy.unknown");
        CHECK(refused.error().front().message.contains("takes no job until it can"));
    }
    for (const auto known : {job_submit::PolicyState::read, job_submit::PolicyState::kept}) {
        snapshot.policy = known;
        CHECK(job_submit::decide({}, snapshot));
    }
}

TEST_CASE("a job that names no partition is not taken while the default one is unknown and some require a recipe") {
    Snapshot snapshot = with_policy({.require_recipe = {"cpu"}});
    CHECK(job_submit::decide({}, snapshot));  // train is the default
    snapshot.inventory = nullptr;
    for (const std::string_view none : {"", ","}) {
        const auto refused = job_submit::decide({.partitions = none}, snapshot);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().size() == 1);
        CHECK(refused.error().front().code == "policy.recipe_required");
        CHECK(refused.error().front().fix == "-p PARTITION");
    }
    CHECK(job_submit::decide({.partitions = "train"}, snapshot));
    CHECK_FALSE(job_submit::decide({.partitions = "cpu,train"}, snapshot));
    snapshot.settings = std::make_shared<const site::Settings>();
    CHECK(job_submit::decide({}, snapshot));
}
