// SPDX-License-Identifier: Apache-2.0
// The shape that the memory model takes of a model: each number from its own field, and sums worked out by hand.
#include "catch.hpp"
#include "memory/recipes.hpp"
#include "memory/shapes.hpp"

namespace recipe::memory {
namespace {

models::Model decoder() {
    models::Model m;
    m.hidden = 8;
    m.layers = 6;
    m.heads = 4;
    m.kv_heads = 2;
    m.head_dim = 3;
    m.ffn = 20;
    m.vocab = 100;
    return m;
}

}  // namespace

TEST_CASE("a dense decoder's shape has its numbers, and its flags one by one") {
    models::Model m = decoder();
    const Shape plain{.hidden = 8, .layers = 6, .heads = 4, .kv_heads = 2, .head_dim = 3, .ffn = 20, .vocab = 100};
    CHECK(shape_of(m) == plain);
    m.kv_heads = 0;  // as many as heads
    CHECK(shape_of(m).kv_heads == 4);
    struct Flag {
        bool models::Model::* of_model;
        bool Shape::* of_shape;
    };
    for (const Flag& flag : {Flag{&models::Model::tied_embeddings, &Shape::tied_embeddings},
                             {&models::Model::gated_ffn, &Shape::gated_ffn},
                             {&models::Model::gated_attention, &Shape::gated_attention},
                             {&models::Model::qk_norm, &Shape::qk_norm},
                             {&models::Model::four_norms, &Shape::four_norms},
                             {&models::Model::wide_norms, &Shape::wide_norms},
                             {&models::Model::soft_capped, &Shape::soft_capped},
                             {&models::Model::sinks, &Shape::sinks},
                             {&models::Model::clamped_gate, &Shape::clamped_gate}}) {
        models::Model with = decoder();
        with.*flag.of_model = !(with.*flag.of_model);
        CHECK(shape_of(with).*flag.of_shape == !(plain.*flag.of_shape));
        CHECK(shape_of(decoder()).*flag.of_shape == plain.*flag.of_shape);
    }
}

TEST_CASE("a mixture's shape has its experts' width, and the dense layers' beside it") {
    models::Model m = decoder();
    m.dense_layers = 2;
    CHECK(shape_of(m).dense_layers == 0);  // all of them are
    CHECK(shape_of(m).dense_ffn == 0);
    m.experts = 7;
    m.experts_per_token = 3;
    m.expert_ffn = 11;
    m.shared_ffn = 13;
    m.expert_hidden = 5;
    const Shape s = shape_of(m);
    CHECK(s.experts == 7);
    CHECK(s.experts_per_token == 3);
    CHECK(s.ffn == 11);
    CHECK(s.dense_ffn == 20);
    CHECK(s.dense_layers == 2);
    CHECK(s.shared_ffn == 13);
    CHECK(s.expert_hidden == 5);
}

TEST_CASE("a shape of latent attention has heads of both parts of a key") {
    models::Model m = decoder();
    m.head_dim = 0;
    m.q_lora_rank = 5;
    m.kv_lora_rank = 6;
    m.qk_nope_head_dim = 7;
    m.qk_rope_head_dim = 9;
    m.v_head_dim = 10;
    const Shape s = shape_of(m);
    CHECK(s.head_dim == 7 + 9);
    CHECK(s.latent == Latent{.q_rank = 5, .kv_rank = 6, .key_dim = 7, .rope_dim = 9, .value_dim = 10});
}

TEST_CASE("a shape's other layers are counted, and told by what their projections give") {
    models::Model m = decoder();
    m.sliding_window = 16;
    m.sliding_layers = 4;
    CHECK(shape_of(m).global.count == 0);
    m.global_head_dim = 5;
    m.global_kv_heads = 1;
    CHECK(shape_of(m).global.count == 6 - 4);
    CHECK(shape_of(m).global.head_dim == 5);
    CHECK(shape_of(m).global.kv_heads == 1);

    m = decoder();
    m.linear_layers = 2;
    m.linear_key_heads = 2;
    m.linear_key_dim = 3;
    m.linear_value_heads = 5;
    m.linear_value_dim = 7;
    // Queries and keys of 2 × 3, values and gate of 5 × 7, and two numbers a head.
    CHECK(shape_of(m).linear == OtherLayers{.count = 2, .in = 2 * 6 + 2 * 35 + 2 * 5, .out = 35});

    m = decoder();
    m.mamba_layers = 3;
    m.mlp_layers = 2;
    m.mamba_heads = 3;
    m.mamba_head_dim = 5;
    m.mamba_groups = 2;
    m.mamba_state = 9;
    // Gate and input of 3 × 5, B and C of 2 × 9, a step size a head.
    CHECK(shape_of(m).linear == OtherLayers{.count = 3, .in = 2 * 15 + 2 * 18 + 3, .out = 15});
    CHECK(shape_of(m).mlp_layers == 2);
}

TEST_CASE("a shape's other parameters are a tower's, and those of embeddings that each layer has") {
    models::Model m = decoder();
    m.other_parameters = 1000;
    CHECK(shape_of(m).other_parameters == 1000);
    m.layer_embedding = 4;
    CHECK(shape_of(m).other_parameters == 1000 + 4 * 6 * (100 + 3 * 8));
}

TEST_CASE("a shape's numbers are those that the section `memory` takes") {
    for (const char* name : {"hidden", "layers", "heads", "ffn", "vocabulary", "kv_heads", "head_size"}) {
        INFO(name);
        CHECK(is_dimension(name));
    }
    for (const char* name : {"loss", "experts", "", "vocab"}) CHECK_FALSE(is_dimension(name));
}

TEST_CASE("a model is known by its name as exactly as that tells") {
    CHECK(parameters_of("meta-llama/Llama-3.1-8B", {}) ==
          static_cast<double>(models::parameters(*models::Catalogue().find("llama-3.1-8b")).total()));
    CHECK(parameters_of("ours/Secret-7B", {}) == 7e9);
    CHECK(parameters_of("ours/Secret", {}) == 0);
    CHECK(parameters_of("", {}) == 0);
}

TEST_CASE("whether a public model's head is its embedding is the recipe's to say, where it says so") {
    const auto tied = [](const std::string& model, const std::string& says) {
        const config::Value root = config::parse_yaml(fmt::format("recipes: {{run: {{model_type: hf}}, model: "
                                                                  "{{hf_model_name_or_path: {}, "
                                                                  "tie_word_embeddings: {}}}}}",
                                                                  model, says),
                                                      "recipe")
                                       .value();
        const family::Family& family = shipped_families().of(root);
        const Sized sized = read_shape(Recipe(root, family), family, {});
        CHECK(sized.from == models::Catalogue().find(model)->name);
        return sized.shape.tied_embeddings;
    };
    CHECK_FALSE(tied("meta-llama/Llama-3.1-8B", "null"));
    CHECK(tied("meta-llama/Llama-3.1-8B", "true"));
    CHECK(tied("meta-llama/Llama-3.2-1B", "null"));
    CHECK_FALSE(tied("meta-llama/Llama-3.2-1B", "false"));
}

TEST_CASE("each dimension of a recipe's own beats the model's, and what it says wrongly does not") {
    const auto shape = [](const std::string& section) {
        const config::Value root =
            config::parse_yaml(
                fmt::format("recipes:\n  run: {{model_type: llm_finetuning_aws, name: x}}\n  trainer: "
                            "{{devices: 8}}\n  training_config:\n    training_args: {{max_len: 4096}}\n   "
                            " model_config: {{model_name_or_path: meta-llama/Llama-3.1-8B}}\n  memory: "
                            "{{{}}}\n",
                            section),
                "recipe")
                .value();
        const family::Family& family = shipped_families().of(root);
        return read_shape(Recipe(root, family), family, {}).shape;
    };
    const Shape llama{
        .hidden = 4096, .layers = 32, .heads = 32, .kv_heads = 8, .head_dim = 128, .ffn = 14336, .vocab = 128256};
    CHECK(shape("") == llama);
    struct Row {
        const char* name;
        std::int64_t Shape::* number;
    };
    for (const Row& row : {Row{"hidden", &Shape::hidden},
                           {"layers", &Shape::layers},
                           {"heads", &Shape::heads},
                           {"ffn", &Shape::ffn},
                           {"vocabulary", &Shape::vocab},
                           {"kv_heads", &Shape::kv_heads},
                           {"head_size", &Shape::head_dim}}) {
        INFO(row.name);
        for (const std::int64_t value : {1, 96}) {
            Shape expected = llama;
            expected.*row.number = value;
            // Of all five that it needs the recipe says one, so that the model's count for the rest.
            CHECK(shape(fmt::format("{}: {}", row.name, value)) == expected);
        }
        CHECK(shape(fmt::format("{}: 0", row.name)) == llama);
        CHECK(shape(fmt::format("{}: -3", row.name)) == llama);
    }
}

}  // namespace recipe::memory
