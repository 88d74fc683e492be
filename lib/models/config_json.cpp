// SPDX-License-Identifier: Apache-2.0
// Reads the config.json of a checkpoint, whose fields differ from one model's code to the next.
#include "models/models.hpp"

#include "diagnostic/codes/tools.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

namespace recipe::models {
namespace {

using config::Value;
using Names = std::initializer_list<std::string_view>;

constexpr int max_depth = 16;

/// What a model type's code in transformers takes where the file says nothing. Only what published files leave out.
struct Default {
    std::string_view type;
    std::string_view field;
    std::int64_t value = 0;
};
constexpr std::array<Default, 8> defaults{{
    {"gemma3_text", "num_attention_heads", 8},
    {"gemma3_text", "num_key_value_heads", 4},
    {"gemma3_text", "head_dim", 256},
    {"gemma3_text", "vocab_size", 262208},
    {"gemma3_text", "sliding_window_pattern", 6},
    {"gemma2", "sliding_window_pattern", 2},
    {"llama4_text", "num_local_experts", 16},
    {"qwen3_next", "full_attention_interval", 4},
}};

/// Model types whose head is the embedding unless they say otherwise.
constexpr std::array<std::string_view, 13> tied{"gemma",        "gemma2", "gemma3",      "gemma3_text", "gemma3n",
                                                "gemma3n_text", "gemma4", "gemma4_text", "cohere",      "cohere2",
                                                "gpt2",         "falcon", "starcoder2"};
/// Those with MLPs of two matrices.
constexpr std::array<std::string_view, 6> ungated{"gpt2", "falcon", "starcoder2", "nemotron", "nemotron_h", "phi"};
/// Those with a bias of q, k and v that no field speaks of.
constexpr std::array<std::string_view, 6> biased{"qwen2", "qwen2_moe", "qwen2_vl", "qwen2_5_vl", "gpt2", "phi"};
/// Where a decoder stands in the file of a multi-modal model.
constexpr std::array<std::string_view, 6> with_four_norms{"gemma2",       "gemma3", "gemma3_text",
                                                          "gemma3n_text", "gemma4", "gemma4_text"};
constexpr std::array<std::string_view, 14> with_qk_norm{
    "qwen3",  "qwen3_moe",   "qwen3_next",   "qwen3_vl_text", "qwen3_vl_moe_text", "qwen3_5_text", "qwen3_5_moe_text",
    "gemma3", "gemma3_text", "gemma3n_text", "gemma4",        "gemma4_text",       "olmo2",        "olmo3"};
constexpr std::array<std::string_view, 4> soft_capped{"gemma2", "gemma3n_text", "gemma4", "gemma4_text"};
constexpr std::array<std::string_view, 4> nests{"text_config", "llm_config", "language_config",
                                                "thinker_config.text_config"};

bool is_one_of(std::span<const std::string_view> types, std::string_view type) {
    return std::ranges::count(types, type) > 0;
}

/// Fields of a decoder by any of their names. Null counts as absent. Remembers the first that is wrong.
class Fields {
public:
    Fields(const Value& decoder, const Value& root) : decoder_(decoder), root_(root) {}

    /// nullptr: absent.
    [[nodiscard]] const Value* find(std::string_view name) const {
        const Value* value = decoder_.find(name);
        return value == nullptr || value->is_null() ? nullptr : value;
    }
    /// The decoder's, else the whole file's.
    [[nodiscard]] const Value* find_above(std::string_view name) const {
        if (const Value* value = find(name)) return value;
        const Value* value = root_.find(name);
        return value == nullptr || value->is_null() ? nullptr : value;
    }
    [[nodiscard]] std::string_view type() const {
        const Value* value = find_above("model_type");
        return value != nullptr && value->is_string() ? std::string_view(*value->as_string()) : std::string_view();
    }
    /// nullopt: absent, in the file and in what its model type takes.
    std::optional<std::int64_t> number(Names names) {
        for (const std::string_view name : names)
            if (const Value* value = find(name)) return checked(name, *value);
        for (const Default& each : defaults)
            if (each.type == type() && std::ranges::count(names, each.field) > 0) return each.value;
        return std::nullopt;
    }
    std::int64_t number(Names names, std::int64_t otherwise) { return number(names).value_or(otherwise); }
    std::int64_t required(Names names) {
        const auto found = number(names);
        if (!found || *found == 0) fail(fmt::format("it says no {}", *names.begin()));
        return found.value_or(1);
    }
    [[nodiscard]] bool flag(std::string_view name, bool otherwise) const {
        const Value* value = find_above(name);
        return value != nullptr ? value->as_bool().value_or(otherwise) : otherwise;
    }
    /// How many items of the list `name` are this text.
    [[nodiscard]] std::int64_t count(std::string_view name, std::string_view text) const {
        const Value* list = find(name);
        if (list == nullptr) return 0;
        return std::ranges::count_if(list->items(),
                                     [&](const Value& item) { return item.is_string() && *item.as_string() == text; });
    }
    void fail(std::string message) {
        if (problem_.empty()) problem_ = std::move(message);
    }
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    std::int64_t checked(std::string_view name, const Value& value) {
        const auto number = value.as_int();
        if (number && *number >= 0 && *number <= max_dimension) return *number;
        fail(fmt::format("{} is to be an int from 0 to {}", name, max_dimension));
        return 1;
    }

    const Value& decoder_;
    const Value& root_;
    std::string problem_;
};

void read_experts(Fields& fields, Model& m) {
    m.experts = fields.number({"num_local_experts", "n_routed_experts", "num_experts", "moe_num_experts"}, 0);
    if (m.experts <= 1) {
        m.experts = 0;
        return;
    }
    m.experts_per_token =
        fields.number({"num_experts_per_tok", "num_experts_per_token", "top_k_experts", "moe_topk"}, 1);
    m.expert_ffn = fields.number({"moe_intermediate_size", "expert_ffn_hidden_size"}, m.ffn);
    m.expert_hidden = fields.number({"moe_latent_size"}, 0);
    m.shared_ffn = fields.number({"shared_expert_intermediate_size"}, 0);
    if (const auto shared = fields.number({"n_shared_experts", "num_shared_experts"}); shared && m.shared_ffn == 0)
        m.shared_ffn = *shared * fields.number({"moe_shared_expert_intermediate_size"}, m.expert_ffn);
    m.dense_layers = fields.number({"first_k_dense_replace"}, m.dense_layers);
    if (const Value* dense = fields.find("mlp_only_layers")) m.dense_layers = static_cast<std::int64_t>(dense->size());
    const std::int64_t step = fields.number({"interleave_moe_layer_step", "decoder_sparse_step"}, 1);
    if (step > 1) m.dense_layers = m.layers - m.layers / step;
    if (fields.type() == "llama4_text") {  // whose intermediate_size is an expert's, and the shared one's
        m.expert_ffn = m.shared_ffn = m.ffn;
        m.ffn = fields.number({"intermediate_size_mlp"}, m.ffn);
    }
    if (fields.type() == "gemma4_text") m.shared_ffn = m.ffn;  // a dense MLP stands beside the experts
    m.dense_layers = std::min(m.dense_layers, mlp_layers(m));
}

void read_latent_attention(Fields& fields, Model& m) {
    m.kv_lora_rank = fields.number({"kv_lora_rank"}, 0);
    if (m.kv_lora_rank == 0) return;
    m.q_lora_rank = fields.number({"q_lora_rank"}, 0);
    m.qk_nope_head_dim = fields.required({"qk_nope_head_dim"});
    m.qk_rope_head_dim = fields.required({"qk_rope_head_dim"});
    m.v_head_dim = fields.required({"v_head_dim"});
}

/// Layers by kind: from a list of kinds, a pattern of letters (Nemotron-H), or every so many.
void read_layer_kinds(Fields& fields, Model& m) {
    if (const Value* pattern = fields.find("hybrid_override_pattern"); pattern != nullptr && pattern->is_string()) {
        const std::string& kinds = *pattern->as_string();
        m.mamba_layers = std::ranges::count(kinds, 'M');
        m.dense_layers = std::ranges::count(kinds, '-');
        m.mlp_layers = m.dense_layers + std::ranges::count(kinds, 'E');
        m.layers = m.mamba_layers + m.mlp_layers + std::ranges::count(kinds, '*');
    }
    m.linear_layers = fields.count("layer_types", "linear_attention");
    const std::int64_t interval = fields.number({"full_attention_interval"}, 0);
    if (m.linear_layers == 0 && interval > 1) m.linear_layers = m.layers - m.layers / interval;
    if (m.linear_layers > 0) {
        m.linear_key_heads = fields.required({"linear_num_key_heads"});
        m.linear_key_dim = fields.required({"linear_key_head_dim"});
        m.linear_value_heads = fields.required({"linear_num_value_heads"});
        m.linear_value_dim = fields.required({"linear_value_head_dim"});
    }
    if (m.mamba_layers > 0) {
        m.mamba_heads = fields.required({"mamba_num_heads"});
        m.mamba_head_dim = fields.required({"mamba_head_dim"});
        m.mamba_groups = fields.required({"n_groups"});
        m.mamba_state = fields.required({"ssm_state_size"});
    }
}

void read_window(Fields& fields, Model& m) {
    m.sliding_window = fields.number({"sliding_window"}, 0);
    if (!fields.flag("use_sliding_window", true)) m.sliding_window = 0;
    if (m.sliding_window == 0) return;
    const std::int64_t pattern = fields.number({"sliding_window_pattern"}, 0);
    if (fields.find("layer_types") != nullptr)
        m.sliding_layers = fields.count("layer_types", "sliding_attention");
    else if (pattern > 1)
        m.sliding_layers = m.layers - m.layers / pattern;
    else
        m.sliding_layers = m.layers - std::min(m.layers, fields.number({"max_window_layers"}, 0));
    if (m.sliding_layers < attention_layers(m)) {
        m.global_head_dim = fields.number({"global_head_dim"}, 0);
        if (m.global_head_dim > 0) m.global_kv_heads = fields.number({"num_global_key_value_heads"}, m.kv_heads);
    }
    if (m.sliding_layers == 0) m.sliding_window = 0;
}

Weights weights_of(const Fields& fields) {
    const Value* quantization = fields.find_above("quantization_config");
    const Value* method = quantization != nullptr ? quantization->find("quant_method") : nullptr;
    const std::string name = method != nullptr && method->is_string() ? *method->as_string() : "";
    return name == "fp8" ? Weights::fp8 : name == "mxfp4" ? Weights::mxfp4 : Weights::bf16;
}

const Value& decoder_of(const Value& root) {
    const Value* decoder = &root;
    for (const std::string_view nest : nests)
        if (const Value* found = root.at(nest); found != nullptr && found->is_map() && decoder == &root)
            decoder = found;
    return *decoder;
}

Model read_model(Fields& fields, bool nested) {
    const std::string_view type = fields.type();
    Model m;
    m.multimodal = nested || fields.find_above("vision_config") != nullptr;
    m.weights = weights_of(fields);
    m.tied_embeddings = fields.flag("tie_word_embeddings", is_one_of(tied, type));
    m.gated_ffn = !is_one_of(ungated, type);
    m.attention_bias = fields.flag("attention_bias", is_one_of(biased, type));
    m.gated_attention = fields.flag("attn_output_gate", type == "qwen3_next");
    m.four_norms = is_one_of(with_four_norms, type);
    m.wide_norms = m.sinks = m.clamped_gate = type == "gpt_oss";
    m.qk_norm = fields.flag("use_qk_norm", is_one_of(with_qk_norm, type));
    m.soft_capped = is_one_of(soft_capped, type) && fields.number({"final_logit_softcapping"}, 30) > 0;
    m.hidden = fields.required({"hidden_size", "n_embd", "d_model"});
    m.layers = fields.required({"num_hidden_layers", "n_layer", "n_layers", "num_layers"});
    m.heads = fields.required({"num_attention_heads", "n_head", "n_heads"});
    const bool one_kv = fields.flag("multi_query", false) && !fields.flag("new_decoder_architecture", false);
    m.kv_heads = one_kv ? 1 : fields.number({"num_key_value_heads", "num_kv_heads", "n_head_kv"}, m.heads);
    m.head_dim = fields.number({"head_dim", "attention_head_dim"}, m.hidden / std::max<std::int64_t>(m.heads, 1));
    m.ffn = fields.number({"intermediate_size", "ffn_hidden_size", "n_inner", "ffn_dim"}, 4 * m.hidden);
    m.vocab = fields.required({"vocab_size"});
    m.layer_embedding = fields.number({"hidden_size_per_layer_input"}, 0);
    m.positions = fields.number({"max_position_embeddings", "n_positions", "max_seq_len"}, 0);
    read_layer_kinds(fields, m);
    read_experts(fields, m);
    read_latent_attention(fields, m);
    read_window(fields, m);
    if (m.kv_heads == 0 || m.head_dim == 0) fields.fail("its attention has no heads, or heads of no width");
    if (m.layers == 0) fields.fail("it has no layers");
    if (attention_layers(m) < 0 || m.sliding_layers > attention_layers(m))
        fields.fail("it has more layers of one kind than layers");
    if (m.experts_per_token > m.experts) fields.fail("it has fewer experts than each token goes to");
    return m;
}

}  // namespace

Expected<Model> read_config(std::string_view text, std::string_view file) {
    const auto refused = [&](std::string_view why) {
        return refuse({.code = codes::models.config,
                       .source = {.name = std::string(file)},
                       .message = fmt::format("this is no model's configuration that can be read: {}", why)});
    };
    const Expected<Value> root = config::from_json(text, max_config_bytes, max_depth);
    if (!root) return refused(root.error().front().message);
    if (!root->is_map()) return refused("it is no JSON object");
    const Value& decoder = decoder_of(*root);
    Fields fields(decoder, *root);
    const Model model = read_model(fields, &decoder != &*root);
    if (!fields.problem().empty()) return refused(fields.problem());
    return model;
}

}  // namespace recipe::models
