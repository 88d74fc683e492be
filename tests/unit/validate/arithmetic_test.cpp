// SPDX-License-Identifier: Apache-2.0
// Layouts near one that does not divide its world.
#include "validate/arithmetic.hpp"
#include "catch.hpp"

namespace recipe::validate {
namespace {

struct Degrees {
    std::int64_t tensor;
    std::int64_t shard;
    bool operator==(const Degrees&) const = default;
};

std::optional<Degrees> nearest(const Layout& layout, const Heads& heads = {}, bool shard_free = true) {
    const auto found = nearest_valid(layout, heads, shard_free);
    if (!found) return std::nullopt;
    CHECK(world_divides(*found));
    CHECK(heads.split_by(found->tensor));
    CHECK(found->context == layout.context);
    CHECK(found->expert == layout.expert);
    return Degrees{found->tensor, found->shard};
}

}  // namespace

TEST_CASE("the nearest layout changes the shard degree, else the tensor degree, else both") {
    using Found = std::optional<Degrees>;
    const Layout eight{.nodes = 1, .devices_per_node = 8};
    const auto with = [&](std::int64_t tensor, std::int64_t shard, std::int64_t context = 1, std::int64_t expert = 1) {
        Layout layout = eight;
        layout.tensor = tensor;
        layout.shard = shard;
        layout.context = context;
        layout.expert = expert;
        return layout;
    };
    CHECK(nearest(with(1, 5)) == Found({1, 4}));
    CHECK(nearest(with(1, 6)) == Found({1, 8}));  // as near as 4
    CHECK(nearest(with(1, 3)) == Found({1, 4}));  // as near as 2
    CHECK(nearest(with(2, 8)) == Found({2, 4}));
    CHECK(nearest(with(3, 8)) == Found({1, 8}));
    CHECK(nearest(with(3, 4)) == Found({2, 4}));
    CHECK(nearest(with(1, 3, 4)) == Found({1, 4}));
    CHECK(nearest(with(1, 2, 8)) == Found({1, 8}));
    CHECK(nearest(with(4, 1, 8)) == Found({1, 8}));
    CHECK(nearest(with(1, 1, 16)) == Found());
    CHECK(nearest(with(1, 5, 1, 2)) == Found({1, 4}));
    CHECK(nearest(with(3, 5, 1, 2)) == Found({4, 1}));
    CHECK(nearest(with(1, 1, 1, 3)) == Found());
    // Where the shard degree is the program's own.
    CHECK(nearest(with(3, 1), {}, false) == Found({4, 1}));
    CHECK(nearest(with(3, 8), {}, false) == Found({1, 8}));
    CHECK(nearest(with(1, 3), {}, false) == Found());
    // Heads that 4 does not split.
    CHECK(nearest(with(4, 4), {.attention = 6}) == Found({2, 4}));
    CHECK(nearest(with(4, 2), {.attention = 6, .key_value = 3}) == Found({1, 2}));
    CHECK(nearest(with(4, 2), {.key_value = 2}) == Found({2, 2}));
}

TEST_CASE("no degree beyond the most is near") {
    const Layout large{.nodes = max_nodes, .devices_per_node = max_devices_per_node, .shard = max_degree - 1};
    const auto found = nearest_valid(large, {}, true);
    REQUIRE(found);
    CHECK(found->shard <= max_degree);
    CHECK(found->world() % found->shard == 0);
}

TEST_CASE("nodes for a world are those that hold it and divide by the degrees") {
    using Nodes = std::optional<std::int64_t>;
    CHECK(nodes_for({}, 8, 8) == Nodes(1));
    CHECK(nodes_for({}, 9, 8) == Nodes(2));
    CHECK(nodes_for({}, 1, 8) == Nodes(1));
    CHECK(nodes_for({.shard = 16}, 8, 8) == Nodes(2));
    CHECK(nodes_for({.shard = 16}, 24, 8) == Nodes(4));
    CHECK(nodes_for({.tensor = 3}, 8, 8) == Nodes(3));
    CHECK(nodes_for({.tensor = 3}, 25, 8) == Nodes(6));
    CHECK(nodes_for({.tensor = 4}, 8, 8) == Nodes(1));
    CHECK(nodes_for({}, max_nodes * 8, 8) == Nodes(max_nodes));
    CHECK(nodes_for({}, max_nodes * 8 + 1, 8) == Nodes());
    CHECK(nodes_for({.shard = max_nodes}, 1, 1) == Nodes(max_nodes));
    CHECK(nodes_for({.shard = max_nodes + 1}, 1, 1) == Nodes());
    CHECK(nodes_for({.shard = max_nodes}, max_nodes + 1, 1) == Nodes());
}

TEST_CASE("what does not divide the world is told in degrees other than 1") {
    CHECK(explain_world({.nodes = 1, .devices_per_node = 1, .tensor = 2}) ==
          "1 node × 1 device = 1 rank cannot be divided by tensor_model_parallel_degree 2");
    CHECK(explain_world({.nodes = 2, .devices_per_node = 4, .tensor = 2, .shard = 3, .expert = 5}) ==
          "2 nodes × 4 devices = 8 ranks cannot be divided by tensor_model_parallel_degree 2 × shard_degree 3 × "
          "expert_model_parallel_degree 5 = 30");
}

TEST_CASE("a plan's layout that does not divide is blamed on its shards, where it has some") {
    const auto key = [](const Layout& layout) {
        const Diagnostics problems = check_layout(layout);
        REQUIRE(problems.size() == 1);
        CHECK(problems.front().code == "layout.world_not_divisible");
        return problems.front().key;
    };
    CHECK(key({.nodes = 1, .devices_per_node = 8, .shard = 3}) == "model.shard_degree");
    CHECK(key({.nodes = 1, .devices_per_node = 8, .tensor = 2, .shard = 8}) == "model.shard_degree");
    CHECK(key({.nodes = 1, .devices_per_node = 8, .tensor = 3}) == "model.tensor_model_parallel_degree");
}

TEST_CASE("heads that nobody knows are split by any degree") {
    CHECK(Heads{}.split_by(7));
    CHECK(Heads{.attention = 14}.split_by(7));
    CHECK_FALSE(Heads{.attention = 15}.split_by(7));
    CHECK_FALSE(Heads{.key_value = 15}.split_by(7));
    CHECK_FALSE(Heads{.attention = 14, .key_value = 15}.split_by(7));
    CHECK(Heads{.attention = 14, .key_value = 7}.split_by(7));
}

}  // namespace recipe::validate
