// SPDX-License-Identifier: Apache-2.0
// The parameters that a shape gives, counted by hand: each dimension is another number.
#include "catch.hpp"
#include "models/models.hpp"

using namespace recipe;
using models::Model;
using models::parameters;

namespace {

/// Six layers of hidden 8; queries 4 × 3, keys and values 2 × 3; an MLP of 20; a vocabulary of 100.
Model small() {
    Model m;
    m.hidden = 8;
    m.layers = 6;
    m.heads = 4;
    m.kv_heads = 2;
    m.head_dim = 3;
    m.ffn = 20;
    m.vocab = 100;
    return m;
}

// Queries and output 8 × 12 each, keys and values 8 × 6 each.
constexpr std::int64_t attention = 2 * 8 * 12 + 2 * 8 * 6;
constexpr std::int64_t mlp = 3 * 8 * 20;

void check(const Model& m, std::int64_t embedding, std::int64_t in_attention, std::int64_t in_mlps,
           std::int64_t experts, std::int64_t active) {
    const models::Parameters p = parameters(m);
    CHECK(p.embedding == embedding);
    CHECK(p.attention == in_attention);
    CHECK(p.mlp == in_mlps);
    CHECK(p.experts == experts);
    CHECK(p.active == active);
    CHECK(p.total() == embedding + in_attention + in_mlps + experts);
}

}  // namespace

TEST_CASE("parameters of a dense decoder") {
    Model m = small();
    const std::int64_t all = 2 * 100 * 8 + 6 * attention + 6 * mlp;
    check(m, 2 * 100 * 8, 6 * attention, 6 * mlp, 0, all);
    m.tied_embeddings = true;
    check(m, 100 * 8, 6 * attention, 6 * mlp, 0, all - 100 * 8);
    m.gated_ffn = false;
    CHECK(parameters(m).mlp == 6 * 2 * 8 * 20);
    m.gated_attention = true;  // queries, their gate and the output
    CHECK(parameters(m).attention == 6 * (3 * 8 * 12 + 2 * 8 * 6));
    // Each layer has an embedding of width 5, one projection into it and one out of it, and one more of all.
    m.layer_embedding = 5;
    CHECK(parameters(m).embedding == 100 * (8 + 6 * 5) + 3 * 8 * 6 * 5);
    check(Model(), 0, 0, 0, 0, 0);
    CHECK(models::Parameters().total() == 0);
    CHECK(models::Parameters().active == 0);
}

TEST_CASE("parameters of experts, and those that one token meets") {
    Model m = small();
    m.experts = 7;
    m.experts_per_token = 2;
    m.expert_ffn = 11;
    m.dense_layers = 1;
    CHECK(models::expert_layers(m) == 5);
    const std::int64_t root = 2 * 100 * 8, one = 3 * 8 * 11, router = 8 * 7;
    check(m, root, 6 * attention, mlp, 5 * (7 * one + router), root + 6 * attention + mlp + 5 * (2 * one + router));
    m.shared_ffn = 13;
    CHECK(parameters(m).mlp == mlp + 5 * 3 * 8 * 13);
    // Experts that work in another width have a projection into it and one back.
    m.expert_hidden = 4;
    CHECK(parameters(m).experts == 5 * (7 * 3 * 4 * 11 + router + 2 * 8 * 4));
    m.gated_ffn = false;
    CHECK(parameters(m).experts == 5 * (7 * 2 * 4 * 11 + router + 2 * 8 * 4));
    m.experts = 0;
    CHECK(models::expert_layers(m) == 0);
    CHECK(parameters(m).experts == 0);
}

TEST_CASE("parameters of latent attention") {
    Model m = small();
    m.kv_lora_rank = 5;
    m.qk_nope_head_dim = 7;
    m.qk_rope_head_dim = 9;
    m.v_head_dim = 10;
    // Into the low rank and the shared rotary key, out of it into four heads' keys and values, and the output.
    const std::int64_t rest = 8 * (5 + 9) + 5 * 4 * (7 + 10) + 4 * 10 * 8;
    CHECK(parameters(m).attention == 6 * (8 * 4 * (7 + 9) + rest));
    m.q_lora_rank = 11;
    CHECK(parameters(m).attention == 6 * (8 * 11 + 11 * 4 * (7 + 9) + rest));
}

TEST_CASE("parameters of layers of other kinds") {
    Model m = small();
    m.sliding_layers = 4;
    CHECK(parameters(m).attention == 6 * attention);
    m.global_head_dim = 5;
    m.global_kv_heads = 1;  // of the other two
    CHECK(parameters(m).attention == 4 * attention + 2 * (2 * 8 * 4 * 5 + 2 * 8 * 5));

    m = small();
    m.linear_layers = 2;
    m.linear_key_heads = 2;
    m.linear_key_dim = 3;
    m.linear_value_heads = 5;
    m.linear_value_dim = 7;
    CHECK(models::attention_layers(m) == 4);
    // Queries and keys; values, gate and output; two numbers a head.
    CHECK(parameters(m).attention == 4 * attention + 2 * 8 * (2 * 2 * 3 + 3 * 5 * 7 + 2 * 5));

    m = small();
    m.mamba_layers = 2;
    m.mlp_layers = 3;
    m.mamba_heads = 3;
    m.mamba_head_dim = 5;
    m.mamba_groups = 2;
    m.mamba_state = 9;
    CHECK(models::attention_layers(m) == 1);
    CHECK(models::mlp_layers(m) == 3);
    CHECK(models::mlp_layers(small()) == 6);
    // Gate, input and output; B and C; a step size a head.
    CHECK(parameters(m).attention == attention + 2 * 8 * (3 * 3 * 5 + 2 * 2 * 9 + 3));
    CHECK(parameters(m).mlp == 3 * mlp);
    m.experts = 2;
    CHECK(models::expert_layers(m) == 3);
}

TEST_CASE("parameters beyond all reason are no more than a large number") {
    Model m;
    for (std::int64_t Model::* each : {&Model::hidden, &Model::layers, &Model::heads, &Model::kv_heads,
                                       &Model::head_dim, &Model::ffn, &Model::vocab})
        m.*each = models::max_dimension;
    CHECK(parameters(m).attention == 1'000'000'000'000'000'000);
    CHECK(parameters(m).mlp == 1'000'000'000'000'000'000);
    CHECK(parameters(m).embedding == std::int64_t{1} << 49);
}
