// SPDX-License-Identifier: Apache-2.0
// Each field of a config.json alone, by each of its names, and what counts where it is not given.
#include "models/config_text.hpp"

using namespace config_text;

TEST_CASE("config.json: what a file does not say counts as its kind of model has it") {
    const Model m = read(least);
    CHECK(numbers(m) == least_numbers);
    CHECK(m.weights == models::Weights::bf16);
    CHECK(m.gated_ffn);
    for (const bool flag : {m.multimodal, m.tied_embeddings, m.attention_bias, m.gated_attention, m.qk_norm,
                            m.four_norms, m.wide_norms, m.soft_capped, m.sinks, m.clamped_gate})
        CHECK_FALSE(flag);
}

TEST_CASE("config.json: each field is known by each of its names") {
    struct Row {
        const char* usual;
        const char* name;
        std::int64_t Model::* number;
    };
    for (const Row& row : {Row{"hidden_size", "hidden_size", &Model::hidden},
                           {"hidden_size", "n_embd", &Model::hidden},
                           {"hidden_size", "d_model", &Model::hidden},
                           {"num_hidden_layers", "num_hidden_layers", &Model::layers},
                           {"num_hidden_layers", "n_layer", &Model::layers},
                           {"num_hidden_layers", "n_layers", &Model::layers},
                           {"num_hidden_layers", "num_layers", &Model::layers},
                           {"num_attention_heads", "num_attention_heads", &Model::heads},
                           {"num_attention_heads", "n_head", &Model::heads},
                           {"num_attention_heads", "n_heads", &Model::heads},
                           {"", "num_key_value_heads", &Model::kv_heads},
                           {"", "num_kv_heads", &Model::kv_heads},
                           {"", "n_head_kv", &Model::kv_heads},
                           {"", "head_dim", &Model::head_dim},
                           {"", "attention_head_dim", &Model::head_dim},
                           {"", "intermediate_size", &Model::ffn},
                           {"", "ffn_hidden_size", &Model::ffn},
                           {"", "n_inner", &Model::ffn},
                           {"", "ffn_dim", &Model::ffn},
                           {"vocab_size", "vocab_size", &Model::vocab},
                           {"", "hidden_size_per_layer_input", &Model::layer_embedding},
                           {"", "max_position_embeddings", &Model::positions},
                           {"", "n_positions", &Model::positions},
                           {"", "max_seq_len", &Model::positions}}) {
        INFO(row.name);
        Texts fields = without(row.usual);
        if (row.number == &Model::heads) fields["head_dim"] = "1";  // of heads beyond number none has a width
        fields[row.name] = "37";
        CHECK(read(fields).*row.number == 37);
        fields[row.name] = "16777216";
        CHECK(read(fields).*row.number == 16777216);
        for (const char* wrong : {"16777217", "-1", "\"37\"", "true", "1.5", "[]"}) {
            fields[row.name] = wrong;
            CHECK(refused(fields) == fmt::format("{} is to be an int from 0 to 16777216", row.name));
        }
        fields[row.name] = "null";  // as if it were not there
        if (std::string_view(row.usual).empty())
            CHECK(numbers(read(fields)) == least_numbers);
        else
            CHECK(refused(fields) == fmt::format("it says no {}", row.usual));
    }
    check(with({{"intermediate_size", "0"}}), {{"ffn", 0}});
}

TEST_CASE("config.json: the first of several names and of several problems counts") {
    check(with({{"n_embd", "1"}, {"num_kv_heads", "2"}, {"num_key_value_heads", "1"}}), {{"kv_heads", 1}});
    CHECK(refused(with({{"hidden_size", "-1"}, {"vocab_size", "-1"}})).starts_with("hidden_size"));
}

TEST_CASE("config.json: queries, keys and values by model type") {
    check(with({{"multi_query", "true"}}), {{"kv_heads", 1}});
    check(with({{"multi_query", "true"}, {"num_kv_heads", "2"}}), {{"kv_heads", 1}});
    check(with({{"multi_query", "true"}, {"new_decoder_architecture", "true"}, {"num_kv_heads", "2"}}),
          {{"kv_heads", 2}});
    check(with({{"multi_query", "false"}}), {});
    check(with({{"multi_query", "1"}}), {});  // no bool
    check(with({{"new_decoder_architecture", "true"}}), {});

    const auto of_type = [](const std::string& type, Texts more = {}) {
        more["model_type"] = '"' + type + '"';
        more["full_attention_interval"] = "1";  // which one of them would want more of
        return read(with(std::move(more)));
    };
    const auto type_has = [&](const std::string& type, bool Model::* flag, const char* field) {
        INFO(type);
        CHECK(of_type(type).*flag);
        if (field == nullptr) return;
        CHECK_FALSE(of_type(type, {{field, "false"}}).*flag);
        CHECK(of_type(type, {{field, "0"}}).*flag);  // no bool
        CHECK_FALSE(of_type("llama").*flag);
        CHECK(of_type("llama", {{field, "true"}}).*flag);
    };
    for (const char* type : {"gemma", "gemma2", "gemma3", "gemma3_text", "gemma3n", "gemma3n_text", "gemma4",
                             "gemma4_text", "cohere", "cohere2", "gpt2", "falcon", "starcoder2"})
        type_has(type, &Model::tied_embeddings, "tie_word_embeddings");
    for (const char* type : {"qwen2", "qwen2_moe", "qwen2_vl", "qwen2_5_vl", "gpt2", "phi"})
        type_has(type, &Model::attention_bias, "attention_bias");
    type_has("qwen3_next", &Model::qk_norm, "use_qk_norm");
    for (const char* type :
         {"qwen3", "qwen3_moe", "qwen3_vl_text", "qwen3_vl_moe_text", "qwen3_5_text", "qwen3_5_moe_text", "gemma3",
          "gemma3_text", "gemma3n_text", "gemma4", "gemma4_text", "olmo2", "olmo3"})
        type_has(type, &Model::qk_norm, "use_qk_norm");
    for (const char* type : {"gemma2", "gemma3", "gemma3_text", "gemma3n_text", "gemma4", "gemma4_text"})
        type_has(type, &Model::four_norms, nullptr);
    for (const char* type : {"gpt2", "falcon", "starcoder2", "nemotron", "nemotron_h", "phi"}) {
        INFO(type);
        CHECK_FALSE(of_type(type).gated_ffn);
    }
    for (const char* type : {"gemma2", "gemma3n_text", "gemma4", "gemma4_text"}) {
        INFO(type);
        CHECK(of_type(type).soft_capped);
        CHECK(of_type(type, {{"final_logit_softcapping", "1"}}).soft_capped);
        CHECK_FALSE(of_type(type, {{"final_logit_softcapping", "0"}}).soft_capped);
    }
    CHECK_FALSE(of_type("llama", {{"final_logit_softcapping", "30"}}).soft_capped);
    CHECK_FALSE(of_type("gemma").four_norms);
    for (const bool Model::* flag : {&Model::wide_norms, &Model::sinks, &Model::clamped_gate}) {
        CHECK(of_type("gpt_oss").*flag);
        CHECK_FALSE(of_type("gemma2").*flag);
    }
    CHECK(read(with({{"attn_output_gate", "true"}})).gated_attention);
    CHECK(read(with({{"model_type", "3"}})).gated_ffn);  // no text
}

TEST_CASE("config.json: the type of a model stands for what its file leaves out") {
    // gemma3_text: every layer but each sixth has a window, where there is one.
    check(with({{"model_type", R"("gemma3_text")"}, {"sliding_window", "512"}, {"hidden_size", "640"}},
               {{"num_hidden_layers", "20"}}),
          {{"hidden", 640},
           {"layers", 20},
           {"heads", 8},
           {"kv_heads", 4},
           {"head_dim", 256},
           {"ffn", 4 * 640},
           {"vocab", 262208},
           {"sliding_window", 512},
           {"sliding_layers", 20 - 3}});
    check(with({{"model_type", R"("gemma3_text")"}, {"num_key_value_heads", "1"}, {"head_dim", "32"}}),
          {{"kv_heads", 1}, {"head_dim", 32}});
    check(with({{"model_type", R"("gemma2")"}, {"sliding_window", "512"}, {"num_hidden_layers", "7"}}),
          {{"layers", 7}, {"sliding_window", 512}, {"sliding_layers", 7 - 3}});
    check(with({{"model_type", R"("llama4_text")"}}),
          {{"experts", 16}, {"experts_per_token", 1}, {"expert_ffn", 256}, {"shared_ffn", 256}});
    CHECK(refused(without("num_attention_heads")) == "it says no num_attention_heads");
}

TEST_CASE("config.json: experts") {
    const auto mixture = [](Texts more) { return with(std::move(more), with({{"num_experts", "8"}})); };
    Numbers plain{{"experts", 8}, {"experts_per_token", 1}, {"expert_ffn", 256}};
    const auto expect = [&](const Texts& more, const Numbers& changes) {
        Numbers expected = plain;
        for (const auto& [name, value] : changes) expected[name] = value;
        check(mixture(more), expected);
    };
    expect({}, {});
    for (const char* name : {"num_local_experts", "n_routed_experts", "num_experts", "moe_num_experts"}) {
        INFO(name);
        check(with({{name, "2"}}), {{"experts", 2}, {"experts_per_token", 1}, {"expert_ffn", 256}});
        check(with({{name, "1"}, {"num_experts_per_tok", "1"}, {"moe_intermediate_size", "9"}}), {});
        check(with({{name, "0"}}), {});
    }
    for (const char* name : {"num_experts_per_tok", "num_experts_per_token", "top_k_experts", "moe_topk"})
        expect({{name, "3"}}, {{"experts_per_token", 3}});
    expect({{"moe_topk", "8"}}, {{"experts_per_token", 8}});
    CHECK(refused(mixture({{"moe_topk", "9"}})) == "it has fewer experts than each token goes to");
    for (const char* name : {"moe_intermediate_size", "expert_ffn_hidden_size"})
        expect({{name, "40"}}, {{"expert_ffn", 40}});
    expect({{"moe_latent_size", "24"}}, {{"expert_hidden", 24}});
    expect({{"shared_expert_intermediate_size", "50"}}, {{"shared_ffn", 50}});
    for (const char* name : {"n_shared_experts", "num_shared_experts"}) {
        expect({{name, "2"}}, {{"shared_ffn", 2 * 256}});
        expect({{name, "2"}, {"moe_intermediate_size", "40"}}, {{"expert_ffn", 40}, {"shared_ffn", 2 * 40}});
        expect({{name, "2"}, {"moe_shared_expert_intermediate_size", "30"}}, {{"shared_ffn", 2 * 30}});
        // The width of all of them is said already.
        expect({{name, "2"}, {"shared_expert_intermediate_size", "50"}}, {{"shared_ffn", 50}});
    }
    // Six layers: the first two are dense, those of a list, or all but each second or third.
    expect({{"first_k_dense_replace", "2"}}, {{"dense_layers", 2}});
    expect({{"first_k_dense_replace", "9"}}, {{"dense_layers", 6}});
    expect({{"mlp_only_layers", "[0, 3, 5]"}}, {{"dense_layers", 3}});
    expect({{"mlp_only_layers", "[]"}}, {});
    for (const char* name : {"interleave_moe_layer_step", "decoder_sparse_step"}) {
        expect({{name, "1"}}, {});
        expect({{name, "0"}}, {});
        expect({{name, "2"}}, {{"dense_layers", 6 - 3}});
        expect({{name, "4"}}, {{"dense_layers", 6 - 1}});
    }
    expect({{"model_type", R"("llama4_text")"}, {"intermediate_size", "30"}, {"intermediate_size_mlp", "60"}},
           {{"ffn", 60}, {"expert_ffn", 30}, {"shared_ffn", 30}});
    expect({{"model_type", R"("gemma4_text")"}, {"intermediate_size", "30"}, {"moe_intermediate_size", "12"}},
           {{"ffn", 30}, {"expert_ffn", 12}, {"shared_ffn", 30}});
}
