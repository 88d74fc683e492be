// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "diagnostic/codes/node.hpp"
#include "node/node.hpp"
#include "sample_plan.hpp"

using namespace recipe;
using node::Facts;
using node::VisibleDevices;
using test::sample_plan;

namespace {

Facts on_nodes(std::uint32_t nodes) {
    return {.job_id = 17, .node_count = nodes, .task_count = nodes, .tasks_here = 1};
}

std::string devices(const plan::LaunchPlan& plan, const Facts& facts, const VisibleDevices& visible) {
    const auto problem = node::device_problem(plan, facts, visible);
    return problem ? node::on_node("n3", *problem).message : "";
}

plan::LaunchPlan direct_plan() {
    plan::LaunchPlan plan = sample_plan();
    plan.launcher = plan::Launcher::direct;
    return plan;
}

Facts direct_on(std::uint32_t nodes) {
    return {.job_id = 17, .node_count = nodes, .task_count = 8 * nodes, .tasks_here = 8};
}

}  // namespace

TEST_CASE("a torchrun step needs the plan's devices in what CUDA shows it") {
    CHECK(devices(sample_plan(), on_nodes(4), {.visible_gpus = "0,1,2,3,4,5,6,7"}) == "");
    CHECK(devices(sample_plan(), on_nodes(4), {.visible_gpus = "MIG-a,MIG-b,MIG-c,MIG-d,MIG-e,MIG-f,MIG-g,MIG-h"}) ==
          "");
    CHECK(devices(sample_plan(), on_nodes(4), {.visible_gpus = "0,1,2,3,4,5,6"}) ==
          "on node n3: the step has 7 GPUs here (in CUDA_VISIBLE_DEVICES) and the recipe runs 8 processes on 8 GPUs; "
          "ask for "
          "--gpus-per-node=8, or run on what is there with --recipe-set=trainer.devices=7");
    CHECK(devices(sample_plan(), on_nodes(4), {.visible_gpus = "0,1,-1,3,4,5,6,7,8"})
              .starts_with("on node n3: the step has 2 GPUs"));
    CHECK(devices(sample_plan(), on_nodes(4), {.visible_gpus = "", .gpus_of_step = 8})
              .starts_with("on node n3: the step has 0 GPUs"));
    CHECK(devices(sample_plan(), on_nodes(4), {.visible_gpus = "NoDevFiles"}) != "");
}

TEST_CASE("device files count only where Slurm says nothing") {
    CHECK(devices(sample_plan(), on_nodes(4), {.device_files = 8}) == "");
    CHECK(devices(sample_plan(), on_nodes(4), {.gpus_of_step = 8, .device_files = 0}) == "");
    CHECK(devices(sample_plan(), on_nodes(4), {.gpus_of_step = 4, .device_files = 8}) != "");
    CHECK(devices(sample_plan(), on_nodes(4), {.device_files = 7}) ==
          "on node n3: the step has 7 GPUs here (among /dev/nvidia*) and the recipe runs 8 processes on 8 GPUs; leave "
          "the node out "
          "with -x");
}

TEST_CASE("a node's devices are counted as their maker's programs count them") {
    const VisibleDevices amd{.visible_gpus = "0,1,2,3,4,5,6", .variable = "ROCR_VISIBLE_DEVICES"};
    CHECK(devices(sample_plan(), on_nodes(4), amd)
              .starts_with("on node n3: the step has 7 GPUs here (in ROCR_VISIBLE_DEVICES)"));
    const VisibleDevices files{.device_files = 7, .files = "dri/renderD"};
    CHECK(devices(sample_plan(), on_nodes(4), files)
              .starts_with("on node n3: the step has 7 GPUs here (among /dev/dri/renderD*)"));
}

TEST_CASE("tasks of a direct step may have a GPU each") {
    CHECK(devices(direct_plan(), direct_on(4), {.visible_gpus = "3", .gpus_of_step = 8}) == "");
    CHECK(devices(direct_plan(), direct_on(4), {.visible_gpus = "0,1,2,3", .gpus_of_step = 4}) != "");
    CHECK(devices(direct_plan(), direct_on(4), {.device_files = 8}) == "");
}

TEST_CASE("processes share Neuron chips, CPUs are not counted, a step that is none of the recipe's is left alone") {
    plan::LaunchPlan plan = sample_plan();
    plan.resources.device = plan::Device::neuron;
    plan.layout.devices_per_node = 32;
    plan.resources.ranks_per_chip = 2;
    CHECK(devices(plan, on_nodes(4), {.device_files = 16}) == "");
    CHECK(devices(plan, on_nodes(4), {.device_files = 15}) ==
          "on node n3: the step has 15 Neuron devices here (among /dev/neuron*) and the recipe runs 32 processes on 16 "
          "Neuron "
          "devices; leave the node out with -x");
    plan.resources.device = plan::Device::cpu;
    CHECK(devices(plan, on_nodes(4), {}) == "");
    Facts plain = on_nodes(4);
    plain.task_count = 9;
    CHECK(devices(sample_plan(), plain, {}) == "");
}

TEST_CASE("a step's world is that of its real nodes") {
    CHECK_FALSE(node::world_problem(sample_plan(), on_nodes(4)));
    CHECK_FALSE(node::node_count_hint(sample_plan(), on_nodes(4)));
    CHECK_FALSE(node::world_problem(sample_plan(), on_nodes(3)));
    const auto hint = node::node_count_hint(sample_plan(), on_nodes(1));
    REQUIRE(hint);
    CHECK(hint->severity == Severity::hint);
    CHECK(hint->message == "this step has 1 node and the recipe was planned for 4: a world of 8 ranks");
    plan::LaunchPlan plan = sample_plan();
    plan.layout.shard = 16;
    const auto problem = node::world_problem(plan, on_nodes(3));
    REQUIRE(problem);
    CHECK(node::on_node("n1", *problem).message ==
          "on node n1: this step: 3 nodes × 8 devices = 24 ranks cannot be divided by shard_degree 16; run it on 4 "
          "nodes, as the recipe was planned, or without the recipe: --recipe=none");
    // Nobody knows what a shell runs.
    CHECK(problem->severity == Severity::warning);
    Facts training = on_nodes(3);
    training.command = node::Command::launcher;
    CHECK(node::world_problem(plan, training)->severity == Severity::error);
}

TEST_CASE("an image is a path or somebody else's") {
    plan::LaunchPlan plan = sample_plan();
    CHECK_FALSE(node::image_path(plan));
    plan.container = plan::Container{.image = "nvcr.io#nvidia/pytorch:25.01-py3"};
    CHECK_FALSE(node::image_path(plan));
    plan.container = plan::Container{.image = "/fsx/image.sqsh"};
    CHECK(node::image_path(plan) == "/fsx/image.sqsh");
}

TEST_CASE("a chip that is shared in part is a chip") {
    plan::LaunchPlan plan = sample_plan();
    plan.resources.device = plan::Device::neuron;
    plan.resources.ranks_per_chip = 2;
    plan.layout.devices_per_node = 9;
    CHECK(devices(plan, on_nodes(4), {.device_files = 5}) == "");
    CHECK(devices(plan, on_nodes(4), {.device_files = 4}) != "");
    plan.layout.devices_per_node = 8;
    CHECK(devices(plan, on_nodes(4), {.device_files = 4}) == "");
    plan.layout.devices_per_node = 1;
    // What Slurm says of GPUs says nothing of Neuron devices.
    CHECK(devices(plan, on_nodes(4), {.visible_gpus = "0,1", .gpus_of_step = 2, .device_files = 0}) ==
          "on node n3: the step has 0 Neuron devices here (among /dev/neuron*) and the recipe runs 1 processes on 1 "
          "Neuron "
          "device; leave the node out with -x");
}

TEST_CASE("devices are counted up to the first entry that names none") {
    const auto found = [](const char* visible) {
        const std::string problem = devices(sample_plan(), on_nodes(4), {.visible_gpus = visible});
        const std::string before = "on node n3: the step has ";
        REQUIRE(problem.starts_with(before));
        return problem.substr(before.size(), problem.find(" here") - before.size());
    };
    CHECK(found("") == "0 GPUs");
    CHECK(found("0") == "1 GPU");
    CHECK(found("0,") == "1 GPU");
    CHECK(found("0,1") == "2 GPUs");
    CHECK(found("0,,1") == "1 GPU");
    CHECK(found(",0") == "0 GPUs");
    CHECK(found("0,NoDevFiles,1") == "1 GPU");
    CHECK(found("-1,0") == "0 GPUs");
}

TEST_CASE("who asked for too few GPUs is told how many, and how to do with less") {
    CHECK(devices(sample_plan(), on_nodes(4), {.visible_gpus = ""})
              .ends_with("; ask for --gpus-per-node=8, or run on what is there with --recipe-set=trainer.devices=1"));
    CHECK(devices(sample_plan(), on_nodes(4), {.gpus_of_step = 2})
              .ends_with("the step has 2 GPUs here (given by Slurm) and the recipe runs 8 processes on 8 GPUs; ask for "
                         "--gpus-per-node=8, or run on what is there with --recipe-set=trainer.devices=2"));
    CHECK(devices(direct_plan(), direct_on(4), {.visible_gpus = "3", .gpus_of_step = 4})
              .find("4 GPUs here (given by Slurm)") != std::string::npos);
    // A direct step of which Slurm says nothing has what CUDA shows.
    CHECK(devices(direct_plan(), direct_on(4), {.visible_gpus = "0,1"}).find("in CUDA_VISIBLE_DEVICES") !=
          std::string::npos);
    CHECK(devices(sample_plan(), on_nodes(4), {.visible_gpus = "0,1,2,3,4,5,6,7", .gpus_of_step = 1}) == "");
}

TEST_CASE("a step that is not the recipe's may have any world") {
    plan::LaunchPlan plan = sample_plan();
    plan.layout.shard = 16;
    Facts plain = on_nodes(3);
    plain.task_count = 9;
    CHECK_FALSE(node::world_problem(plan, plain));
    CHECK_FALSE(node::node_count_hint(plan, plain));
}

TEST_CASE("a plan whose degrees do not divide its own world has no node count for a way out") {
    plan::LaunchPlan plan = sample_plan();
    plan.layout.nodes = 3;
    plan.layout.shard = 16;
    const auto problem = node::world_problem(plan, on_nodes(3));
    REQUIRE(problem);
    CHECK(problem->code == "node.world");
    CHECK(problem->fix == "change the degrees with --recipe-set");
    plan.layout.nodes = 1;
    CHECK(node::world_problem(plan, on_nodes(3))->fix ==
          "run it on 1 node, as the recipe was planned, or without the recipe: --recipe=none");
    CHECK_FALSE(node::node_count_hint(plan, on_nodes(1)));
    CHECK(node::node_count_hint(plan, on_nodes(3))->message ==
          "this step has 3 nodes and the recipe was planned for 1: a world of 24 ranks");
}

TEST_CASE("a node's problem keeps its code and severity, and its way out where it has one") {
    const Diagnostic problem{.code = codes::node.count, .severity = Severity::warning, .message = "it is slow"};
    const Diagnostic said = node::on_node("n1", problem);
    CHECK(said.severity == Severity::warning);
    CHECK(said.code == codes::node.count);
    CHECK(said.message == "on node n1: it is slow");
    CHECK(said.fix.empty());
}
