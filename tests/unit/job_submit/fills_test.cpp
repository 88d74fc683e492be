// SPDX-License-Identifier: Apache-2.0
// What is filled into a job beside what it says itself, and which GPUs it asks for.
#include "../cluster/clusters.hpp"
#include "catch.hpp"
#include "decide.hpp"
#include "sample_plan.hpp"
#include "slurm_text/shown_text.hpp"

#include <algorithm>
#include <random>

using namespace recipe;
using job_submit::JobRequest;
using job_submit::Snapshot;
using test::sample_plan;

namespace {

Snapshot snapshot() {
    Snapshot snapshot;
    snapshot.catalogue = std::make_shared<const hardware::Catalogue>(test::shipped_catalogue());
    snapshot.inventory =
        std::make_shared<const cluster::Inventory>(test::ClusterBuilder().nodes("train", 4, test::g5).take());
    return snapshot;
}

/// With the sample's plan, on a cluster with GPUs.
Expected<job_submit::Decision> decided(JobRequest request, const plan::LaunchPlan& plan = sample_plan()) {
    const std::string json = plan::to_json(plan).value();
    request.plan = json;
    request.cluster_has_gpus = true;
    return job_submit::decide(request, snapshot());
}

job_submit::Fills fills(const JobRequest& request, const plan::LaunchPlan& plan = sample_plan()) {
    return decided(request, plan).value().fills;
}

}  // namespace

TEST_CASE("a job gets whole nodes unless it says how to share, and all memory unless it says how much") {
    struct Case {
        bool planned;
        bool sharing_given;
        bool memory_given;
        bool exclusive;
        bool all_memory;
    };
    const Case cases[] = {
        {true, false, false, true, true},   {true, false, true, true, false},    {true, true, false, false, false},
        {true, true, true, false, false},   {false, false, false, false, false}, {false, false, true, false, false},
        {false, true, false, false, false},
    };
    for (const Case& each : cases) {
        plan::LaunchPlan plan = sample_plan();
        plan.resources.exclusive = each.planned;
        const auto filled = fills({.sharing_given = each.sharing_given, .memory_given = each.memory_given}, plan);
        CHECK(filled.exclusive == each.exclusive);
        CHECK(filled.all_memory == each.all_memory);
    }
}

TEST_CASE("what a job says itself is not filled in, field by field") {
    CHECK(fills({}).nodes == 4u);
    CHECK(fills({.min_nodes = 4}).nodes == 4u);
    CHECK_FALSE(fills({.min_nodes = 4, .max_nodes = 4}).nodes);
    CHECK_FALSE(fills({.max_nodes = 4}).nodes);
    CHECK(fills({}).tasks_per_node == std::uint16_t{1});
    CHECK_FALSE(fills({.task_count = 4}).tasks_per_node);
    CHECK_FALSE(fills({.tasks_per_node = 1}).tasks_per_node);
    CHECK(fills({}).time_limit == 60u);
    CHECK_FALSE(fills({.time_limit = 60}).time_limit);
    CHECK(fills({}).name == "sample");
    CHECK_FALSE(fills({.name_given = true}).name);
    plan::LaunchPlan plan = sample_plan();
    plan.resources.job_name.clear();
    plan.resources.time_limit.reset();
    CHECK_FALSE(fills({}, plan).name);
    CHECK_FALSE(fills({}, plan).time_limit);
}

TEST_CASE("a job that asks for GPUs in any way is given no others") {
    CHECK(fills({}).gpus_per_node == 8);
    CHECK_FALSE(fills({.tres_per_node = "gres/gpu:8"}).gpus_per_node);
    CHECK_FALSE(fills({.tres_per_job = "gres/gpu:32"}).gpus_per_node);
    CHECK_FALSE(fills({.tres_per_task = "gres/gpu:8"}).gpus_per_node);
    CHECK_FALSE(fills({.tres_per_socket = "gres/gpu:4"}).gpus_per_node);
    CHECK_FALSE(fills({.tres_per_socket = "gpu:0"}).gpus_per_node);
    CHECK(fills({.tres_per_node = "gres/shard:2"}).gpus_per_node == 8);
    CHECK(fills({.tres_per_node = "license/x:2"}).gpus_per_node == 8);
    plan::LaunchPlan plan = sample_plan();
    plan.resources.device = plan::Device::cpu;
    CHECK_FALSE(fills({}, plan).gpus_per_node);
}

TEST_CASE("the GPUs of a job are counted for each node, whichever way they are asked for") {
    struct Case {
        JobRequest request;
        int asked;  // for each node; 8 is enough
    };
    const Case cases[] = {
        {{.tres_per_node = "gres/gpu:8"}, 8},
        {{.tres_per_node = "gres/gpu:7"}, 7},
        {{.tres_per_job = "gres/gpu:32"}, 8},
        {{.tres_per_job = "gres/gpu:31"}, 7},
        {{.tres_per_job = "gres/gpu:3"}, 0},
        {{.tres_per_task = "gres/gpu:8"}, 8},
        {{.tres_per_task = "gres/gpu:7"}, 7},
        {{.tasks_per_node = 8, .tres_per_task = "gres/gpu:1"}, 8},
        {{.tasks_per_node = 7, .tres_per_task = "gres/gpu:1"}, 7},
        {{.tasks_per_node = 2, .tres_per_task = "gres/gpu:3"}, 6},
        {{.tres_per_node = "gres/gpu:8", .tres_per_job = "gres/gpu:1"}, 8},
        {{.tres_per_socket = "gres/gpu:1"}, 8},  // how many sockets there are nobody knows here
    };
    for (const auto& [request, asked] : cases) {
        INFO(request.tres_per_node << request.tres_per_job << request.tres_per_task);
        const auto decision = decided(request);
        CHECK(decision.has_value() == (asked >= 8));
        if (decision) continue;
        CHECK(decision.error().front().code == "controller.gpus");
        CHECK(decision.error().front().message ==
              "the job asks for " + std::to_string(asked) + " GPUs per node, its recipe was planned for 8");
        CHECK(decision.error().front().fix == "--gpus-per-node=8");
    }
}

TEST_CASE("a job's numbers of nodes are those of its plan") {
    struct Case {
        std::optional<std::uint32_t> low;
        std::optional<std::uint32_t> high;
        const char* message;
    };
    const Case cases[] = {
        {{}, {}, ""},
        {4, 4, ""},
        {{}, 4, ""},
        {4, {}, ""},
        {3, {}, ""},
        {5, {}, "the job asks for 5 nodes, its recipe was planned for 4"},
        {3, 3, "the job asks for 3 nodes, its recipe was planned for 4"},
        {5, 5, "the job asks for 5 nodes, its recipe was planned for 4"},
        {{}, 3, "the job asks for 3 nodes, its recipe was planned for 4"},
        {{}, 5, "the job asks for 5 nodes, its recipe was planned for 4"},
        {3, 4, "the job asks for 3 to 4 nodes, its recipe was planned for 4"},
        {4, 5, "the job asks for 4 to 5 nodes, its recipe was planned for 4"},
        {1, 8, "the job asks for 1 to 8 nodes, its recipe was planned for 4"},
    };
    for (const auto& [low, high, message] : cases) {
        const auto decision = decided({.min_nodes = low, .max_nodes = high});
        CHECK((decision ? std::string() : decision.error().front().message) == message);
        if (!decision) CHECK(decision.error().front().fix == "-N 4");
    }
}

TEST_CASE("a comment for accounting is as long as Slurm takes it, and another plugin's stays whole") {
    const std::string ours = "recipe=training/llama/sample plan=" + sample_plan().digest.substr(0, 12);
    const std::string fitting(1024 - 1 - ours.size(), 'c');
    CHECK(fills({}).admin_comment == ours);
    CHECK(fills({.admin_comment = fitting}).admin_comment == fitting + ' ' + ours);
    const std::string longer = fitting + 'c';
    CHECK(fills({.admin_comment = longer}).admin_comment == longer);
}

TEST_CASE("a name makes no field of the comment, nor a name of the job that a terminal obeys") {
    const std::string digest = sample_plan().digest.substr(0, 12);
    const auto comment = [](const std::string& recipe) {
        plan::LaunchPlan plan = sample_plan();
        plan.recipe = recipe;
        return fills({}, plan).admin_comment.value();
    };
    CHECK(comment("x plan=000000000000") == "recipe=x\\x20plan\\x3d000000000000 plan=" + digest);
    CHECK(comment("a/b\\") == "recipe=a/b\\x5c plan=" + digest);
    CHECK(comment("a\tb\u202ec") == "recipe=a\\x09b\\u202ec plan=" + digest);
    std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp)
    for (int round = 0; round < 100; ++round) {
        std::string name = "x";
        for (int i = 0; i < 12; ++i) name += " =\\p\tl\"\nan"[std::uniform_int_distribution(0, 9)(random)];
        const std::string said = comment(name);
        CHECK(std::ranges::count(said, ' ') == 1);
        CHECK(std::ranges::count(said, '=') == 2);
        CHECK(std::ranges::none_of(said, slurm_text::is_control));
    }
    plan::LaunchPlan plan = sample_plan();
    plan.resources.job_name = "a\x1b[2Jb\u202e";
    CHECK(fills({}, plan).name == "a_[2Jb___");
    std::string forged = plan::to_json(sample_plan()).value();
    forged.replace(forged.find(digest), sample_plan().digest.size(), "0 x=1\u009b");
    const auto decision = job_submit::decide({.plan = forged, .cluster_has_gpus = true}, snapshot());
    CHECK(decision->fills.admin_comment == "recipe=training/llama/sample plan=0\\x20x\\x3d1\\u009b");
}
