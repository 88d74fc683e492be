#include "catch.hpp"
#include "decide.hpp"
#include "sample_plan.hpp"

using namespace recipe;
using job_submit::decide;
using job_submit::JobRequest;
using test::sample_plan;

namespace {

std::string json_of(const plan::LaunchPlan& plan) { return plan::to_json(plan).value(); }

}  // namespace

TEST_CASE("a job without a plan is left alone") { CHECK(decide({}).value() == job_submit::Fills{}); }

TEST_CASE("what nobody set is filled in from the plan") {
    const std::string json = json_of(sample_plan());
    const auto fills = decide({.plan = json, .cluster_has_gpus = true}).value();
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
                               .gpus_given = true,
                               .cluster_has_gpus = true})
                           .value();
    CHECK(fills == job_submit::Fills{});
}

TEST_CASE("a cluster without a gpu GRES is asked for none") {
    const std::string json = json_of(sample_plan());
    CHECK_FALSE(decide({.plan = json}).value().gpus_per_node);
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
    CHECK(refused.error().front().code.starts_with("layout."));
}

TEST_CASE("garbage in place of a plan is refused") {
    CHECK_FALSE(decide({.plan = "\xff\xfe garbage"}));
    CHECK_FALSE(decide({.plan = ""}));
}

TEST_CASE("GPUs are recognised in every Slurm's spelling") {
    for (const char* text : {"gpu", "gpu:8", "gres:gpu:8", "gres/gpu:8", "gres/gpu=1", "cpu=2,gres/gpu=1", "shard:1,gpu:a10g:4"})
        CHECK(job_submit::names_gpus(text));
    for (const char* text : {"", "cpu=2", "gres:shard:8", "gpus:8", "mygpu:1"}) CHECK_FALSE(job_submit::names_gpus(text));
}
