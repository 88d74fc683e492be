// SPDX-License-Identifier: Apache-2.0
// A checkpoint's config.json, in the fields of each model's code.
#include "catch.hpp"
#include "diagnostic/codes/tools.hpp"
#include "models/models.hpp"

#include <algorithm>

using namespace recipe;

namespace {

models::Model read(std::string_view text) {
    INFO(text);
    const auto model = models::read_config(text, "/m/config.json");
    if (!model) FAIL(model.error().front().message);
    return *model;
}

/// The reason of the refusal.
std::string refused(std::string_view text) {
    const auto model = models::read_config(text, "/m/config.json");
    REQUIRE_FALSE(model);
    const Diagnostic& first = model.error().front();
    CHECK(first.code == codes::models.config);
    CHECK(first.source.name == "/m/config.json");
    constexpr std::string_view start = "this is no model's configuration that can be read: ";
    REQUIRE(first.message.starts_with(start));
    return first.message.substr(start.size());
}

/// The shape without names and numbers that a file does not have.
bool same_shape(models::Model read, models::Model shipped) {
    const auto key = [](const models::Model& m) {
        return std::vector<std::int64_t>{m.hidden,
                                         m.layers,
                                         m.heads,
                                         m.kv_heads,
                                         m.ffn,
                                         m.vocab,
                                         m.experts,
                                         m.experts_per_token,
                                         m.expert_ffn,
                                         m.shared_ffn,
                                         m.dense_layers,
                                         m.q_lora_rank,
                                         m.kv_lora_rank,
                                         m.sliding_window,
                                         m.sliding_layers,
                                         m.tied_embeddings,
                                         m.attention_bias,
                                         m.gated_ffn,
                                         m.linear_layers};
    };
    return key(read) == key(shipped) && models::parameters(read).total() == models::parameters(shipped).total();
}

bool is_shipped(std::string_view text, std::string_view id) {
    static const models::Catalogue catalogue;
    const models::Model* shipped = catalogue.find(id);
    REQUIRE(shipped != nullptr);
    return same_shape(read(text), *shipped);
}

}  // namespace

TEST_CASE("config.json: dense decoders") {
    CHECK(is_shipped(R"({"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
        "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256, "tie_word_embeddings": false})",
                     "llama-3.1-8b"));
    // No KV heads: as many as heads. No tie_word_embeddings: not tied.
    CHECK(is_shipped(R"({"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
        "intermediate_size": 11008, "vocab_size": 32000})",
                     "llama-2-7b"));
    CHECK(is_shipped(R"({"model_type": "qwen2", "hidden_size": 896, "num_hidden_layers": 24, "num_attention_heads": 14,
        "num_key_value_heads": 2, "intermediate_size": 4864, "vocab_size": 151936, "tie_word_embeddings": true,
        "sliding_window": 32768, "use_sliding_window": false, "max_window_layers": 24})",
                     "qwen2.5-0.5b"));
    CHECK(is_shipped(R"({"model_type": "mistral", "hidden_size": 4096, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 32000,
        "sliding_window": 4096})",
                     "mistral-7b-v0.1"));
    CHECK(is_shipped(R"({"model_type": "falcon", "hidden_size": 4544, "num_hidden_layers": 32,
        "num_attention_heads": 71, "multi_query": true, "vocab_size": 65024})",
                     "falcon-7b"));
    const models::Model gpt2 = read(
        R"({"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "vocab_size": 50257, "n_positions": 1024,
            "n_inner": null})");
    CHECK(gpt2.ffn == 3072);
    CHECK(gpt2.positions == 1024);
    CHECK(gpt2.tied_embeddings);
    CHECK_FALSE(gpt2.gated_ffn);
}

TEST_CASE("config.json: mixtures") {
    CHECK(is_shipped(R"({"model_type": "mixtral", "hidden_size": 4096, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 32000,
        "num_local_experts": 8, "num_experts_per_tok": 2, "sliding_window": null})",
                     "mixtral-8x7b"));
    CHECK(is_shipped(R"({"model_type": "qwen3_moe", "hidden_size": 2048, "num_hidden_layers": 48,
        "num_attention_heads": 32, "num_key_value_heads": 4, "head_dim": 128, "intermediate_size": 6144,
        "vocab_size": 151936, "num_experts": 128, "num_experts_per_tok": 8, "moe_intermediate_size": 768,
        "mlp_only_layers": [], "decoder_sparse_step": 1})",
                     "qwen3-30b-a3b"));
    CHECK(is_shipped(R"({"model_type": "deepseek_v3", "hidden_size": 7168, "num_hidden_layers": 61,
        "num_attention_heads": 128, "num_key_value_heads": 128, "intermediate_size": 18432, "vocab_size": 129280,
        "n_routed_experts": 256, "num_experts_per_tok": 8, "moe_intermediate_size": 2048, "n_shared_experts": 1,
        "first_k_dense_replace": 3, "moe_layer_freq": 1, "q_lora_rank": 1536, "kv_lora_rank": 512,
        "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128})",
                     "deepseek-v3"));
    CHECK(is_shipped(R"({"model_type": "llama4", "vision_config": {}, "text_config": {"model_type": "llama4_text",
        "hidden_size": 5120, "num_hidden_layers": 48, "num_attention_heads": 40, "num_key_value_heads": 8,
        "head_dim": 128, "intermediate_size": 8192, "intermediate_size_mlp": 16384, "vocab_size": 202048,
        "num_local_experts": 128, "num_experts_per_tok": 1, "interleave_moe_layer_step": 2}})",
                     "llama-4-maverick"));
    CHECK(read(R"({"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "vocab_size": 8,
        "num_experts": 1})")
              .experts == 0);
}

TEST_CASE("config.json: windows") {
    CHECK(is_shipped(R"({"model_type": "gemma3", "text_config": {"model_type": "gemma3_text", "hidden_size": 2560,
        "num_hidden_layers": 34, "intermediate_size": 10240, "sliding_window": 1024}, "vision_config": {}})",
                     "gemma-3-4b"));
    CHECK(is_shipped(R"({"model_type": "gemma2", "hidden_size": 2304, "num_hidden_layers": 26,
        "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "intermediate_size": 9216,
        "vocab_size": 256000, "sliding_window": 4096})",
                     "gemma-2-2b"));
    std::string kinds = R"("sliding_attention")";
    for (int i = 1; i < 24; ++i) kinds += i % 2 == 0 ? R"(, "sliding_attention")" : R"(, "full_attention")";
    const std::string text = R"({"model_type": "gpt_oss", "hidden_size": 2880, "num_hidden_layers": 24,
        "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 64, "intermediate_size": 2880,
        "vocab_size": 201088, "num_local_experts": 32, "num_experts_per_tok": 4, "attention_bias": true,
        "sliding_window": 128, "quantization_config": {"quant_method": "mxfp4"}, "layer_types": [)" +
                             kinds + "]}";
    CHECK(is_shipped(text, "openai/gpt-oss-20b"));
    CHECK(read(text).weights == models::Weights::mxfp4);
}

TEST_CASE("config.json: hybrids") {
    const models::Model next = read(R"({"model_type": "qwen3_next", "hidden_size": 2048, "num_hidden_layers": 48,
        "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 256, "vocab_size": 151936,
        "num_experts": 512, "num_experts_per_tok": 10, "moe_intermediate_size": 512,
        "shared_expert_intermediate_size": 512, "linear_num_key_heads": 16, "linear_key_head_dim": 128,
        "linear_num_value_heads": 32, "linear_value_head_dim": 128})");
    CHECK(next.linear_layers == 36);
    CHECK(models::attention_layers(next) == 12);
    CHECK(next.gated_attention);
    CHECK(next.shared_ffn == 512);
    const models::Model nemotron = read(R"({"model_type": "nemotron_h", "hidden_size": 2688, "num_hidden_layers": 9,
        "hybrid_override_pattern": "MEM*E-M*M", "num_attention_heads": 32, "num_key_value_heads": 2, "head_dim": 128,
        "intermediate_size": 1856, "vocab_size": 131072, "n_routed_experts": 128, "num_experts_per_tok": 6,
        "moe_intermediate_size": 1856, "mamba_num_heads": 64, "mamba_head_dim": 64, "n_groups": 8,
        "ssm_state_size": 128})");
    CHECK(nemotron.mamba_layers == 4);
    CHECK(nemotron.mlp_layers == 3);
    CHECK(nemotron.dense_layers == 1);
    CHECK(models::attention_layers(nemotron) == 2);
    CHECK(models::expert_layers(nemotron) == 2);
    CHECK_FALSE(nemotron.gated_ffn);
}

TEST_CASE("config.json: what is no decoder is refused, and says why") {
    CHECK(refused("[]") == "it is no JSON object");
    CHECK(refused("{}") == "it says no hidden_size");
    CHECK(refused(R"({"hidden_size": 64})") == "it says no num_hidden_layers");
    CHECK(refused(R"({"hidden_size": "64"})") == "hidden_size is to be an int from 0 to 16777216");
    CHECK(refused(R"({"hidden_size": 64.5})") == "hidden_size is to be an int from 0 to 16777216");
    CHECK(refused(R"({"hidden_size": -1})") == "hidden_size is to be an int from 0 to 16777216");
    CHECK(refused(R"({"hidden_size": 99999999999999999999})") == "hidden_size is to be an int from 0 to 16777216");
    const std::string dense =
        R"({"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "vocab_size": 8)";
    CHECK(refused(R"({"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 0, "vocab_size": 8})") ==
          "it says no num_attention_heads");
    CHECK(refused(dense + R"(, "num_key_value_heads": 0})") == "its attention has no heads, or heads of no width");
    CHECK(refused(dense + R"(, "num_experts": 2, "num_experts_per_tok": 3})") ==
          "it has fewer experts than each token goes to");
    CHECK(refused(dense + R"(, "hybrid_override_pattern": ""})") == "it has no layers");
    CHECK(refused(dense + R"(, "sliding_window": 8, "layer_types": ["sliding_attention", "sliding_attention",
        "sliding_attention"]})") == "it has more layers of one kind than layers");
    CHECK(refused(dense + R"(, "kv_lora_rank": 16})") == "it says no qk_nope_head_dim");
    CHECK(refused(dense + R"(, "layer_types": ["linear_attention", "linear_attention", "linear_attention"],
        "linear_num_key_heads": 1, "linear_key_head_dim": 1, "linear_num_value_heads": 1,
        "linear_value_head_dim": 1})") == "it has more layers of one kind than layers");
}

TEST_CASE("config.json: hostile texts are refused") {
    CHECK(refused("") != "");
    CHECK(refused("{\"hidden_size\": ") != "");
    CHECK(refused(std::string(models::max_config_bytes + 1, ' ')) != "");
    CHECK(refused(std::string(100'000, '[')) != "");
    std::string deep = "{\"text_config\": ";
    for (int i = 0; i < 40; ++i) deep += "{\"a\": ";
    CHECK(refused(deep + "1" + std::string(41, '}')) != "");
    CHECK(refused("{\"hidden_size\": \"\xff\"}") != "");
    // The largest numbers that pass overflow nothing: the sanitizers of the tests would tell.
    const models::Model largest = read(R"({"hidden_size": 16777216, "num_hidden_layers": 16777216,
        "num_attention_heads": 16777216, "head_dim": 16777216, "intermediate_size": 16777216, "vocab_size": 16777216,
        "num_experts": 16777216, "num_experts_per_tok": 1, "num_shared_experts": 16777216})");
    CHECK(models::parameters(largest).total() == 3'000'562'949'953'421'312);
}
