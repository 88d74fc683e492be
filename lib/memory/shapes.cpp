// SPDX-License-Identifier: Apache-2.0
// Where a model's shape is from: the recipe's own keys, the model's config.json, the catalogue of public models, or,
// when only its name is known, the parameters that this speaks of.
#include "memory/shapes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>

namespace recipe::memory {
namespace {

struct Dimension {
    Key key;
    std::int64_t Shape::* number;
    bool needed;
};

constexpr std::array<Dimension, 7> dimensions{{{Key::hidden, &Shape::hidden, true},
                                               {Key::layers, &Shape::layers, true},
                                               {Key::heads, &Shape::heads, true},
                                               {Key::ffn, &Shape::ffn, true},
                                               {Key::vocabulary, &Shape::vocab, true},
                                               {Key::kv_heads, &Shape::kv_heads, false},
                                               {Key::head_size, &Shape::head_dim, false}}};

/// What the model's own files say, not the recipe, its `memory` section may say: memory.vocabulary.
std::int64_t dimension(const Recipe& recipe, Key key) {
    if (const auto given = recipe.integer(key)) return *given;
    return recipe.first({fmt::format("memory.{}", family::name_of(key))}).value_or(0);
}

/// Without a switch, the experts' number is the switch.
bool has_experts(const Recipe& recipe) {
    return recipe.given(Key::moe) != nullptr ? recipe.on(Key::moe) : recipe.integer(Key::experts).value_or(0) > 1;
}

/// The shape that the recipe gives itself, and what of it is missing.
struct Given {
    Shape shape;
    std::vector<std::string> missing, spellings;
};

Given given_shape(const Recipe& recipe, const Family& family) {
    Given given;
    Shape& shape = given.shape;
    for (const Dimension& row : dimensions) {
        shape.*row.number = dimension(recipe, row.key);
        if (!row.needed || shape.*row.number >= 1) continue;
        given.missing.push_back(recipe.name_of(row.key));
        given.spellings.push_back(fmt::format("++{}.memory.{}=", family.root, family::name_of(row.key)));
    }
    if (shape.kv_heads <= 0) shape.kv_heads = shape.heads;
    if (shape.head_dim <= 0) shape.head_dim = shape.heads > 0 ? shape.hidden / shape.heads : 0;
    shape.tied_embeddings = recipe.on(Key::tied_embeddings);
    if (has_experts(recipe)) {
        shape.experts = recipe.integer(Key::experts).value_or(0);
        shape.experts_per_token = recipe.integer(Key::experts_per_token).value_or(2);
        if (shape.experts < 1) given.missing.push_back(recipe.name_of(Key::experts));
        shape.ffn = recipe.integer(Key::expert_ffn).value_or(shape.ffn);
    }
    return given;
}

/// The model's own shape, with what the recipe changes of it.
Shape changed(Shape shape, const Recipe& recipe) {
    for (const Dimension& row : dimensions)
        if (const std::int64_t own = dimension(recipe, row.key); own >= 1) shape.*row.number = own;
    if (recipe.own(Key::tied_embeddings) != nullptr) shape.tied_embeddings = recipe.on(Key::tied_embeddings);
    if (shape.experts > 0)
        if (const auto own = recipe.integer(Key::expert_ffn); own && *own >= 1) shape.ffn = *own;
    return shape;
}

// --- names ---------------------------------------------------------------------------------------------------------

/// Letters and digits alone, in lower case: run names have no dots.
std::string plain(std::string_view name) {
    std::string letters;
    for (const char c : name) {
        if (c >= 'A' && c <= 'Z')
            letters += static_cast<char>(c - 'A' + 'a');
        else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            letters += c;
    }
    return letters;
}

/// The model that a run is named after: the longest name that its own ends with.
const models::Model* named_after(const models::Catalogue& catalogue, std::string_view run) {
    const std::string wanted = plain(run);
    const models::Model* found = nullptr;
    std::size_t longest = 0;
    for (const models::Model* model : catalogue.all()) {
        const std::string name = plain(model->name);
        if (name.size() <= longest || !wanted.ends_with(name)) continue;
        found = model;
        longest = name.size();
    }
    return found;
}

/// The config.json of a model's directory on this host; nullopt: there is none to be read.
std::optional<Expected<models::Model>> of_directory(const std::string& path, const storage::Host* host) {
    if (host == nullptr || !path.starts_with('/')) return std::nullopt;
    const std::string file = storage::normal(path + "/config.json");
    const auto text = host->text(file);
    if (!text) return std::nullopt;
    return models::read_config(*text, file);
}

}  // namespace

Shape shape_of(const models::Model& m) {
    Shape s{.hidden = m.hidden,
            .layers = m.layers,
            .heads = m.heads,
            .kv_heads = m.kv_heads > 0 ? m.kv_heads : m.heads,
            .head_dim = m.head_dim > 0 ? m.head_dim : m.qk_nope_head_dim + m.qk_rope_head_dim,
            .ffn = m.experts > 0 ? m.expert_ffn : m.ffn,
            .vocab = m.vocab,
            .tied_embeddings = m.tied_embeddings,
            .experts = m.experts,
            .experts_per_token = m.experts_per_token,
            .gated_ffn = m.gated_ffn,
            .gated_attention = m.gated_attention,
            .qk_norm = m.qk_norm,
            .four_norms = m.four_norms,
            .wide_norms = m.four_norms || m.wide_norms,
            .soft_capped = m.soft_capped,
            .sinks = m.sinks,
            .clamped_gate = m.clamped_gate,
            .window = m.sliding_window,
            .window_layers = m.sliding_layers,
            .dense_layers = m.experts > 0 ? m.dense_layers : 0,
            .dense_ffn = m.experts > 0 ? m.ffn : 0,
            .shared_ffn = m.shared_ffn,
            .expert_hidden = m.expert_hidden,
            .mlp_layers = m.mlp_layers,
            .latent = {.q_rank = m.q_lora_rank,
                       .kv_rank = m.kv_lora_rank,
                       .key_dim = m.qk_nope_head_dim,
                       .rope_dim = m.qk_rope_head_dim,
                       .value_dim = m.v_head_dim},
            .global = {},
            .linear = {},
            // Embeddings of each layer (Gemma 3n and 4), with the projections to and from them.
            .other_parameters = m.other_parameters + m.layer_embedding * m.layers * (m.vocab + 3 * m.hidden)};
    if (m.global_head_dim > 0)
        s.global = {.count = models::attention_layers(m) - m.sliding_layers,
                    .kv_heads = m.global_kv_heads,
                    .head_dim = m.global_head_dim};
    // Queries, keys, values, the gate, and two numbers a head; or gate, input, B, C and step sizes.
    const std::int64_t keys = m.linear_key_heads * m.linear_key_dim, values = m.linear_value_heads * m.linear_value_dim;
    const std::int64_t inner = m.mamba_heads * m.mamba_head_dim;
    if (m.linear_layers > 0)
        s.linear = {.count = m.linear_layers, .in = 2 * keys + 2 * values + 2 * m.linear_value_heads, .out = values};
    else if (m.mamba_layers > 0)
        s.linear = {.count = m.mamba_layers,
                    .in = 2 * inner + 2 * m.mamba_groups * m.mamba_state + m.mamba_heads,
                    .out = inner};
    return s;
}

bool is_dimension(std::string_view name) {
    return std::ranges::any_of(dimensions, [&](const Dimension& row) { return family::name_of(row.key) == name; });
}

Sized read_shape(const Recipe& recipe, const Family& family, const Sources& sources) {
    Given given = given_shape(recipe, family);
    Sized sized{.shape = given.shape};
    if (given.missing.empty()) return sized;
    sized.to_say = given.spellings;
    const std::string lacks = fmt::format("the model's size: the recipe does not say {} (its section `memory` may: {})",
                                          fmt::join(given.missing, ", "), fmt::join(given.spellings, " "));

    static const models::Catalogue installed;
    const models::Catalogue& catalogue = sources.models != nullptr ? *sources.models : installed;
    const std::vector<std::string> names = recipe.texts(Key::model_name);
    for (const std::string& name : names) {
        if (const auto own = of_directory(name, sources.host)) {
            if (!*own) {
                const Diagnostic& wrong = own->error().front();
                sized.unknown = fmt::format("{}, and {} is of no use: {}", lacks, wrong.source.name, wrong.message);
                return sized;
            }
            sized.shape = changed(shape_of(**own), recipe);
            sized.from = storage::normal(name + "/config.json");
            return sized;
        }
        if (const models::Model* model = catalogue.find(name)) {
            sized.shape = changed(shape_of(*model), recipe);
            sized.from = model->name;
            return sized;
        }
        if (!sized.least_parameters) sized.least_parameters = models::parameters_in_name(name);
    }
    if (names.empty()) {
        for (const std::string& run : recipe.texts(Key::named_after)) {
            if (const models::Model* model = named_after(catalogue, run)) {
                sized.shape = changed(shape_of(*model), recipe);
                sized.from = model->name;
                return sized;
            }
        }
    }
    sized.unknown = names.empty() ? lacks : fmt::format("{}, and {} is no model that is known", lacks, names.front());
    return sized;
}

double parameters_of(std::string_view name, const Sources& sources) {
    static const models::Catalogue installed;
    const models::Catalogue& catalogue = sources.models != nullptr ? *sources.models : installed;
    const models::Model* model = catalogue.find(name);
    if (model != nullptr) return static_cast<double>(models::parameters(*model).total());
    return static_cast<double>(models::parameters_in_name(name).value_or(0));
}

}  // namespace recipe::memory
