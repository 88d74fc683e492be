// SPDX-License-Identifier: Apache-2.0
// The shapes of public models: constants that the build makes of etc/models.yaml, what a site's files of the same form
// add to them, and what a checkpoint's own config.json says.
#pragma once

#include "config/value/value.hpp"
#include "diagnostic/diagnostic.hpp"
#include "tables/tables.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace recipe::models {

/// In what the published weights are. Only what differs from 16 bits a weight matters to memory.
enum class Weights : std::uint8_t { bf16, fp8, mxfp4 };

/// A decoder. Numbers are 0 where the model has no such part, or where it is not known (positions). Texts belong to the
/// catalogue that has the model; what read_config() makes has none.
struct Model {
    std::string_view name;                  // the key in models.yaml: "llama-3.1-8b", lower case
    std::span<const std::string_view> ids;  // on the hub, the model's own first
    std::string_view source;                // where the shape is from
    std::string_view date;                  // of the model's publication: "2024-07"
    Weights weights = Weights::bf16;
    bool multimodal = false;       // has a vision or an audio tower
    bool tied_embeddings = false;  // the head is the embedding
    bool gated_ffn = true;         // an MLP is three matrices, else two
    bool attention_bias = false;   // of q, k and v
    bool gated_attention = false;  // queries come with a gate of the same width
    bool qk_norm = false;          // queries and keys are normalized
    bool four_norms = false;       // a layer has four norms of Gemma's kind, else two
    bool wide_norms = false;       // norms multiply in fp32, as four of Gemma's kind do anyway
    bool soft_capped = false;      // the logits are
    bool sinks = false;            // attention's softmax has a learned column more
    bool clamped_gate = false;     // experts clamp gate and up

    std::int64_t parameters = 0;        // as published, of the whole checkpoint; 0 when not known
    std::int64_t other_parameters = 0;  // of these, what the shape has no words for: a vision tower, an MTP module
    std::int64_t hidden = 0;
    std::int64_t layers = 0;  // all kinds together
    std::int64_t heads = 0;
    std::int64_t kv_heads = 0;
    std::int64_t head_dim = 0;
    std::int64_t ffn = 0;              // width of a dense layer's MLP
    std::int64_t vocab = 0;            // rows of the embedding
    std::int64_t positions = 0;        // tokens of the longest sequence
    std::int64_t layer_embedding = 0;  // width of the embedding that each layer has besides (Gemma 4)

    // Experts. `dense_layers`: MLP layers without them, wherever they stand.
    std::int64_t experts = 0;  // routed ones; 0: every MLP is dense
    std::int64_t experts_per_token = 0;
    std::int64_t expert_ffn = 0;     // width of one expert
    std::int64_t shared_ffn = 0;     // width of all shared experts together
    std::int64_t expert_hidden = 0;  // what experts read and write where that is not `hidden` (latent experts)
    std::int64_t dense_layers = 0;

    // Multi-head latent attention (DeepSeek): kv_lora_rank > 0. q_lora_rank 0: queries are not compressed.
    std::int64_t q_lora_rank = 0;
    std::int64_t kv_lora_rank = 0;
    std::int64_t qk_nope_head_dim = 0;
    std::int64_t qk_rope_head_dim = 0;
    std::int64_t v_head_dim = 0;

    // Layers that attend to a window of tokens only.
    std::int64_t sliding_window = 0;
    std::int64_t sliding_layers = 0;
    // Gemma 4: the other attention layers' own heads; 0: as above.
    std::int64_t global_kv_heads = 0;
    std::int64_t global_head_dim = 0;

    // Hybrids. Layers without softmax attention, and, where MLPs are layers of their own (Nemotron-H), how many.
    std::int64_t linear_layers = 0;  // gated delta net
    std::int64_t linear_key_heads = 0;
    std::int64_t linear_key_dim = 0;
    std::int64_t linear_value_heads = 0;
    std::int64_t linear_value_dim = 0;
    std::int64_t mamba_layers = 0;  // Mamba-2
    std::int64_t mamba_heads = 0;
    std::int64_t mamba_head_dim = 0;
    std::int64_t mamba_groups = 0;
    std::int64_t mamba_state = 0;
    std::int64_t mlp_layers = 0;  // 0: every layer has an MLP
};

/// Layers with softmax attention, over all tokens or a window.
[[nodiscard]] std::int64_t attention_layers(const Model& model) noexcept;
/// Layers with an MLP, and those of them that route to experts.
[[nodiscard]] std::int64_t mlp_layers(const Model& model) noexcept;
[[nodiscard]] std::int64_t expert_layers(const Model& model) noexcept;

/// What the shape gives, in parameters. Norms, biases and routers are left out where they are below a thousandth.
struct Parameters {
    std::int64_t embedding = 0;  // with the head, where it is not tied
    std::int64_t attention = 0;  // of all layers, linear attention and Mamba included
    std::int64_t mlp = 0;        // dense ones and shared experts
    std::int64_t experts = 0;    // routed ones, with their routers
    std::int64_t active = 0;     // of all, what one token goes through

    [[nodiscard]] std::int64_t total() const noexcept { return embedding + attention + mlp + experts; }
};
[[nodiscard]] Parameters parameters(const Model& model) noexcept;

/// Numbers beyond these mean no model.
inline constexpr std::int64_t max_dimension = std::int64_t{1} << 24;
inline constexpr std::int64_t max_parameters = 100'000'000'000'000;

struct Name {
    std::string_view name;  // lower case, without the organisation
    std::size_t model = 0;  // index
};

class Catalogue {
public:
    /// The installed catalogue.
    Catalogue();

    /// The installed catalogue and a site's files in order; a later one adds models or changes fields of earlier ones.
    /// What etc/models.schema.json does not allow is refused. Codes: models.file, and those of config::load_yaml.
    [[nodiscard]] static Expected<Catalogue> load(const std::vector<std::filesystem::path>& site_files);

    /// By hub id, or by a path whose last part is one's name: "meta-llama/Llama-3.1-8B",
    /// "/fsx/models/Llama-3.1-8B-Instruct/", a snapshot in the hub's cache. Case is ignored. nullptr: unknown.
    [[nodiscard]] const Model* find(std::string_view id_or_path) const;
    /// Sorted by name.
    [[nodiscard]] std::vector<const Model*> all() const;

private:
    std::map<std::string_view, Model> of_site_;
    std::map<std::string_view, std::string_view> site_names_;  // of an id, and the model's name
    tables::Keeper texts_;
};

/// The part of an id or path by which a model is known: lower case, without folders, slashes at the end, and, in the
/// hub's cache, the snapshot. Empty where there is none.
[[nodiscard]] std::string known_name(std::string_view id_or_path);

/// The number of parameters that a name speaks of: 70e9 for "llama3_70b", 0.6e9 for "qwen-3-0d6b" and
/// "qwen-3-0-dot-6b", 30e9 for "30B-A3B", four fifths of the product for "8x7b" (experts share the attention). Of
/// several the smallest, so that it may serve as a lower bound. nullopt: it names none.
[[nodiscard]] std::optional<std::int64_t> parameters_in_name(std::string_view name);

/// Longer files are no configuration of a model.
inline constexpr std::size_t max_config_bytes = std::size_t{1} << 20;

/// The text of a config.json as transformers writes it; of a multi-modal model, its language model. `file`: for
/// messages. Codes: models.config (no JSON, no decoder that we know the fields of, or a number out of range; says
/// which).
[[nodiscard]] Expected<Model> read_config(std::string_view text, std::string_view file);

}  // namespace recipe::models
