// SPDX-License-Identifier: Apache-2.0
// A workload's dimensions, of which each is another number, per rank of a layout that divides each of them.
#include "memory/figures.hpp"
#include "catch.hpp"
#include "memory/workloads.hpp"

namespace recipe::memory {
namespace {

/// Seven layers: four of attention, two of another, one without; one has a dense MLP, the rest six experts.
Workload mixed_layers() {
    return {.shape = {.hidden = 8,
                      .layers = 7,
                      .heads = 4,
                      .kv_heads = 2,
                      .head_dim = 3,
                      .ffn = 20,
                      .vocab = 100,
                      .experts = 6,
                      .experts_per_token = 2,
                      .dense_layers = 1,
                      .dense_ffn = 30,
                      .shared_ffn = 10,
                      .global = {.count = 2, .kv_heads = 1, .head_dim = 6},
                      .linear = {.count = 1, .in = 34, .out = 12},
                      .other_parameters = 11},
            .sequence = 10,
            .micro_batch = 2,
            .shard = 4,
            .tensor = 2,
            .context = 5,
            .expert = 3};
}

}  // namespace

TEST_CASE("each dimension is divided by the degree that divides it, and by no other") {
    Workload w = mixed_layers();
    const Figures m(w);
    CHECK(m.T == 10 * 2 / 5.0);
    CHECK(m.h == 8);
    CHECK(m.L == 7);
    CHECK(m.t == 2);
    CHECK(m.W == 4);
    CHECK(m.sp == 1);
    CHECK(m.heads == 2);
    CHECK(m.q == 4 * 3 / 2);
    CHECK(m.k == 2 * 3 / 2);
    CHECK(m.V == 100);
    CHECK(m.moe);
    CHECK(m.K == 2);
    CHECK(m.E == 6 / 3);
    CHECK(m.f == 20 / 2);
    CHECK(m.dense_f == 30 / 2);
    CHECK(m.shared_f == 10 / 2);
    CHECK(m.eh == 8);
    CHECK(m.matrices == 3);
    CHECK(m.q_global == 4 * 6 / 2);
    CHECK(m.k_global == 6);  // one head, and each rank has one
    CHECK(m.in == 34 / 2);
    CHECK(m.out == 12 / 2);
    CHECK(m.other == 11);
    CHECK(m.attention == 4);
    CHECK(m.global == 2);
    CHECK(m.linear == 1);
    CHECK(m.dense == 1);
    CHECK(m.routed == 6);
    CHECK_FALSE(m.single);
    CHECK_FALSE(m.uniform);
    w.assumptions.sequence_parallel = true;
    CHECK(Figures(w).sp == 2);
    w.expert_tensor = 4;
    CHECK(Figures(w).f == 20 / 4.0);
    CHECK(Figures(w).dense_f == 30 / 2);
    w.shape.expert_hidden = 4;
    CHECK(Figures(w).eh == 4);
    w.shape.gated_ffn = false;
    CHECK(Figures(w).matrices == 2);
    w.shape.experts = w.shape.experts_per_token = 0;
    CHECK(Figures(w).E == 1);
    CHECK(Figures(w).f == 20 / 2);  // a degree of experts divides none but theirs
    CHECK(Figures(w).dense_f == 20 / 2);
    CHECK(Figures(w).dense == 7);
    CHECK(Figures(w).routed == 0);
}

TEST_CASE("the parameters of layers of all kinds are summed, and the largest of a rank's is one of each") {
    const Workload w = mixed_layers();
    const Figures m(w);
    const double attention = 2 * 8 * 6 + 2 * 8 * 3, global = 2 * 8 * 12 + 2 * 8 * 6, linear = 8 * (17 + 6);
    const double dense = 3 * 8 * 15, experts = 2 * 3 * 8 * 10, norms = 2 * 8;
    const double routed = experts + 8 * 6 + 3 * 8 * 5;  // with the router, and the shared one
    CHECK(m.Pl == Approx((4 * attention + 2 * global + linear + dense + 6 * routed) / 7 + norms).epsilon(1e-12));
    CHECK(m.Pmax == global + routed + norms);
    CHECK(m.Pe == 6 * experts);
    CHECK(m.Pr == 2 * 100 * 8 / 2 + 8);
    CHECK(m.P == Approx(7 * m.Pl + m.Pr + 11).epsilon(1e-12));
    Workload tied = w;
    tied.shape.tied_embeddings = true;
    CHECK(Figures(tied).Pr == 100 * 8 / 2 + 8);
}

TEST_CASE("adapters are beside the matrices of every kind of layer") {
    Workload w = mixed_layers();
    w.lora = {.rank = 5};
    // Of q and o, k and v: from 8 to their width, and back.
    const double attention = 4 * (2 * (8 + 6) + 2 * (8 + 3)) + 2 * (2 * (8 + 12) + 2 * (8 + 6));
    CHECK(Figures(w).A == 5 * attention);
    w.lora.all_linear = true;
    const double linear = 2 * 8 + 17 + 6;
    const double dense = 3 * (8 + 15), shared = 6 * 3 * (8 + 5), experts = 2 * 6 * 3 * (8 + 10);
    CHECK(Figures(w).A == 5 * (attention + linear + dense + shared + experts));
    w.lora.experts = false;
    CHECK(Figures(w).A == 5 * (attention + linear + dense + shared));
    w.shape.shared_ffn = 0;
    CHECK(Figures(w).A == 5 * (attention + linear + dense));
    w.shape.experts = w.shape.experts_per_token = 0;
    CHECK(Figures(w).A == 5 * (attention + linear + 7 * 3 * (8 + 10)));
    w.shape.gated_ffn = false;
    CHECK(Figures(w).A == 5 * (attention + linear + 7 * 2 * (8 + 10)));
    w.lora.rank = 0;
    CHECK(Figures(w).A == 0);
    CHECK_FALSE(Figures(w).lora);
}

TEST_CASE("layers are alike where all have the same mixer and the same MLP") {
    const auto uniform = [](const auto& change) {
        Workload w{
            .shape = {.hidden = 8, .layers = 4, .heads = 4, .kv_heads = 2, .head_dim = 3, .ffn = 20, .vocab = 100},
            .sequence = 10};
        change(w.shape);
        return Figures(w).uniform;
    };
    CHECK(uniform([](Shape&) {}));
    CHECK_FALSE(uniform([](Shape& s) { s.global = {.count = 1, .kv_heads = 1, .head_dim = 6}; }));
    CHECK_FALSE(uniform([](Shape& s) { s.linear = {.count = 1, .in = 3, .out = 4}; }));
    CHECK_FALSE(uniform([](Shape& s) { s.mlp_layers = 2; }));
    CHECK_FALSE(uniform([](Shape& s) { s.latent.kv_rank = 2; }));
    const auto experts = [&](std::int64_t dense_layers) {
        return uniform([&](Shape& s) {
            s.experts = s.experts_per_token = 2;
            s.dense_layers = dense_layers;
            s.dense_ffn = 20;
        });
    };
    CHECK(experts(0));
    CHECK_FALSE(experts(1));
    CHECK(experts(4));
}

TEST_CASE("bytes of an element, by what is computed in and what is trained") {
    struct Row {
        Precision precision;
        bool reduce_in_bf16;
        double weight, computed, gradient, state, reduced;
    };
    for (const Row& row :
         {Row{Precision::mixed, false, 4, 2, 4, 8, 4}, Row{Precision::mixed, true, 4, 2, 4, 8, 2},
          Row{Precision::autocast, false, 4, 2, 4, 8, 4}, Row{Precision::pure_bf16, false, 2, 2, 2, 4, 2},
          Row{Precision::fp32, false, 4, 4, 4, 8, 4}, Row{Precision::fp32, true, 4, 4, 4, 8, 2}}) {
        Workload w = tiny();
        w.assumptions.precision = row.precision;
        w.assumptions.reduce_in_bf16 = row.reduce_in_bf16;
        const Figures m(w);
        INFO(static_cast<int>(row.precision));
        CHECK(m.weight == row.weight);
        CHECK(m.computed == row.computed);
        CHECK(m.gradient == row.gradient);
        CHECK(m.state == row.state);
        CHECK(m.reduced == row.reduced);
        CHECK(m.autocast == (row.precision == Precision::autocast));
        CHECK(m.low(3) == row.computed * 16 * 3);
        CHECK(m.fp32(3) == 4.0 * 16 * 3);
        // Frozen weights are as they are kept, and what is not trained does not travel.
        w.lora = {.rank = 1, .base_bytes = 0.5};
        CHECK(Figures(w).weight == 0.5);
        CHECK(Figures(w).gradient == 4);
        CHECK(Figures(w).state == 8);
        CHECK(Figures(w).reduced == 0);
        w.lora.fp32_adapters = false;
        CHECK(Figures(w).gradient == 2);
        CHECK(Figures(w).state == 4);
    }
}

TEST_CASE("blocks are rounded where segments are, of one size and not of another") {
    Workload w = tiny();
    w.sequence = 1024 * 1024;
    const Figures rounds(w);
    CHECK(rounds.rounds);
    CHECK(rounds.block(31.5 * MiB) == 32 * MiB);
    CHECK(rounds.low(15.75) == 32 * MiB);
    CHECK(rounds.fp32(7.875) == 32 * MiB);
    w.assumptions.allocator = Allocator::expandable_segments;
    const Figures exact(w);
    CHECK_FALSE(exact.rounds);
    CHECK(exact.low(15.75) == 31.5 * MiB);
    CHECK(exact.fp32(7.875) == 31.5 * MiB);
    CHECK(exact.eager);
    w.assumptions.norm = Norm::fused;
    CHECK_FALSE(Figures(w).eager);
}

TEST_CASE("a checkpoint has the whole model, whatever its ranks hold of it") {
    Workload w = mixed_layers();
    Workload whole = w;
    whole.tensor = whole.expert = whole.context = whole.shard = 1;
    const Figures m(whole);
    CHECK(checkpoint_bytes(w) == m.P * (4 + 8));
    w.expert_tensor = 2;
    CHECK(checkpoint_bytes(w) == m.P * (4 + 8));
    w.lora = {.rank = 3, .all_linear = true};
    whole.lora = w.lora;
    CHECK(checkpoint_bytes(w) == Figures(whole).A * (4 + 8));
    w.lora.fp32_adapters = false;
    CHECK(checkpoint_bytes(w) == Figures(whole).A * (2 + 4));
}

TEST_CASE("the parts of a moment are added up by their names, and nothing is no part") {
    Alive alive;
    CHECK(alive.total() == 0);
    CHECK(alive.as("none").parts.empty());
    alive.add("a", 3).add("b", 5).add("a", 4).add("c", 0).add("d", -2);
    const Moment moment = alive.as("some");
    CHECK(moment.name == "some");
    REQUIRE(moment.parts.size() == 3);
    CHECK(moment.parts[0].name == "a");
    CHECK(moment.parts[0].bytes == 7);
    CHECK(moment.parts[1].name == "b");
    CHECK(moment.parts[1].bytes == 5);
    CHECK(moment.parts[2].bytes == -2);
    CHECK(alive.total() == 10);
    CHECK(moment.total() == 10);
}

}  // namespace recipe::memory
