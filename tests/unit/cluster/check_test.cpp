// SPDX-License-Identifier: Apache-2.0
#include "../catch.hpp"
#include "clusters.hpp"

using namespace recipe;
using cluster::JobRequirements;
using test::ClusterBuilder;

namespace {

Diagnostics check(const cluster::Inventory& inventory, const JobRequirements& requirements,
                  const validate::Layout& layout = {}) {
    return cluster::check(inventory, test::shipped_catalogue(), layout, requirements);
}

JobRequirements a10g(std::uint32_t nodes) {
    return {.partitions = {"train"},
            .nodes = nodes,
            .device = plan::Device::gpu,
            .devices = 8,
            .instance_type = "g5.48xlarge"};
}

ClusterBuilder demo() {
    ClusterBuilder builder;
    builder.nodes("cpu", 4, test::cpu_node).nodes("train", 2, test::g5).nodes("big", 16, test::g5);
    return builder;
}

}  // namespace

TEST_CASE("what the cluster has is not refused") {
    CHECK(check(demo().take(), a10g(2)).empty());
    CHECK(check(demo().take(), {.nodes = 4}).empty());  // CPUs, in the default partition
}

TEST_CASE("too few nodes are refused with what there is and where there are enough") {
    const auto problems = check(demo().take(), a10g(4));
    REQUIRE(problems.size() == 1);
    CHECK(problems.front().code == "cluster.nodes");
    CHECK(problems.front().key == "trainer.num_nodes");
    CHECK(problems.front().message ==
          "partition train has 2 nodes with 8 × NVIDIA A10G (g5.48xlarge); the recipe wants 4. Partition big has 16");
    CHECK(problems.front().fix == "-p big");
}

TEST_CASE("a hidden partition is named to nobody") {
    ClusterBuilder builder = demo();
    builder.part("big").hidden = true;
    const auto problems = check(builder.take(), a10g(4), {.nodes = 4, .devices_per_node = 8});
    CHECK(problems.front().message ==
          "partition train has 2 nodes with 8 × NVIDIA A10G (g5.48xlarge); the recipe wants 4");
    CHECK(problems.front().fix == "--recipe-set=trainer.num_nodes=2");
    // ... unless fewer nodes cannot hold the model.
    CHECK(check(builder.take(), a10g(4), {.nodes = 4, .devices_per_node = 8, .shard = 32}).front().fix.empty());
}

TEST_CASE("another instance type is refused with those that the partition has") {
    JobRequirements requirements = a10g(2);
    requirements.instance_type = "p5.48xlarge";
    const auto problems = check(demo().take(), requirements);
    REQUIRE(problems.size() == 1);
    CHECK(problems.front().key == "instance_type");
    CHECK(problems.front().message ==
          "partition train has 2 nodes with 8 × NVIDIA A10G (g5.48xlarge); the recipe wants 2 with 8 × "
          "NVIDIA H100 (p5.48xlarge)");
    CHECK(problems.front().fix == "--recipe-set=instance_type=g5.48xlarge");
}

TEST_CASE("GPUs are not found on nodes without") {
    JobRequirements requirements = a10g(1);
    requirements.partitions = {"cpu"};
    requirements.instance_type.reset();
    const auto problems = check(demo().take(), requirements);
    REQUIRE(problems.size() == 1);
    CHECK(problems.front().message ==
          "partition cpu has 4 nodes with no GPUs; the recipe wants 1 with 8 GPUs. Partition train has 2. Partition "
          "big has 16");
}

TEST_CASE("an unknown instance type is checked by counts alone") {
    JobRequirements requirements = a10g(2);
    requirements.instance_type = "x99.huge";
    CHECK(check(demo().take(), requirements).empty());
    requirements.devices = 16;
    CHECK(check(demo().take(), requirements).front().code == "cluster.nodes");
}

TEST_CASE("a group without a name is checked by its count, its accelerator and its memory") {
    ClusterBuilder builder;
    builder.nodes("train", 2, {.gres = "gpu:a10g:4", .memory_mib = 100'000});
    JobRequirements requirements{
        .partitions = {"train"}, .nodes = 2, .device = plan::Device::gpu, .devices = 4, .instance_type = "g5.12xlarge"};
    CHECK(check(builder.take(), requirements).empty());
    requirements.memory_mib = 200'000;
    CHECK(
        check(builder.take(), requirements).front().message ==
        "partition train has 0 nodes with 4 × NVIDIA A10G (g5.12xlarge) with 200000 MiB of memory; the recipe wants 2");
    requirements.memory_mib = 0;
    requirements.instance_type = "g6.12xlarge";
    CHECK(check(builder.take(), requirements).front().code == "cluster.nodes");
    requirements.instance_type = "g5.12xlarge";
    requirements.devices = 8;
    CHECK(check(builder.take(), requirements).front().code == "cluster.nodes");
}

TEST_CASE("a GRES type that is less than a model may be any of its models") {
    ClusterBuilder builder;
    builder.nodes("train", 1, {.gres = "gpu:a100:8"});
    JobRequirements requirements{
        .partitions = {"train"}, .device = plan::Device::gpu, .devices = 8, .instance_type = "p4de.24xlarge"};
    CHECK(check(builder.take(), requirements).empty());
    requirements.instance_type = "p5.48xlarge";
    CHECK(check(builder.take(), requirements).front().code == "cluster.nodes");
}

TEST_CASE("constraints, excluded nodes and partition lists count") {
    ClusterBuilder builder = demo();
    JobRequirements requirements = a10g(2);
    requirements.constraint = "efa";
    CHECK(check(builder.take(), requirements).empty());
    requirements.constraint = "ib";
    CHECK(check(builder.take(), requirements).front().message ==
          "partition train has 0 nodes with 8 × NVIDIA A10G (g5.48xlarge) with --constraint=ib; the recipe wants 2");
    requirements.constraint = "";
    requirements.excluded_nodes = {"train5", "nobody"};
    CHECK(check(builder.take(), requirements).front().message ==
          "partition train has 1 node with 8 × NVIDIA A10G (g5.48xlarge) outside "
          "--exclude; the recipe wants 2. Partition big has 16");
    requirements.partitions = {"train", "big"};
    CHECK(check(builder.take(), requirements).empty());
}

TEST_CASE("a node that -w asks for must be of the kind") {
    JobRequirements requirements = a10g(2);
    requirements.required_nodes = {"train5"};
    CHECK(check(demo().take(), requirements).empty());
    requirements.required_nodes = {"train5", "cpu1"};
    const auto problems = check(demo().take(), requirements);
    REQUIRE(problems.size() == 1);
    CHECK(problems.front().code == "cluster.node_list");
    CHECK(problems.front().message ==
          "node cpu1, which -w asks for, has no GPUs; the recipe wants 8 × NVIDIA A10G (g5.48xlarge)");
    requirements.required_nodes = {"no-such-node"};
    CHECK(check(demo().take(), requirements).empty());  // Slurm says so itself
}

TEST_CASE("a partition's limits are held up to the job, unless a QOS may lift them") {
    ClusterBuilder builder = demo();
    builder.part("train").max_time = 60;
    JobRequirements requirements = a10g(2);
    requirements.time_limit = 120;
    auto problems = check(builder.take(), requirements);
    REQUIRE(problems.size() == 1);
    CHECK(problems.front().code == "cluster.time_limit");
    CHECK(problems.front().severity == Severity::error);
    CHECK(problems.front().message == "partition train ends jobs after 01:00:00; this one asks for 02:00:00");
    CHECK(problems.front().fix == "-t 01:00:00");
    requirements.has_qos = true;
    CHECK(check(builder.take(), requirements).front().severity == Severity::warning);
    requirements.has_qos = false;
    requirements.partitions = {"train", "big"};
    CHECK(check(builder.take(), requirements).empty());
    builder.part("train").max_nodes = 1;
    requirements.partitions = {"train"};
    requirements.time_limit.reset();
    CHECK(check(builder.take(), requirements).front().message ==
          "partition train gives a job at most 1 node; the recipe wants 2");
}

TEST_CASE("nodes that are all down are a warning") {
    ClusterBuilder builder = demo();
    builder.node(4).available = builder.node(5).available = false;
    const auto problems = check(builder.take(), a10g(2));
    REQUIRE(problems.size() == 1);
    CHECK(problems.front().code == "cluster.unavailable");
    CHECK(problems.front().severity == Severity::warning);
    CHECK(problems.front().message ==
          "the 2 nodes of partition train that could run this job are all down or drained: it will wait for 2 nodes");
    builder.node(4).available = true;
    CHECK(check(builder.take(), a10g(2)).front().message ==
          "the 2 nodes of partition train that could run this job are not all up, only 1 of them: it will wait for 2 "
          "nodes");
}

TEST_CASE("nodes that slurmctld counts and does not show may be of the kind") {
    ClusterBuilder builder = demo();
    builder.part("train").total_nodes = 4;
    CHECK(check(builder.take(), a10g(4)).empty());
    CHECK(check(builder.take(), a10g(5)).front().code == "cluster.nodes");
    builder.part("empty").total_nodes = 2;
    CHECK(check(builder.take(), {.partitions = {"empty"}, .nodes = 2}).empty());
    CHECK(check(builder.take(), {.partitions = {"empty"}, .nodes = 3}).front().message ==
          "partition empty has 2 nodes; the recipe wants 3. Partition cpu has 4. Partition train has 4. Partition big "
          "has 16");
    builder.part("empty").total_nodes = 0;
    CHECK(check(builder.take(), {.partitions = {"empty"}, .nodes = 17}).front().message ==
          "partition empty has no nodes; the recipe wants 17");
}

TEST_CASE("what Slurm refuses itself is left to it") {
    JobRequirements requirements = a10g(2);
    requirements.partitions = {"nowhere"};
    CHECK(check(demo().take(), requirements).empty());
    CHECK(check({}, a10g(2)).empty());
}

TEST_CASE("Neuron recipes are checked against Neuron nodes") {
    ClusterBuilder builder;
    builder.nodes("train", 2, {.features = "trn1.32xlarge"}).nodes("train", 1, test::g5);
    JobRequirements requirements{.partitions = {"train"},
                                 .nodes = 2,
                                 .device = plan::Device::neuron,
                                 .devices = 32,
                                 .instance_type = "trn1.32xlarge"};
    CHECK(check(builder.take(), requirements).empty());
    requirements.nodes = 3;
    CHECK(check(builder.take(), requirements).front().code == "cluster.nodes");
}

TEST_CASE("what is just within a partition's limits is within them") {
    ClusterBuilder builder = demo();
    builder.part("train").max_time = 60;
    builder.part("train").max_nodes = 2;
    JobRequirements requirements = a10g(2);
    requirements.time_limit = 60;
    CHECK(check(builder.take(), requirements).empty());
    requirements.time_limit = 61;
    CHECK(check(builder.take(), requirements).front().code == "cluster.time_limit");
    requirements.time_limit = cluster::unlimited;
    CHECK(check(builder.take(), requirements).front().message ==
          "partition train ends jobs after 01:00:00; this one asks for no limit");
    // Too many nodes are said before too long a time.
    builder.part("train").max_nodes = 1;
    CHECK(check(builder.take(), requirements).front().code == "cluster.max_nodes");
    CHECK(check(builder.take(), requirements).front().key == "trainer.num_nodes");
}

TEST_CASE("a partition is another way out only where the job is within its limits") {
    ClusterBuilder builder = demo();
    JobRequirements requirements = a10g(4);
    requirements.time_limit = 60;
    const auto fix = [&] {
        return check(builder.take(), requirements, {.nodes = 4, .devices_per_node = 8}).front().fix;
    };
    builder.part("big").max_time = 60;
    builder.part("big").max_nodes = 4;
    CHECK(fix() == "-p big");
    builder.part("big").max_time = 59;
    CHECK(fix() == "--recipe-set=trainer.num_nodes=2");
    builder.part("big").max_time = cluster::unlimited;
    builder.part("big").max_nodes = 3;
    CHECK(fix() == "--recipe-set=trainer.num_nodes=2");
    requirements.time_limit.reset();
    builder.part("big").max_time = 1;
    builder.part("big").max_nodes = 4;
    CHECK(fix() == "-p big");
}

TEST_CASE("a node with just the memory that is asked for has it") {
    ClusterBuilder builder;
    builder.nodes("train", 2, {.gres = "gpu:a10g:8", .memory_mib = 100'000});
    JobRequirements requirements = a10g(2);
    requirements.memory_mib = 100'000;
    CHECK(check(builder.take(), requirements).empty());
    requirements.memory_mib = 100'001;
    CHECK(check(builder.take(), requirements).front().code == "cluster.nodes");
    requirements.memory_mib = 0;
    requirements.required_nodes = {"train1"};
    requirements.constraint = "efa";
    CHECK(check(builder.take(), requirements).front().message ==
          "node train1, which -w asks for, is none with --constraint=efa");
}

TEST_CASE("a GRES type that names two models may be either, and no third") {
    ClusterBuilder builder;
    builder.nodes("train", 1, {.gres = "gpu:h100_h200:8"});
    JobRequirements requirements{
        .partitions = {"train"}, .device = plan::Device::gpu, .devices = 8, .instance_type = "p5.48xlarge"};
    CHECK(check(builder.take(), requirements).empty());
    requirements.instance_type = "p5en.48xlarge";
    CHECK(check(builder.take(), requirements).empty());
    requirements.instance_type = "g5.48xlarge";
    CHECK(check(builder.take(), requirements).front().code == "cluster.nodes");
    // A type that says nothing of any model may be every one.
    ClusterBuilder unnamed;
    unnamed.nodes("train", 1, {.gres = "gpu:fast:8"});
    CHECK(check(unnamed.take(), requirements).empty());
}

TEST_CASE("many kinds of nodes and many partitions are counted and not all named") {
    ClusterBuilder builder;
    for (const char* gres : {"gpu:a10g:1", "gpu:a10g:2", "gpu:a10g:4", "gpu:t4:1", "gpu:t4:2"})
        builder.nodes("mixed", 1, {.gres = gres});
    for (const char* name : {"a", "b", "c", "d", "e"}) builder.nodes(name, 1, test::g5);
    JobRequirements requirements = a10g(1);
    requirements.partitions = {"mixed"};
    requirements.instance_type.reset();
    CHECK(
        check(builder.take(), requirements).front().message ==
        "partition mixed has 1 node with 1 × NVIDIA A10G, 1 node with 2 × NVIDIA A10G, 1 node with 4 × NVIDIA A10G, 2 "
        "nodes of other kinds; the recipe wants 1 with 8 GPUs. Partition a has 1. Partition b has 1. Partition c has "
        "1. Partition d has 1");
    CHECK(check(builder.take(), requirements).front().key == "trainer.num_nodes");
    requirements.partitions = {"a", "b", "c", "d", "e"};
    requirements.nodes = 2;
    CHECK(check(builder.take(), requirements).front().message ==
          "partition a has 1 node with 8 GPUs, partition b has 1 node with 8 GPUs, partition c has 1 node with 8 GPUs, "
          "partition d has 1 node with 8 GPUs; the recipe wants 2");
    requirements.partitions = {"mixed"};
    requirements.nodes = 1;
    requirements.devices = 1;
    CHECK(check(builder.take(), requirements).empty());
}

TEST_CASE("nodes of another type are a way out, with fewer devices where they have fewer") {
    ClusterBuilder builder;
    builder.nodes("train", 2, {.features = "g5.12xlarge", .gres = "gpu:a10g:4"});
    JobRequirements requirements = a10g(2);
    CHECK(check(builder.take(), requirements).front().fix ==
          "--recipe-set=instance_type=g5.12xlarge --recipe-set=trainer.devices=4");
    requirements.devices = 4;
    CHECK(check(builder.take(), requirements).front().fix == "--recipe-set=instance_type=g5.12xlarge");
    requirements.nodes = 3;
    CHECK(check(builder.take(), requirements).front().fix.empty());
    requirements.nodes = 2;
    requirements.instance_type.reset();
    requirements.devices = 8;
    CHECK(check(builder.take(), requirements).front().fix.empty());
}

TEST_CASE("a node that is down and left out is subtracted once") {
    ClusterBuilder builder;
    builder.nodes("train", 3, test::g5).nodes("cpu", 1, test::cpu_node);
    builder.node(0).available = false;
    JobRequirements requirements = a10g(2);
    requirements.excluded_nodes = {"train1", "cpu4"};
    CHECK(check(builder.take(), requirements).empty());
    requirements.excluded_nodes = {"train2"};
    CHECK(check(builder.take(), requirements).front().message ==
          "the 2 nodes of partition train that could run this job are not all up, only 1 of them: it will wait for 2 "
          "nodes");
    builder.node(2).available = false;
    requirements.nodes = 1;
    requirements.excluded_nodes = {"train1", "train2"};
    CHECK(check(builder.take(), requirements).front().message ==
          "the 1 node of partition train that could run this job is not up: it will wait for 1 node");
}

TEST_CASE("a type of GPUs that the nodes spell otherwise is refused with theirs") {
    JobRequirements requirements = a10g(2);
    requirements.gpu_types = {"A10G"};
    const auto problems = check(demo().take(), requirements);
    REQUIRE(problems.size() == 1);
    CHECK(problems.front().code == "cluster.gpu_type");
    CHECK(problems.front().message ==
          "the job asks for gpu:A10G, and partition train has gpu:a10g; Slurm tells capital letters from small ones");
    CHECK(problems.front().fix == "--gres=gpu:a10g:8");
    requirements.gpu_types = {"a10g"};
    CHECK(check(demo().take(), requirements).empty());
    // Nodes that slurmctld did not show may have it.
    ClusterBuilder builder = demo();
    builder.part("train").total_nodes = 8;
    requirements.gpu_types = {"A10G"};
    for (const auto& problem : check(builder.take(), requirements)) CHECK(problem.code != "cluster.gpu_type");
}
