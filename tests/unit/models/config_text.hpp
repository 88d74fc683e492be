// SPDX-License-Identifier: Apache-2.0
// The text of a config.json field by field, and all numbers that are read of it.
#pragma once

#include "catch.hpp"
#include "models/models.hpp"

#include <fmt/format.h>

#include <map>
#include <string>

namespace config_text {

using namespace recipe;
using models::Model;

using Texts = std::map<std::string, std::string>;

inline const Texts least{
    {"hidden_size", "64"}, {"num_hidden_layers", "6"}, {"num_attention_heads", "4"}, {"vocab_size", "100"}};

inline std::string json(const Texts& fields) {
    std::string text;
    for (const auto& [name, value] : fields) text += fmt::format("{}\"{}\": {}", text.empty() ? "" : ", ", name, value);
    return "{" + text + "}";
}

/// The least that a decoder has, with more.
inline Texts with(Texts more, Texts base = least) {
    for (auto& [name, value] : base) more.emplace(name, value);
    return more;
}

inline Texts without(const std::string& name, Texts fields = least) {
    fields.erase(name);
    return fields;
}

inline Model read(const Texts& fields) {
    const std::string text = json(fields);
    INFO(text);
    const auto model = models::read_config(text, "config.json");
    if (!model) FAIL(model.error().front().message);
    return *model;
}

inline std::string refused(const Texts& fields) {
    const std::string text = json(fields);
    INFO(text);
    const auto model = models::read_config(text, "config.json");
    REQUIRE_FALSE(model);
    const std::string& message = model.error().front().message;
    return message.substr(message.find(": ") + 2);
}

/// All numbers by name, those that are 0 left out.
inline std::map<std::string, std::int64_t> numbers(const Model& m) {
    std::map<std::string, std::int64_t> all{{"parameters", m.parameters},
                                            {"other_parameters", m.other_parameters},
                                            {"hidden", m.hidden},
                                            {"layers", m.layers},
                                            {"heads", m.heads},
                                            {"kv_heads", m.kv_heads},
                                            {"head_dim", m.head_dim},
                                            {"ffn", m.ffn},
                                            {"vocab", m.vocab},
                                            {"positions", m.positions},
                                            {"layer_embedding", m.layer_embedding},
                                            {"experts", m.experts},
                                            {"experts_per_token", m.experts_per_token},
                                            {"expert_ffn", m.expert_ffn},
                                            {"shared_ffn", m.shared_ffn},
                                            {"expert_hidden", m.expert_hidden},
                                            {"dense_layers", m.dense_layers},
                                            {"q_lora_rank", m.q_lora_rank},
                                            {"kv_lora_rank", m.kv_lora_rank},
                                            {"qk_nope_head_dim", m.qk_nope_head_dim},
                                            {"qk_rope_head_dim", m.qk_rope_head_dim},
                                            {"v_head_dim", m.v_head_dim},
                                            {"sliding_window", m.sliding_window},
                                            {"sliding_layers", m.sliding_layers},
                                            {"global_kv_heads", m.global_kv_heads},
                                            {"global_head_dim", m.global_head_dim},
                                            {"linear_layers", m.linear_layers},
                                            {"linear_key_heads", m.linear_key_heads},
                                            {"linear_key_dim", m.linear_key_dim},
                                            {"linear_value_heads", m.linear_value_heads},
                                            {"linear_value_dim", m.linear_value_dim},
                                            {"mamba_layers", m.mamba_layers},
                                            {"mamba_heads", m.mamba_heads},
                                            {"mamba_head_dim", m.mamba_head_dim},
                                            {"mamba_groups", m.mamba_groups},
                                            {"mamba_state", m.mamba_state},
                                            {"mlp_layers", m.mlp_layers}};
    std::erase_if(all, [](const auto& each) { return each.second == 0; });
    return all;
}

using Numbers = std::map<std::string, std::int64_t>;

/// What `least` gives: keys and values as heads, heads of 64 / 4, an MLP of 4 × 64.
inline const Numbers least_numbers{{"hidden", 64}, {"layers", 6},    {"heads", 4},  {"kv_heads", 4},
                                   {"ffn", 256},   {"head_dim", 16}, {"vocab", 100}};

inline void check(const Texts& fields, const Numbers& changes) {
    Numbers expected = least_numbers;
    for (const auto& [name, value] : changes) expected[name] = value;
    std::erase_if(expected, [](const auto& each) { return each.second == 0; });
    CHECK(numbers(read(fields)) == expected);
}

}  // namespace config_text
