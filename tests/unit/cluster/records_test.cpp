// SPDX-License-Identifier: Apache-2.0
// Nodes as scontrol prints them, and what a site file could say of their partitions.
#include "../catch.hpp"
#include "clusters.hpp"
#include "site/site.hpp"

using namespace recipe;

namespace {

cluster::Inventory inventory_of(std::string_view text) {
    const cluster::ScontrolRecords records = cluster::records_of_scontrol(text);
    return cluster::take_inventory(records.nodes, records.partitions, test::shipped_catalogue(), {});
}

constexpr std::string_view g1 =
    "NodeName=g1 Arch=x86_64 CoresPerSocket=48 AvailableFeatures=g5.48xlarge,efa ActiveFeatures=g5.48xlarge,efa "
    "Gres=gpu:a10g:8(S:0-1) NodeAddr=127.0.0.1 OS=Linux 6.1.0 #1 SMP RealMemory=747110 AllocMem=0 State=IDLE "
    "Partitions=train,all Comment=NodeName=forged\n";
constexpr std::string_view n1 =
    "NodeName=n1 AvailableFeatures=(null) ActiveFeatures=(null) Gres=(null) RealMemory=16000 Partitions=cpu,all\n";

}  // namespace

TEST_CASE("nodes and their partitions are read from scontrol's lines") {
    const auto records = cluster::records_of_scontrol(std::string(g1) + std::string(n1));
    REQUIRE(records.nodes.size() == 2);
    CHECK(records.nodes[0].name == "g1");
    CHECK(records.nodes[0].features == "g5.48xlarge,efa");
    CHECK(records.nodes[0].gres == "gpu:a10g:8(S:0-1)");
    CHECK(records.nodes[0].memory_mib == 747110);
    CHECK(records.nodes[0].instance_type.empty());
    CHECK(records.nodes[1].features.empty());
    CHECK(records.nodes[1].gres.empty());
    REQUIRE(records.partitions.size() == 3);
    CHECK(records.partitions[0].name == "train");
    CHECK(records.partitions[1].name == "all");
    CHECK(records.partitions[1].nodes == std::vector<std::size_t>{0, 1});
    CHECK(records.partitions[1].total_nodes == 2);
    CHECK(cluster::records_of_scontrol("NodeName=x Gres=gpu:8 InstanceType=p5.48xlarge").nodes[0].instance_type ==
          "p5.48xlarge");
    CHECK(cluster::records_of_scontrol("").nodes.empty());
    CHECK(cluster::records_of_scontrol("No nodes in the system\n\n").nodes.empty());
}

TEST_CASE("a partition of one type is proposed, and what the others have is said") {
    CHECK(cluster::partition_map(inventory_of(std::string(g1) + std::string(n1))) ==
          "partitions:\n"
          "  # all: 1 node of g5.48xlarge, 1 node of no devices\n"
          "  # cpu: 1 node of no devices\n"
          "  train: {instance_type: g5.48xlarge}  # 1 node of g5.48xlarge\n");
    CHECK(cluster::partition_map(inventory_of(g1)) ==
          "partitions:\n  \"*\": {instance_type: g5.48xlarge}  # all nodes\n");
    CHECK(cluster::partition_map(inventory_of("")) == "partitions:\n");
}

TEST_CASE("of a partition's kinds four are named, in the order of their names") {
    const auto said = [](std::initializer_list<const char*> types) {
        std::string text = "NodeName=x Gres=gpu:1 Partitions=other\n";
        int count = 0;
        for (const char* type : types)
            text += fmt::format("NodeName=n{} AvailableFeatures={} Gres=(null) Partitions=all\n", count++, type);
        const std::string map = cluster::partition_map(inventory_of(text));
        const std::size_t at = map.find("# all: ");
        return map.substr(at + 7, map.find('\n', at) - at - 7);
    };
    CHECK(said({"p5.48xlarge", "g5.48xlarge", "p4d.24xlarge", "g6.48xlarge"}) ==
          "1 node of g5.48xlarge, 1 node of g6.48xlarge, 1 node of p4d.24xlarge, 1 node of p5.48xlarge");
    CHECK(said({"p5.48xlarge", "g5.48xlarge", "p4d.24xlarge", "g6.48xlarge", "trn1.32xlarge"}) ==
          "1 node of g5.48xlarge, 1 node of g6.48xlarge, 1 node of p4d.24xlarge, 1 node of p5.48xlarge, others");
}

TEST_CASE("names that YAML would take for something else are quoted") {
    std::string text;
    for (const char* name : {"no", "1", "A", "it's"})
        text += fmt::format("NodeName=g Gres=gpu:a10g:8 Partitions={}\n", name);
    text += "NodeName=n Gres=gpu:4 Partitions=other\n";
    const std::string map = cluster::partition_map(inventory_of(text));
    for (const char* key : {"  'no': {", "  '1': {", "  'A': {", "  'it''s': {"}) {
        INFO(key);
        CHECK(map.contains(key));
    }
    CHECK(map.contains("  # other: 1 node of 4 × unknown devices\n"));
}
