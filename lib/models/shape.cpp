// SPDX-License-Identifier: Apache-2.0
// How many parameters a shape gives. In doubles, since numbers that mean no model must overflow nothing; those of real
// ones are exact in them.
#include "models/models.hpp"

#include <algorithm>

namespace recipe::models {
namespace {

double number(std::int64_t value) {
    return static_cast<double>(value);
}

std::int64_t whole(double value) {
    return static_cast<std::int64_t>(std::clamp(value, 0.0, 1e18));
}

/// q and o, k and v.
double heads_of(const Model& m, std::int64_t kv_heads, std::int64_t head_dim) {
    const int of_width = m.gated_attention ? 3 : 2;
    return number(m.hidden) * number(head_dim) * (of_width * number(m.heads) + 2 * number(kv_heads));
}

double latent_attention(const Model& m) {
    const double hidden = number(m.hidden);
    const double queries = number(m.heads) * number(m.qk_nope_head_dim + m.qk_rope_head_dim);
    const double q = m.q_lora_rank > 0 ? number(m.q_lora_rank) * (hidden + queries) : hidden * queries;
    const double kv = hidden * number(m.kv_lora_rank + m.qk_rope_head_dim) +
                      number(m.kv_lora_rank) * number(m.heads) * number(m.qk_nope_head_dim + m.v_head_dim);
    return q + kv + number(m.heads) * number(m.v_head_dim) * hidden;
}

double softmax_attention(const Model& m) {
    const double layers = number(attention_layers(m));
    if (m.kv_lora_rank > 0) return layers * latent_attention(m);
    const double usual = heads_of(m, m.kv_heads, m.head_dim);
    if (m.global_head_dim == 0) return layers * usual;
    const double sliding = number(m.sliding_layers);
    return sliding * usual + (layers - sliding) * heads_of(m, m.global_kv_heads, m.global_head_dim);
}

/// Queries, keys, values, the gate of the output, the output, and two numbers per head and token.
double delta_net(const Model& m) {
    const double keys = number(m.linear_key_heads) * number(m.linear_key_dim);
    const double values = number(m.linear_value_heads) * number(m.linear_value_dim);
    return number(m.hidden) * (2 * keys + 3 * values + 2 * number(m.linear_value_heads));
}

/// The projection into gate, input, B, C and step sizes, and the output.
double mamba(const Model& m) {
    const double inner = number(m.mamba_heads) * number(m.mamba_head_dim);
    return number(m.hidden) * (3 * inner + 2 * number(m.mamba_groups) * number(m.mamba_state) + number(m.mamba_heads));
}

}  // namespace

std::int64_t attention_layers(const Model& m) noexcept {
    return m.layers - m.linear_layers - m.mamba_layers - m.mlp_layers;
}

std::int64_t mlp_layers(const Model& m) noexcept {
    return m.mlp_layers > 0 ? m.mlp_layers : m.layers;
}

std::int64_t expert_layers(const Model& m) noexcept {
    return m.experts > 0 ? mlp_layers(m) - m.dense_layers : 0;
}

Parameters parameters(const Model& m) noexcept {
    const double hidden = number(m.hidden);
    const int matrices = m.gated_ffn ? 3 : 2;
    const double routed = number(expert_layers(m));
    const double dense = number(mlp_layers(m)) - routed;
    const double one_expert =
        matrices * (m.expert_hidden > 0 ? number(m.expert_hidden) : hidden) * number(m.expert_ffn);
    const double router = hidden * number(m.experts);
    const double to_experts = 2 * hidden * number(m.expert_hidden);

    // A layer's own embedding comes with two projections, and one more makes all of their parts of the usual embedding.
    const double of_layers = number(m.layers) * number(m.layer_embedding);
    const double embedding =
        number(m.vocab) * (hidden * (m.tied_embeddings ? 1 : 2) + of_layers) + 3 * hidden * of_layers;
    const double attention =
        softmax_attention(m) + number(m.linear_layers) * delta_net(m) + number(m.mamba_layers) * mamba(m);
    const double mlp = matrices * hidden * (dense * number(m.ffn) + routed * number(m.shared_ffn));
    const double experts = routed * (router + to_experts + number(m.experts) * one_expert);
    const double idle = routed * number(m.experts - m.experts_per_token) * one_expert;

    Parameters p;
    p.embedding = whole(embedding);
    p.attention = whole(attention);
    p.mlp = whole(mlp);
    p.experts = whole(experts);
    p.active = whole(embedding + attention + mlp + experts - idle);
    return p;
}

}  // namespace recipe::models
