// SPDX-License-Identifier: Apache-2.0
// Names of nodes in -x and -w that are written more than once, or name nodes of other partitions: held against sets.
#include "catch.hpp"
#include "clusters.hpp"

#include <random>
#include <set>

namespace recipe::cluster {
namespace {

using test::ClusterBuilder;

std::string codes_of(const Diagnostics& problems) {
    std::string codes;
    for (const Diagnostic& problem : problems)
        codes += fmt::format("{} {} {}\n", problem.code, problem.message, problem.fix);
    return codes;
}

Diagnostics check(const Inventory& inventory, const JobRequirements& requirements) {
    validate::Layout layout;
    layout.nodes = requirements.nodes;
    layout.devices_per_node = 8;
    return check(inventory, test::shipped_catalogue(), layout, requirements);
}

}  // namespace

TEST_CASE("a node that is named several times counts once") {
    const NodeNames names({"b", "a", "b", "a", "a"});
    CHECK(names.size() == 2);
    CHECK(std::vector(names.begin(), names.end()) == std::vector<std::string_view>{"a", "b"});
    CHECK(NodeNames().empty());
    CHECK_FALSE(names.empty());

    ClusterBuilder builder;
    builder.nodes("one", 3, test::g5).nodes("two", 2, test::g5);
    const validate::DeviceNeeds needs{.memory = validate::MemoryNeeds{.low = 1, .peak = 1, .high = 1, .outside = 0}};
    JobRequirements job;
    job.partitions = {"one", "two"};
    job.device = plan::Device::gpu;
    job.devices = 8;
    job.nodes = 2;
    job.needs = &needs;
    job.excluded_nodes = std::vector<std::string_view>(10, "two4");
    CHECK(check(builder.take(), job).empty());  // of the first
    job.partitions = {"two"};
    const Diagnostics problems = check(builder.take(), job);
    REQUIRE(problems.size() == 1);
    CHECK(problems.front().code == "cluster.nodes");
    CHECK(problems.front().message.starts_with("partition two has 1 node with 8 GPUs outside --exclude"));
    job.excluded_nodes = {};
    job.required_nodes = std::vector<std::string_view>(5, "two4");
    CHECK(check(builder.take(), job).empty());
}

TEST_CASE("whether enough nodes are left is what sets say", "[property]") {
    std::mt19937 random(20261130);
    const auto below = [&](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
    int refused = 0;
    for (int round = 0; round < 2000; ++round) {
        ClusterBuilder builder;
        const std::vector<std::string> parts{"one", "two", "three"};
        for (const std::string& part : parts) {
            builder.nodes(part, 1 + below(4), test::g5);
            if (below(2) == 0) builder.nodes(part, 1 + below(2), test::cpu_node);
        }
        const Inventory inventory = builder.take();
        std::vector<std::string_view> all{"nobody"};
        for (const Node& node : inventory.nodes) all.push_back(node.name);

        JobRequirements job;
        for (const std::string& part : parts)
            if (below(2) == 0 || (part == "three" && job.partitions.empty()))
                job.partitions.insert(job.partitions.end(), static_cast<std::size_t>(1 + below(2)), part);
        job.device = plan::Device::gpu;
        job.devices = 8;
        job.nodes = static_cast<std::uint32_t>(1 + below(5));
        std::vector<std::string_view> written;
        for (int i = below(12); i > 0; --i)
            written.push_back(all[static_cast<std::size_t>(below(static_cast<int>(all.size())))]);
        job.excluded_nodes = written;

        const std::set<std::string_view> excluded(written.begin(), written.end());
        bool enough = false;
        for (const std::string_view part : job.partitions) {
            std::uint32_t left = 0;
            for (const Node& node : inventory.nodes)
                left += node.name.starts_with(part) && inventory.groups[node.group].devices == 8 &&
                        !excluded.contains(node.name);
            enough = enough || left >= job.nodes;
        }
        const Diagnostics problems = check(inventory, job);
        INFO(codes_of(problems));
        REQUIRE(has_errors(problems) == !enough);
        refused += enough ? 0 : 1;

        // Once more, each name once.
        const std::string said = codes_of(problems);
        job.excluded_nodes = std::vector<std::string_view>(excluded.begin(), excluded.end());
        REQUIRE(codes_of(check(inventory, job)) == said);
    }
    CHECK(refused > 200);
    CHECK(refused < 1800);
}

}  // namespace recipe::cluster
