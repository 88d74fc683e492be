// SPDX-License-Identifier: Apache-2.0
// Kinds of layers in a config.json, packed weights, and where the decoder stands in it.
#include "models/config_text.hpp"

using namespace config_text;

TEST_CASE("config.json: latent attention is told by the rank of keys and values") {
    const Texts latent{{"kv_lora_rank", "11"},
                       {"q_lora_rank", "12"},
                       {"qk_nope_head_dim", "13"},
                       {"qk_rope_head_dim", "14"},
                       {"v_head_dim", "15"}};
    const Numbers all{{"kv_lora_rank", 11},
                      {"q_lora_rank", 12},
                      {"qk_nope_head_dim", 13},
                      {"qk_rope_head_dim", 14},
                      {"v_head_dim", 15}};
    check(with(latent), all);
    check(with(without("kv_lora_rank", latent)), {});
    Texts none = latent;
    none["kv_lora_rank"] = "0";
    check(with(none), {});
    Numbers uncompressed = all;
    uncompressed["q_lora_rank"] = 0;
    check(with(without("q_lora_rank", latent)), uncompressed);
    for (const char* name : {"qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"}) {
        CHECK(refused(with(without(name, latent))) == fmt::format("it says no {}", name));
        Texts zero = latent;
        zero[name] = "0";
        CHECK(refused(with(zero)) == fmt::format("it says no {}", name));
    }
}

TEST_CASE("config.json: kinds of layers, from a pattern, a list or an interval") {
    const Texts mamba{{"mamba_num_heads", "3"}, {"mamba_head_dim", "5"}, {"n_groups", "7"}, {"ssm_state_size", "9"}};
    Texts hybrid = mamba;
    hybrid["hybrid_override_pattern"] = R"("MM*-EEM*")";
    hybrid["num_experts"] = "2";
    check(with(hybrid), {{"layers", 8},
                         {"mamba_layers", 3},
                         {"mamba_heads", 3},
                         {"mamba_head_dim", 5},
                         {"mamba_groups", 7},
                         {"mamba_state", 9},
                         {"mlp_layers", 3},
                         {"dense_layers", 1},
                         {"experts", 2},
                         {"experts_per_token", 1},
                         {"expert_ffn", 256}});
    for (const char* name : {"mamba_num_heads", "mamba_head_dim", "n_groups", "ssm_state_size"})
        CHECK(refused(with(without(name, hybrid))) == fmt::format("it says no {}", name));
    check(with({{"hybrid_override_pattern", R"("**-")"}}), {{"layers", 3}, {"mlp_layers", 1}, {"dense_layers", 1}});
    check(with({{"hybrid_override_pattern", "3"}}), {});  // no text

    const Texts linear{{"linear_num_key_heads", "2"},
                       {"linear_key_head_dim", "3"},
                       {"linear_num_value_heads", "4"},
                       {"linear_value_head_dim", "5"}};
    Numbers widths{{"linear_key_heads", 2}, {"linear_key_dim", 3}, {"linear_value_heads", 4}, {"linear_value_dim", 5}};
    const auto of_linear = [&](Texts more, std::int64_t layers) {
        for (const auto& [name, value] : linear) more.emplace(name, value);
        Numbers expected = layers > 0 ? widths : Numbers{};
        expected["linear_layers"] = layers;
        check(with(std::move(more)), expected);
    };
    of_linear({}, 0);
    of_linear({{"layer_types", R"(["linear_attention", "full_attention", "linear_attention", 3])"}}, 2);
    of_linear({{"full_attention_interval", "0"}}, 0);
    of_linear({{"full_attention_interval", "1"}}, 0);
    of_linear({{"full_attention_interval", "2"}}, 3);
    of_linear({{"full_attention_interval", "4"}}, 5);
    // The list wins.
    of_linear({{"full_attention_interval", "4"}, {"layer_types", R"(["linear_attention"])"}}, 1);
    for (const auto& [name, value] : linear) {
        Texts fields = without(name, linear);
        fields["full_attention_interval"] = "2";
        CHECK(refused(with(fields)) == fmt::format("it says no {}", name));
    }
}

TEST_CASE("config.json: a window, and how many layers have it") {
    const auto window = [](Texts more, std::int64_t layers, Numbers others = {}) {
        more.emplace("sliding_window", "8");
        if (layers > 0) others.insert({{"sliding_window", 8}, {"sliding_layers", layers}});
        check(with(std::move(more)), others);
    };
    window({}, 6);
    window({{"sliding_window", "0"}}, 0);
    window({{"use_sliding_window", "true"}}, 6);
    window({{"use_sliding_window", "false"}}, 0);
    // max_window_layers: so many at the bottom have none.
    window({{"max_window_layers", "4"}}, 2);
    window({{"max_window_layers", "6"}}, 0);
    window({{"max_window_layers", "7"}}, 0);
    window({{"sliding_window_pattern", "1"}}, 6);
    window({{"sliding_window_pattern", "2"}}, 3);
    window({{"sliding_window_pattern", "4"}, {"max_window_layers", "6"}}, 5);
    window({{"layer_types", R"(["sliding_attention", "full_attention"])"}, {"sliding_window_pattern", "2"}}, 1);
    window({{"layer_types", "[]"}}, 0);
    // Gemma 4's other layers have heads of their own.
    const Texts global{{"global_head_dim", "32"}, {"num_global_key_value_heads", "2"}, {"sliding_window_pattern", "2"}};
    window(global, 3, {{"global_head_dim", 32}, {"global_kv_heads", 2}});
    window(without("num_global_key_value_heads", global), 3, {{"global_head_dim", 32}, {"global_kv_heads", 4}});
    window(without("global_head_dim", global), 3);
    window(without("sliding_window_pattern", global), 6);  // there is none of these
    Texts without_window = global;
    without_window["sliding_window"] = "0";
    window(without_window, 0);
}

TEST_CASE("config.json: layers of one kind are no more than there are") {
    const auto lists = [](const std::string& kind, int count) {
        std::string list = '"' + kind + '"';
        for (int i = 1; i < count; ++i) list += ", \"" + kind + '"';
        return Texts{{"layer_types", "[" + list + "]"}, {"sliding_window", "8"},
                     {"linear_num_key_heads", "1"},     {"linear_key_head_dim", "1"},
                     {"linear_num_value_heads", "1"},   {"linear_value_head_dim", "1"}};
    };
    CHECK(read(with(lists("sliding_attention", 6))).sliding_layers == 6);
    CHECK(refused(with(lists("sliding_attention", 7))) == "it has more layers of one kind than layers");
    CHECK(read(with(lists("linear_attention", 6))).linear_layers == 6);
    CHECK(refused(with(lists("linear_attention", 7))) == "it has more layers of one kind than layers");
    CHECK(refused(with({{"head_dim", "0"}})) == "its attention has no heads, or heads of no width");
    CHECK(refused(with({{"hidden_size", "3"}})) == "its attention has no heads, or heads of no width");
    CHECK(refused(with({{"num_kv_heads", "0"}})) == "its attention has no heads, or heads of no width");
}

TEST_CASE("config.json: what the weights are kept in") {
    const auto weights = [](const std::string& text) { return read(with({{"quantization_config", text}})).weights; };
    CHECK(weights(R"({"quant_method": "fp8"})") == models::Weights::fp8);
    CHECK(weights(R"({"quant_method": "mxfp4"})") == models::Weights::mxfp4);
    CHECK(weights(R"({"quant_method": "gptq"})") == models::Weights::bf16);
    CHECK(weights(R"({"quant_method": 8})") == models::Weights::bf16);
    CHECK(weights("{}") == models::Weights::bf16);
    CHECK(weights("null") == models::Weights::bf16);
}

TEST_CASE("config.json: the decoder of a multi-modal model is found where its code keeps it") {
    const std::string decoder = json(with({{"model_type", R"("gemma3_text")"}}));
    for (const char* nest : {"text_config", "llm_config", "language_config"}) {
        INFO(nest);
        const Model m =
            read({{nest, decoder}, {"hidden_size", "7"}, {"quantization_config", R"({"quant_method": "fp8"})"}});
        CHECK(m.hidden == 64);
        CHECK(m.multimodal);
        CHECK(m.four_norms);
        CHECK(m.weights == models::Weights::fp8);  // of the whole file
    }
    const Model thinker = read({{"thinker_config", "{\"text_config\": " + decoder + "}"}});
    CHECK(thinker.hidden == 64);
    CHECK(thinker.multimodal);
    // The first of two; what is no map is none.
    CHECK(read({{"llm_config", json(with({{"hidden_size", "8"}}))}, {"text_config", decoder}}).hidden == 64);
    CHECK(read(with({{"text_config", "3"}})).hidden == 64);
    CHECK_FALSE(read(with({{"text_config", "3"}})).multimodal);
    CHECK(read(with({{"vision_config", "{}"}})).multimodal);
    CHECK_FALSE(read(with({{"vision_config", "null"}})).multimodal);
    // A flag or a type that the decoder does not say may stand beside it.
    CHECK(read({{"text_config", json(least)}, {"tie_word_embeddings", "true"}}).tied_embeddings);
    CHECK_FALSE(read({{"text_config", json(with({{"tie_word_embeddings", "false"}}))}, {"tie_word_embeddings", "true"}})
                    .tied_embeddings);
    CHECK(read({{"text_config", json(least)}, {"model_type", R"("gemma2")"}}).four_norms);
}

TEST_CASE("config.json: a file as long as the limit is read, and one nested as deep") {
    std::string text = json(least);
    text += std::string(models::max_config_bytes - text.size(), ' ');
    CHECK(models::read_config(text, "x"));
    CHECK_FALSE(models::read_config(text + ' ', "x"));
    const auto nested = [](int depth) {  // beside the file's own map
        return json(with({{"deep", std::string(static_cast<std::size_t>(depth), '[') +
                                       std::string(static_cast<std::size_t>(depth), ']')}}));
    };
    CHECK(models::read_config(nested(14), "x"));
    CHECK_FALSE(models::read_config(nested(17), "x"));
}
