// SPDX-License-Identifier: Apache-2.0
// The fewest nodes, against trying every number of them.
#include "catch.hpp"
#include "memory/search.hpp"
#include "memory/workloads.hpp"

#include <fmt/format.h>

#include <set>

namespace recipe::memory {
namespace {

Reading reading_of(const Workload& workload, std::int64_t nodes = 1) {
    return {.workload = workload,
            .alone = workload.assumptions,
            .divided = workload.assumptions,
            .nodes = nodes,
            .devices = 8,
            .unknown = {},
            .problems = {}};
}

/// Llama 3.1 8B, four sequences a pass, without checkpoints: sharded over one node.
Workload large() {
    return {.shape = llama3_1_8b(), .sequence = 8192, .micro_batch = 4, .shard = 8};
}

/// The verdict of a workload that is sharded over all ranks of so many nodes.
Verdict verdict_of(Workload w, std::int64_t nodes, double usable) {
    w.shard = nodes * 8 / w.tensor;
    w.replicate = 1;
    return judge(predict(w).value(), usable - outside_allocator_bytes(w));
}

/// The first number up to 1024 that does; 0: none.
std::int64_t first(const Workload& w, double usable, Verdict wanted, std::int64_t from) {
    for (std::int64_t nodes = from; nodes <= 1024; ++nodes)
        if (verdict_of(w, nodes, usable) <= wanted) return nodes;
    return 0;
}

using Sets = std::vector<std::string>;

/// What is to be found: as it is, then with checkpoints, then with one sequence a pass.
std::optional<std::pair<std::int64_t, Sets>> expected(const Workload& plain, double usable, std::int64_t from) {
    Workload w = plain;
    Sets more;
    for (int step = 0; step < 3; ++step) {
        if (step == 1) {
            w.checkpointing = true;
            more.emplace_back("recompute=true");
        }
        if (step == 2) {
            w.micro_batch = 1;
            more.emplace_back("batch=1");
        }
        const std::int64_t fits = first(w, usable, Verdict::fits, from), tight = first(w, usable, Verdict::tight, from);
        const std::int64_t nodes = fits == from || (fits > 0 && fits <= 2 * tight) ? fits : tight;
        if (nodes == 0) continue;
        Sets sets{fmt::format("nodes={}", nodes)};
        if (nodes != 1) sets.push_back(fmt::format("shard={}", nodes * 8));
        sets.insert(sets.end(), more.begin(), more.end());
        return std::pair(nodes, sets);
    }
    return std::nullopt;
}

const Knobs knobs{.shard = "shard", .micro_batch = "batch", .checkpointing = "recompute", .nodes = "nodes"};

}  // namespace

TEST_CASE("the fewest nodes are the first number of them that does, with as little beside as it takes") {
    std::set<std::size_t> changes;
    std::set<std::int64_t> numbers;
    for (double gib = 6; gib < 260; gib += gib < 40 ? 1.3 : 7) {
        INFO(gib);
        const auto found = fewest_nodes(reading_of(large()), knobs, gib * GiB);
        const auto wanted = expected(large(), gib * GiB, 1);
        REQUIRE(found.has_value() == wanted.has_value());
        if (!found) continue;
        CHECK(found->nodes == wanted->first);
        CHECK(found->suggestion.set == wanted->second);
        changes.insert(found->suggestion.set.size());
        numbers.insert(found->nodes);
        // What is told of it is what it needs.
        Workload w = large();
        w.checkpointing = wanted->second.back() == "recompute=true" || wanted->second.back() == "batch=1";
        if (wanted->second.back() == "batch=1") w.micro_batch = 1;
        w.shard = found->nodes * 8;
        CHECK(found->suggestion.peak_bytes == predict(w).value().peak_bytes);
        CHECK(found->suggestion.verdict == verdict_of(w, found->nodes, gib * GiB));
    }
    CHECK(numbers.size() > 3);
    CHECK(changes.size() > 1);
}

TEST_CASE("without names for what may be done beside, only the nodes are more") {
    const double usable = 60 * GiB;
    const auto found = [&](const Knobs& some, const Workload& w = large()) {
        const auto fewest = fewest_nodes(reading_of(w), some, usable);
        return fewest ? fewest->suggestion.set : Sets();
    };
    CHECK(found({}).empty());
    CHECK(found({.shard = "shard", .micro_batch = "batch", .checkpointing = "recompute"}).empty());
    // As it is no number of nodes does: the activations are no fewer.
    REQUIRE(first(large(), usable, Verdict::tight, 1) == 0);
    CHECK(found({.shard = "shard", .nodes = "nodes"}).empty());
    CHECK(found({.shard = "shard", .micro_batch = "batch", .nodes = "nodes"}).empty());  // not without checkpoints
    CHECK(found(knobs).size() >= 2);
    Workload checkpoints = large();
    checkpoints.checkpointing = true;
    CHECK(found({.shard = "shard", .micro_batch = "batch", .nodes = "nodes"}, checkpoints) ==
          expected(checkpoints, usable, 1)->second);
}

TEST_CASE("what follows the nodes by itself is not set, and what takes a word of its own is") {
    Workload w = large();
    w.checkpointing = true;
    w.micro_batch = 1;
    const double usable = 30 * GiB;
    const std::int64_t nodes = first(w, usable, Verdict::fits, 1);
    REQUIRE(nodes > 1);
    REQUIRE(nodes <= 2 * first(w, usable, Verdict::tight, 1));
    const auto found = [&](const Knobs& some, bool follows = false) {
        Reading reading = reading_of(w);
        reading.shard_follows = follows;
        return fewest_nodes(reading, some, usable).value().suggestion.set;
    };
    const std::string more = fmt::format("nodes={}", nodes);
    CHECK(found({.nodes = "nodes"}, true) == Sets{more});
    CHECK(found({.shard = "shard", .nodes = "nodes"}) == Sets{more, fmt::format("shard={}", nodes * 8)});
    CHECK(found({.shard = "shard", .nodes = "nodes", .shard_also = "strategy=hybrid_shard"}) ==
          Sets{more, fmt::format("shard={}", nodes * 8), "strategy=hybrid_shard"});
    CHECK(found({.nodes = "nodes", .shard_all = "strategy=FULL_SHARD"}) == Sets{more, "strategy=FULL_SHARD"});
    CHECK(found({.nodes = "nodes", .shard_all = "strategy=FULL_SHARD", .nodes_again = "nnodes"}) ==
          Sets{more, fmt::format("nnodes={}", nodes), "strategy=FULL_SHARD"});
    // Copies of the model beside one another need as much each: what one node has is what there is.
    REQUIRE(verdict_of(w, 1, usable) == Verdict::tight);
    const auto copies = fewest_nodes(reading_of(w), {.nodes = "nodes"}, usable);
    REQUIRE(copies);
    CHECK(copies->nodes == 1);
    CHECK(copies->suggestion.verdict == Verdict::tight);
    REQUIRE(verdict_of(w, 1, 20 * GiB) == Verdict::does_not_fit);
    CHECK_FALSE(fewest_nodes(reading_of(w), {.nodes = "nodes"}, 20 * GiB));
}

TEST_CASE("a job that has enough nodes is told them, and one is made no larger than 1024") {
    Workload w = large();
    w.checkpointing = true;
    w.micro_batch = 1;
    const double usable = 30 * GiB;
    const std::int64_t nodes = first(w, usable, Verdict::fits, 1);
    w.shard = nodes * 8;
    CHECK(fewest_nodes(reading_of(w, nodes), knobs, usable).value().nodes == nodes);
    CHECK(fewest_nodes(reading_of(w, nodes + 3), knobs, usable).value().nodes == nodes + 3);
    CHECK(fewest_nodes(reading_of(w, 1024), knobs, usable).value().nodes == 1024);
    CHECK_FALSE(fewest_nodes(reading_of(w, 1025), knobs, usable));
    CHECK_FALSE(fewest_nodes(reading_of(w), knobs, 1 * GiB));
}

}  // namespace recipe::memory
