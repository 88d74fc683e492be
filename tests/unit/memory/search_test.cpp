// SPDX-License-Identifier: Apache-2.0
#include "memory/search.hpp"
#include "catch.hpp"
#include "memory/workloads.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace recipe::memory {
namespace {

const Knobs all_knobs{.tensor = "tensor",
                      .shard = "shard",
                      .micro_batch = "batch",
                      .checkpointing = "recompute",
                      .loss = "loss",
                      .nodes = "nodes"};

std::int64_t number(const std::string& text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// The reading with a suggestion's changes made, each by its name alone.
Reading changed(Reading reading, const Suggestion& suggestion) {
    for (const std::string& set : suggestion.set) {
        const std::string key = set.substr(0, set.find('='));
        const std::string value = set.substr(set.find('=') + 1);
        Workload& w = reading.workload;
        if (key == "tensor") {
            w.tensor = number(value);
            const Loss loss = w.assumptions.loss;
            w.assumptions = reading.assumptions(w.tensor);
            if (loss == Loss::chunked) w.assumptions.loss = loss;
        } else if (key == "shard")
            w.shard = number(value);
        else if (key == "batch")
            w.micro_batch = number(value);
        else if (key == "recompute")
            w.checkpointing = value == "true";
        else if (key == "loss")
            w.assumptions.loss = Loss::chunked;
        else if (key == "nodes")
            reading.nodes = number(value);
        else
            FAIL("an unknown change: " << set);
    }
    return reading;
}

Reading reading_of(const Workload& workload, std::int64_t nodes, const Assumptions& divided) {
    return {.workload = workload,
            .alone = workload.assumptions,
            .divided = divided,
            .nodes = nodes,
            .devices = 8,
            .unknown = {},
            .problems = {}};
}

TEST_CASE("every suggestion divides the world, splits the heads and fits") {
    Assumptions divided;
    divided.loss = Loss::loss_parallel;
    divided.sequence_parallel = true;
    int suggestions = 0;
    for (const Shape& shape : {llama3_2_1b(), llama3_1_8b()})
        for (const std::int64_t nodes : {1, 2, 3})
            for (const std::int64_t sequence : {2048, 8192, 16384})
                for (const std::int64_t batch : {1, 2, 6})
                    for (const double usable : {14.0, 22.0, 40.0, 79.0})
                        for (const std::int64_t context : {1, 2}) {
                            Workload workload{.shape = shape,
                                              .sequence = sequence,
                                              .micro_batch = batch,
                                              .shard = 8,
                                              .context = context};
                            const Reading reading = reading_of(workload, nodes, divided);
                            for (const Suggestion& s : search(reading, all_knobs, usable * GiB, {}, 10)) {
                                ++suggestions;
                                const Reading after = changed(reading, s);
                                Workload w = after.workload;
                                CHECK(after.devices % w.tensor == 0);
                                CHECK(w.shape.heads % w.tensor == 0);
                                CHECK(w.shape.kv_heads % w.tensor == 0);
                                CHECK(w.context <= w.shard);
                                const auto replicate = replicas(w, after.world());
                                REQUIRE(replicate);
                                w.replicate = *replicate;
                                const auto prediction = predict(w);
                                REQUIRE(prediction);
                                CHECK(prediction->peak_bytes == Approx(s.peak_bytes));
                                CHECK(judge(*prediction, usable * GiB - outside_allocator_bytes(w)) == s.verdict);
                                CHECK(s.verdict != Verdict::does_not_fit);
                            }
                        }
    CHECK(suggestions > 500);
}

TEST_CASE("stages of a pipeline and parts of a context divide the world of every suggestion") {
    int suggestions = 0;
    for (const Framework framework : {Framework::megatron, Framework::pytorch})
        for (const std::int64_t nodes : {1, 3})
            for (const std::int64_t pipeline : {2, 4})
                for (const std::int64_t context : {1, 2, 4}) {
                    Assumptions assumed;
                    assumed.framework = framework;
                    const Workload workload{.shape = llama3_1_8b(),
                                            .sequence = 8192,
                                            .micro_batch = 2,
                                            .shard = 4,
                                            .context = context,
                                            .pipeline = pipeline,
                                            .assumptions = assumed};
                    for (const Suggestion& s :
                         search(reading_of(workload, nodes, assumed), all_knobs, 79 * GiB, {}, 20)) {
                        ++suggestions;
                        const Reading after = changed(reading_of(workload, nodes, assumed), s);
                        const Workload& w = after.workload;
                        CAPTURE(w.tensor, w.pipeline, w.context, w.shard, after.world(), s.set);
                        CHECK(after.world() % (w.tensor * w.pipeline) == 0);
                        if (framework == Framework::megatron)
                            CHECK(after.world() % (w.tensor * w.pipeline * w.context) == 0);
                        else
                            CHECK(w.context <= w.shard);
                    }
                }
    CHECK(suggestions > 20);
}

TEST_CASE("no suggestion contains the changes of another") {
    const Reading reading = reading_of({.shape = llama3_1_8b(), .sequence = 8192, .micro_batch = 2, .shard = 8}, 1, {});
    const auto suggestions = search(reading, all_knobs, 40 * GiB, {}, 10);
    REQUIRE(suggestions.size() > 1);
    const auto keys = [](const Suggestion& s) {
        std::set<std::string> names;
        for (const std::string& set : s.set) names.insert(set.substr(0, set.find('=')));
        return names;
    };
    for (std::size_t i = 0; i < suggestions.size(); ++i)
        for (std::size_t j = 0; j < suggestions.size(); ++j)
            if (i != j) CHECK_FALSE(std::ranges::includes(keys(suggestions[j]), keys(suggestions[i])));
}

TEST_CASE("a knob without a name is left alone") {
    const Reading reading = reading_of({.shape = llama3_2_1b(), .sequence = 8192, .micro_batch = 2, .shard = 8}, 1, {});
    CHECK(search(reading, {}, 22 * GiB, {}, 10).empty());
    const auto only = search(
        reading,
        {.tensor = {}, .shard = {}, .micro_batch = "batch", .checkpointing = "recompute", .loss = {}, .nodes = {}},
        30 * GiB, {}, 10);
    for (const Suggestion& s : only)
        for (const std::string& set : s.set) CHECK((set.starts_with("batch=") || set.starts_with("recompute=")));
}

TEST_CASE("the smallest machine that does is suggested") {
    const Reading reading = reading_of(
        {.shape = llama3_1_8b(), .sequence = 8192, .micro_batch = 1, .checkpointing = true, .shard = 8}, 1, {});
    const auto found =
        search(reading, {}, 22 * GiB, {{"large", 139 * GiB}, {"medium", 44 * GiB}, {"small", 24 * GiB}}, 10);
    REQUIRE(found.size() == 1);
    CHECK(found.front().set == std::vector<std::string>{"instance_type=medium"});
}

TEST_CASE("few changes come before many, and what costs money after all others") {
    const Reading reading = reading_of({.shape = llama3_1_8b(), .sequence = 8192, .micro_batch = 2, .shard = 8}, 1, {});
    const std::vector<Machine> machines{{"large", 139 * GiB}};
    const auto costs = [](const Suggestion& s) {
        return std::ranges::any_of(s.set, [](const std::string& set) {
            return set.starts_with("nodes=") || set.starts_with("instance_type=");
        });
    };
    const auto all = search(reading, all_knobs, 40 * GiB, machines, 10);
    REQUIRE(all.size() > 2);
    CHECK_FALSE(costs(all.front()));
    CHECK(costs(all.back()));
    CHECK(std::ranges::is_sorted(all, {}, [&](const Suggestion& s) { return std::pair(costs(s), s.set.size()); }));
    const auto first = search(reading, all_knobs, 40 * GiB, machines, 1);
    REQUIRE(first.size() == 1);
    CHECK(first.front().set == all.front().set);
}

TEST_CASE(
    "Megatron's optimizer spreads over the ranks that a change leaves, and the peak is that of the whole change") {
    Assumptions assumed;
    assumed.framework = Framework::megatron;
    std::size_t suggestions = 0;
    for (const std::int64_t nodes : {1, 2})
        for (const std::int64_t pipeline : {1, 2})
            for (const std::int64_t shard : {1, 8})
                for (const double usable : {40.0, 79.0, 139.0}) {
                    const Workload workload{.shape = llama3_1_8b(),
                                            .sequence = 8192,
                                            .micro_batch = 4,
                                            .shard = shard,
                                            .pipeline = pipeline,
                                            .assumptions = assumed};
                    const Reading reading = reading_of(workload, nodes, assumed);
                    for (const Suggestion& s : search(reading, all_knobs, usable * GiB, {}, 20)) {
                        ++suggestions;
                        const Reading after = changed(reading, s);
                        Workload w = after.workload;
                        if (w.shard > 1) w.shard = after.world() / (w.tensor * w.pipeline);
                        CAPTURE(s.set, w.shard);
                        w.replicate = replicas(w, after.world()).value();
                        CHECK(predict(w).value().peak_bytes == Approx(s.peak_bytes));
                    }
                }
    CHECK(suggestions > 10);
}

TEST_CASE("of one change the least is suggested that fits, else the least that is tight") {
    const Workload workload{.shape = llama3_2_1b(), .sequence = 8192, .micro_batch = 8, .shard = 2};
    const Reading reading = reading_of(workload, 1, {});
    const auto expected = [&](const std::string& name, double usable, std::vector<std::int64_t> values, auto change) {
        for (const Verdict wanted : {Verdict::fits, Verdict::tight})
            for (const std::int64_t value : values) {
                Workload w = workload;
                change(w, value);
                w.replicate = replicas(w, reading.world()).value();
                if (judge(predict(w).value(), usable - outside_allocator_bytes(w)) <= wanted)
                    return std::vector<std::string>{name + '=' + std::to_string(value)};
            }
        return std::vector<std::string>();
    };
    const auto found = [&](const Knobs& knobs, double usable) {
        const auto all = search(reading, knobs, usable, {}, 10);
        return all.empty() ? std::vector<std::string>() : all.front().set;
    };
    std::set<std::vector<std::string>> seen;
    for (double gib = 4; gib < 400; gib += 4) {
        CAPTURE(gib);
        const double usable = gib * GiB;
        const auto batch = found({.micro_batch = "batch"}, usable);
        CHECK(batch == expected("batch", usable, {4, 2, 1}, [](Workload& w, std::int64_t to) { w.micro_batch = to; }));
        const auto shard = found({.shard = "shard"}, usable);
        CHECK(shard == expected("shard", usable, {8, 4}, [](Workload& w, std::int64_t to) { w.shard = to; }));
        const auto tensor = found({.tensor = "tensor"}, usable);
        CHECK(tensor == expected("tensor", usable, {2, 4}, [&](Workload& w, std::int64_t to) {
                  w.tensor = to;
                  w.assumptions = reading.assumptions(to);
              }));
        for (const auto& set : {batch, shard, tensor}) seen.insert(set);
    }
    CAPTURE(seen);
    CHECK(seen.size() > 5);
}

TEST_CASE("experts and stages divide what is left to shard over") {
    Workload workload{.shape = llama3_2_1b(), .sequence = 2048, .shard = 2, .expert = 2, .pipeline = 2};
    workload.shape.experts = 8;
    workload.shape.experts_per_token = 2;
    // Sixteen ranks: four hold the same experts of the same stage, so that there are four shards at most.
    const Reading reading = reading_of(workload, 2, {});
    Workload wider = workload;
    wider.shard = 4;
    wider.replicate = 1;
    workload.replicate = 2;
    int suggested = 0;
    for (double gib = 4; gib < 200; gib += 4) {
        const double usable = gib * GiB;
        const double limit = usable - outside_allocator_bytes(wider);
        const auto found = search(reading, {.shard = "shard"}, usable, {}, 10);
        const Verdict verdict = judge(predict(wider).value(), limit);
        CHECK(found.empty() == (verdict == Verdict::does_not_fit));
        if (found.empty()) continue;
        CHECK(found.front().set == std::vector<std::string>{"shard=4"});
        CHECK(found.front().verdict == verdict);
        ++suggested;
    }
    CHECK(suggested > 5);
}

TEST_CASE("a job is not made larger than 1024 nodes, nor a batch smaller than whole") {
    const auto largest = [](std::int64_t nodes) {
        const Workload workload{.shape = llama3_1_8b(), .sequence = 16384, .micro_batch = 6, .shard = 8};
        std::int64_t most = 0;
        for (const Suggestion& s : search(reading_of(workload, nodes, {}), all_knobs, 40 * GiB, {}, 50))
            for (const std::string& set : s.set) {
                if (set.starts_with("nodes=")) most = std::max(most, number(set.substr(6)));
                if (set.starts_with("batch=")) CHECK(set == "batch=3");
            }
        return most;
    };
    CHECK(largest(1) > 1);
    CHECK(largest(512) <= 1024);
    CHECK(largest(513) == 0);
    CHECK(largest(1024) == 0);
}

}  // namespace
}  // namespace recipe::memory
