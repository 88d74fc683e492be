// SPDX-License-Identifier: Apache-2.0
#include "../catch.hpp"
#include "clusters.hpp"

#include "cluster/accelerators.hpp"

using namespace recipe;
using cluster::NodeRecord;
using test::ClusterBuilder;

namespace {

cluster::NodeGroup group_of(const NodeRecord& record, const cluster::NodeTypes& types = {}) {
    return ClusterBuilder().nodes("p", 1, record).take(types).groups.front();
}

}  // namespace

TEST_CASE("a feature that is an instance type's name names the node") {
    const auto group = group_of(test::g5);
    CHECK(group.instance_type == "g5.48xlarge");
    CHECK(group.accelerator == "a10g");
    CHECK(group.accelerator_name == "NVIDIA A10G");
    CHECK(group.devices == 8);
}

TEST_CASE("the site's word beats a feature, which beats Slurm's own instance type") {
    NodeRecord record = test::g5;
    record.instance_type = "p5.48xlarge";
    CHECK(group_of(record).instance_type == "g5.48xlarge");
    CHECK(group_of(record, {{"p1", "g6.48xlarge"}}).instance_type == "g6.48xlarge");
    record.features = "efa";
    CHECK(group_of(record).instance_type == "p5.48xlarge");
}

TEST_CASE("a node without a name is known by its GRES, where one instance type alone has that many") {
    CHECK(group_of({.gres = "gpu:h200:8"}).accelerator_name == "NVIDIA H200");
    const auto a10g = group_of({.gres = "gpu:a10g:8"});
    CHECK(a10g.instance_type == "g5.48xlarge");
    const auto four = group_of({.gres = "gpu:a10g:4"});
    CHECK_FALSE(four.instance_type);  // g5.12xlarge or g5.24xlarge
    CHECK(four.devices == 4);
    CHECK(four.accelerator == "a10g");
}

TEST_CASE("names that the driver gives are known") {
    CHECK(group_of({.gres = "gpu:nvidia_h100_80gb_hbm3:8"}).accelerator == "h100");
    CHECK(group_of({.gres = "gpu:nvidia_a100-sxm4-80gb:8"}).accelerator == "a100-80");
    CHECK(group_of({.gres = "gpu:nvidia_a100_80gb_pcie:8"}).accelerator == "a100-pcie-80");
    CHECK(group_of({.gres = "gpu:nvidia_h100_nvl:4"}).accelerator == "h100-nvl");
    CHECK(group_of({.gres = "gpu:tesla_v100-sxm2-16gb:8"}).accelerator == "v100-16");
    CHECK(group_of({.gres = "gpu:mi300x:8"}).accelerator == "mi300x");
    CHECK(group_of({.gres = "gpu:tesla_t4:1"}).accelerator == "t4");
    CHECK(group_of({.gres = "gpu:a100:8"}).accelerator == "a100");  // of 40 or 80 GB
    CHECK(group_of({.gres = "gpu:8"}).accelerator.empty());
}

TEST_CASE("Neuron devices are counted as ranks") {
    const auto group = group_of({.features = "trn1.32xlarge", .gres = "neuron:16"});
    CHECK(group.kind == hardware::DeviceKind::neuron);
    CHECK(group.devices == 32);
}

TEST_CASE("where GPUs are a GRES, a node without one has none; elsewhere nobody knows") {
    CHECK_FALSE(group_of(test::cpu_node).devices_known);
    const auto inventory = ClusterBuilder().nodes("a", 1, test::cpu_node).nodes("b", 1, test::g5).take();
    CHECK(inventory.groups.front().devices_known);
    CHECK(inventory.groups.front().devices == 0);
}

TEST_CASE("like nodes are one group, and partitions count them") {
    ClusterBuilder builder;
    builder.nodes("train", 3, test::g5).nodes("cpu", 2, test::cpu_node);
    builder.part("all").nodes = {0, 1, 2, 3, 4, 99};  // a place beyond the table is none
    builder.node(1).available = false;
    const auto inventory = builder.take();
    CHECK(inventory.groups.size() == 2);
    const auto* all = inventory.partition("all");
    REQUIRE(all != nullptr);
    REQUIRE(all->groups.size() == 2);
    CHECK(all->groups[0].nodes == 3);
    CHECK(all->groups[0].available == 2);
    REQUIRE(inventory.node("train2") != nullptr);
    CHECK(inventory.node("train2")->partitions == std::vector<std::uint32_t>{0, 2});
    CHECK(inventory.node("train9") == nullptr);
    CHECK(inventory.partition("none") == nullptr);
}

TEST_CASE("slots without a node are left out and do not move the others") {
    ClusterBuilder builder;
    builder.nodes("p", 3, test::g5);
    builder.node(0).name.clear();
    const auto inventory = builder.take();
    CHECK(inventory.nodes.size() == 2);
    CHECK(inventory.partition("p")->groups.front().nodes == 2);
}

TEST_CASE("a type that two models answer to names neither") {
    const auto group = group_of({.gres = "gpu:H100_H200:8"});
    CHECK(group.accelerator == "h100_h200");
    CHECK(group.accelerator_name == "h100_h200");
    CHECK_FALSE(group.instance_type);
    CHECK(group.devices == 8);
}

TEST_CASE("the first item with a type names a node's devices, and counts of all are added up") {
    const auto group = group_of({.gres = "shard:4,gpu:2,gpux:t4:8,gpu:A10G:6(S:0-1),gpu:t4:1"});
    CHECK(group.accelerator == "a10g");
    CHECK(group.devices == 9);
    CHECK(group.devices_known);
    CHECK(group_of({.gres = "gpu"}).devices == 1);
    CHECK(group_of({.gres = "gpu"}).accelerator.empty());
}

TEST_CASE("a node whose GRES is not its instance type's keeps the name that the GRES gives") {
    const auto group = group_of({.features = "p5.48xlarge", .gres = "gpu:a10g:8"});
    CHECK(group.instance_type == "p5.48xlarge");
    CHECK(group.accelerator == "a10g");
    CHECK(group.accelerator_name == "NVIDIA A10G");
    const auto untyped = group_of({.features = "p5.48xlarge", .gres = "gpu:8"});
    CHECK(untyped.accelerator == "h100");
    CHECK(untyped.accelerator_name == "NVIDIA H100");
}

TEST_CASE("an instance type that nobody has heard of is kept, and its devices are those of the GRES") {
    const auto group = group_of({.features = "efa", .gres = "gpu:a10g:8", .instance_type = "x99.huge"});
    CHECK(group.instance_type == "x99.huge");
    CHECK(group.devices == 8);
    CHECK_FALSE(group_of({.instance_type = "x99.huge"}).devices_known);
}

TEST_CASE("nodes that differ in features, GRES, type, memory or the site's word are of different groups") {
    const NodeRecord base{.features = "efa", .gres = "gpu:8", .instance_type = "x1", .memory_mib = 1000};
    std::vector<NodeRecord> records(6, base);
    records[1].features = "ib";
    records[2].gres = "gpu:4";
    records[3].instance_type = "x2";
    records[4].memory_mib = 1001;
    ClusterBuilder builder;
    for (const NodeRecord& record : records) builder.nodes("p", 1, record);
    CHECK(builder.take().groups.size() == 5);
    CHECK(builder.take({{"p6", "g5.48xlarge"}}).groups.size() == 6);
}

TEST_CASE("what the site says of a partition is believed where nothing else says it") {
    const auto type_of = [](cluster::NodeRecord node) {
        ClusterBuilder builder;
        builder.nodes("train", 1, std::move(node));
        // Another node has a GRES, so that one without has no GPUs.
        builder.part("train").instance_type = "p5.48xlarge";
        return builder.take().groups.front();
    };
    const cluster::NodeGroup untold = type_of({.features = "", .gres = "gpu:8"});
    CHECK(untold.instance_type == "p5.48xlarge");
    REQUIRE(untold.device_types.size() == 1);
    REQUIRE(untold.device_types.front().candidates.size() == 1);
    CHECK(untold.device_types.front().candidates.front().name == "NVIDIA H100");
    CHECK(untold.alike == "p5.48xlarge");
    const cluster::NodeGroup plain = type_of({.features = "", .gres = ""});
    CHECK(plain.instance_type == "p5.48xlarge");
    CHECK(plain.devices == 8);
    CHECK(plain.devices_known);
    CHECK(type_of({.gres = "gpu:h100:8"}).instance_type == "p5.48xlarge");
    // The GRES, a feature and Slurm's own word speak against it.
    CHECK(type_of({.gres = "gpu:a10g:8"}).instance_type == "g5.48xlarge");
    CHECK_FALSE(type_of({.gres = "gpu:4"}).instance_type);
    CHECK(type_of({.features = "p4d.24xlarge", .gres = "gpu:8"}).instance_type == "p4d.24xlarge");
    CHECK(type_of({.gres = "gpu:8", .instance_type = "p4d.24xlarge"}).instance_type == "p4d.24xlarge");
}

TEST_CASE("a kind of nodes has all that is known of it, and nothing else") {
    using cluster::NodeGroup;
    const auto device = [](const char* model) {
        return cluster::device_of(*test::shipped_catalogue().accelerator(model));
    };
    CHECK(group_of(test::g5) ==
          NodeGroup{.instance_type = "g5.48xlarge",
                    .accelerator = "a10g",
                    .accelerator_name = "NVIDIA A10G",
                    .devices = 8,
                    .memory_mib = 747'110,
                    .features = {"efa", "g5.48xlarge"},
                    .gpu_types = {"a10g"},
                    .device_types = {{.gres_type = "a10g", .count = 8, .candidates = {device("a10g")}}},
                    .alike = "g5.48xlarge"});
    // Neither a GRES nor a type: in a cluster of no GPUs nobody knows, in one that has some there are none.
    CHECK(group_of(test::cpu_node) == NodeGroup{.devices_known = false, .memory_mib = 64'000});
    CHECK(ClusterBuilder().nodes("p", 1, test::g5).nodes("p", 1, test::cpu_node).take().groups.back() ==
          NodeGroup{.memory_mib = 64'000});
    // A name that the catalogue does not have, and a type that it does not have.
    CHECK(group_of({.gres = "gpu:Weird:4"}) ==
          NodeGroup{.accelerator = "weird",
                    .accelerator_name = "weird",
                    .devices = 4,
                    .gpu_types = {"Weird"},
                    .device_types = {{.gres_type = "Weird", .count = 4, .candidates = {}}}});
    CHECK(group_of({.gres = "gpu:4", .instance_type = "our-box"}) ==
          NodeGroup{.instance_type = "our-box",
                    .devices = 4,
                    .device_types = {{.gres_type = "", .count = 4, .candidates = {}}}});
    // What is told by the type alone.
    CHECK(group_of({.features = "p5.48xlarge"}) ==
          NodeGroup{.instance_type = "p5.48xlarge",
                    .accelerator = "h100",
                    .accelerator_name = "NVIDIA H100",
                    .devices = 8,
                    .features = {"p5.48xlarge"},
                    .device_types = {{.gres_type = "", .count = 8, .candidates = {device("h100")}}},
                    .alike = "p5.48xlarge"});
    // Ranks of Neuron devices, of which a GRES counts the chips.
    CHECK(group_of({.features = "trn1.32xlarge", .gres = "neuron:16"}) ==
          NodeGroup{.instance_type = "trn1.32xlarge",
                    .accelerator = "trainium",
                    .accelerator_name = "AWS Trainium",
                    .kind = hardware::DeviceKind::neuron,
                    .devices = 32,
                    .features = {"trn1.32xlarge"},
                    .device_types = {{.gres_type = "", .count = 32, .candidates = {device("trainium")}}},
                    .alike = "trn1.32xlarge"});
    // As many of them as no machine that is known has.
    CHECK(group_of({.gres = "gpu:a10g:3"}) ==
          NodeGroup{.accelerator = "a10g",
                    .accelerator_name = "NVIDIA A10G",
                    .devices = 3,
                    .gpu_types = {"a10g"},
                    .device_types = {{.gres_type = "a10g", .count = 3, .candidates = {device("a10g")}}}});
    // The chip's name is that of several devices.
    const NodeGroup chip = group_of({.gres = "gpu:h100:3"});
    CHECK(chip.accelerator_name == "NVIDIA H100");
    REQUIRE(chip.device_types.size() == 1);
    CHECK(chip.device_types.front().candidates.size() > 1);
    CHECK(chip.alike.empty());
}
