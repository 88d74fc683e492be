// SPDX-License-Identifier: Apache-2.0
// Reads model files as etc/models.schema.json describes them: the shipped one for the generator, and those of a site.
#include "models/models_file.hpp"

#include "diagnostic/codes/tools.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace recipe::models {

constinit const std::array<NumberField, 37> number_fields{{
    {"parameters", &Model::parameters, 0, max_parameters},
    {"other_parameters", &Model::other_parameters, 0, max_parameters},
    {"hidden", &Model::hidden, 1, max_dimension, true},
    {"layers", &Model::layers, 1, max_dimension, true},
    {"heads", &Model::heads, 1, max_dimension, true},
    {"kv_heads", &Model::kv_heads, 1, max_dimension, true},
    {"head_dim", &Model::head_dim, 1, max_dimension, true},
    {"ffn", &Model::ffn, 0, max_dimension, true},
    {"vocab", &Model::vocab, 1, max_dimension, true},
    {"positions", &Model::positions},
    {"layer_embedding", &Model::layer_embedding},
    {"experts", &Model::experts},
    {"experts_per_token", &Model::experts_per_token},
    {"expert_ffn", &Model::expert_ffn},
    {"shared_ffn", &Model::shared_ffn},
    {"expert_hidden", &Model::expert_hidden},
    {"dense_layers", &Model::dense_layers},
    {"q_lora_rank", &Model::q_lora_rank},
    {"kv_lora_rank", &Model::kv_lora_rank},
    {"qk_nope_head_dim", &Model::qk_nope_head_dim},
    {"qk_rope_head_dim", &Model::qk_rope_head_dim},
    {"v_head_dim", &Model::v_head_dim},
    {"sliding_window", &Model::sliding_window},
    {"sliding_layers", &Model::sliding_layers},
    {"global_kv_heads", &Model::global_kv_heads},
    {"global_head_dim", &Model::global_head_dim},
    {"linear_layers", &Model::linear_layers},
    {"linear_key_heads", &Model::linear_key_heads},
    {"linear_key_dim", &Model::linear_key_dim},
    {"linear_value_heads", &Model::linear_value_heads},
    {"linear_value_dim", &Model::linear_value_dim},
    {"mamba_layers", &Model::mamba_layers},
    {"mamba_heads", &Model::mamba_heads},
    {"mamba_head_dim", &Model::mamba_head_dim},
    {"mamba_groups", &Model::mamba_groups},
    {"mamba_state", &Model::mamba_state},
    {"mlp_layers", &Model::mlp_layers},
}};

std::string_view to_string(Weights weights) noexcept {
    return weights == Weights::fp8 ? "fp8" : weights == Weights::mxfp4 ? "mxfp4" : "bf16";
}

namespace {

using config::Value;

constexpr std::size_t max_text = 128;

struct Context {
    tables::Problems& problems;
    tables::Keeper& texts;
};

bool is_text(const Value& value) {
    const std::string* text = value.as_string();
    return text != nullptr && !text->empty() && text->size() <= max_text;
}

bool read_text(std::string_view& target, const Value& value, Context& context) {
    if (is_text(value)) target = context.texts.keep(*value.as_string());
    return is_text(value);
}

bool read_flag(bool& target, const Value& value) {
    const auto flag = value.as_bool();
    if (flag) target = *flag;
    return flag.has_value();
}

bool read_weights(Weights& target, const Value& value) {
    const std::string* text = value.as_string();
    for (const Weights weights : {Weights::bf16, Weights::fp8, Weights::mxfp4})
        if (text != nullptr && *text == to_string(weights)) return target = weights, true;
    return false;
}

bool read_ids(std::span<const std::string_view>& target, const Value& value, Context& context) {
    if (!value.is_list() || value.size() == 0 || !std::ranges::all_of(value.items(), is_text)) return false;
    std::vector<std::string_view> ids;
    for (const Value& id : value.items()) ids.push_back(context.texts.keep(*id.as_string()));
    target = context.texts.keep(std::move(ids));
    return true;
}

constexpr std::string_view a_flag = "true or false";
constexpr std::string_view a_text = "a text of at most 128 characters";

constexpr std::array<tables::Field<Model, Context>, 15> other_fields{{
    {"ids", "a list of hub ids", true, [](Model& m, const Value& v, Context& c) { return read_ids(m.ids, v, c); }},
    {"source", a_text, false, [](Model& m, const Value& v, Context& c) { return read_text(m.source, v, c); }},
    {"date", "a text like 2024-07", false,
     [](Model& m, const Value& v, Context& c) { return read_text(m.date, v, c); }},
    {"weights", "bf16, fp8 or mxfp4", false,
     [](Model& m, const Value& v, Context&) { return read_weights(m.weights, v); }},
    {"multimodal", a_flag, false, [](Model& m, const Value& v, Context&) { return read_flag(m.multimodal, v); }},
    {"tied_embeddings", a_flag, false,
     [](Model& m, const Value& v, Context&) { return read_flag(m.tied_embeddings, v); }},
    {"gated_ffn", a_flag, false, [](Model& m, const Value& v, Context&) { return read_flag(m.gated_ffn, v); }},
    {"attention_bias", a_flag, false,
     [](Model& m, const Value& v, Context&) { return read_flag(m.attention_bias, v); }},
    {"gated_attention", a_flag, false,
     [](Model& m, const Value& v, Context&) { return read_flag(m.gated_attention, v); }},
    {"qk_norm", a_flag, false, [](Model& m, const Value& v, Context&) { return read_flag(m.qk_norm, v); }},
    {"four_norms", a_flag, false, [](Model& m, const Value& v, Context&) { return read_flag(m.four_norms, v); }},
    {"wide_norms", a_flag, false, [](Model& m, const Value& v, Context&) { return read_flag(m.wide_norms, v); }},
    {"soft_capped", a_flag, false, [](Model& m, const Value& v, Context&) { return read_flag(m.soft_capped, v); }},
    {"sinks", a_flag, false, [](Model& m, const Value& v, Context&) { return read_flag(m.sinks, v); }},
    {"clamped_gate", a_flag, false, [](Model& m, const Value& v, Context&) { return read_flag(m.clamped_gate, v); }},
}};

/// Those of number_fields have no function of their own in a table of Field, so they are read here.
bool read_number(Model& model, const NumberField& field, const Value& value) {
    const auto number = value.as_int();
    if (!number || *number < field.least || *number > field.greatest) return false;
    model.*field.member = *number;
    return true;
}

bool is_name(std::string_view name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    };
    return !name.empty() && name.size() <= max_text && std::ranges::all_of(name, allowed);
}

/// Takes what number_fields has out of an entry, and leaves the rest to read_record.
bool read_model(Model& model, const std::string& key, const Value& value, bool is_new, Context& context) {
    const std::size_t before = context.problems.count();
    Value rest = value;
    for (const NumberField& field : number_fields) {
        const Value* given = value.is_map() ? value.find(field.name) : nullptr;
        if (given == nullptr) {
            if (is_new && field.required && value.is_map())
                context.problems.add(value, key, fmt::format("{} has no {}", key, field.name));
            continue;
        }
        if (!read_number(model, field, *given))
            context.problems.add(
                *given, key,
                fmt::format("{} of {} is to be an int from {} to {}", field.name, key, field.least, field.greatest));
        rest.erase(field.name);
    }
    return tables::read_record(model, key, rest, is_new, other_fields, context) && context.problems.count() == before;
}

/// What sums and differences of its numbers rest on.
std::string_view contradiction(const Model& m) {
    if (m.linear_layers + m.mamba_layers + m.mlp_layers > m.layers) return "has more layers of one kind than layers";
    if (m.sliding_layers > attention_layers(m)) return "has more sliding layers than layers with attention";
    if (m.dense_layers > mlp_layers(m)) return "has more dense layers than layers with an MLP";
    if (m.experts_per_token > m.experts) return "has fewer experts than each token goes to";
    if (m.experts > 0 && m.expert_ffn == 0) return "has experts and no expert_ffn";
    if (m.other_parameters > m.parameters) return "has more other_parameters than parameters";
    return {};
}

void add_names(const Model& model, const std::string& key, const Value& at, Merged& merged, Context& context) {
    std::vector<std::string> names{std::string(model.name)};
    for (const std::string_view id : model.ids) names.push_back(known_name(id));
    for (std::string& name : names) {
        const auto known = merged.names.find(name);
        if (known == merged.names.end())
            merged.names.emplace(context.texts.keep(std::move(name)), model.name);
        else if (known->second != model.name)
            context.problems.add(at, key, fmt::format("{} is already a name of {}", name, known->second));
    }
}

}  // namespace

Diagnostics merge(const Value& document, const std::string& file, const Model* (*installed)(std::string_view name),
                  Merged& merged, tables::Keeper& texts) {
    tables::Problems problems(codes::models.file, file);
    Context context{problems, texts};
    if (document.is_null()) return {};  // a file of comments
    const Value* models = document.is_map() && document.size() == 1 ? document.find("models") : nullptr;
    if (models == nullptr || !models->is_map()) {
        problems.add(document, "", "a file of models is a map with the one key models, which is a map");
        return problems.take();
    }
    for (const config::Entry& entry : models->entries()) {
        const std::string name = known_name(config::to_python_text(entry.key));
        const std::string key = "models." + name;
        if (!is_name(name)) {
            problems.add(entry.key, "models", "names are of letters, digits, dots, dashes and underscores");
            continue;
        }
        const auto own = merged.models.find(name);
        const Model* known = own != merged.models.end() ? &own->second : installed(name);
        Model model = known != nullptr ? *known : Model{};
        model.name = texts.keep(name);
        if (!read_model(model, key, entry.value, known == nullptr, context)) continue;
        if (const std::string_view wrong = contradiction(model); !wrong.empty()) {
            problems.add(entry.value, key, fmt::format("{} {}", key, wrong));
            continue;
        }
        if (own != merged.models.end()) model.name = own->first;
        add_names(model, key, entry.value, merged, context);
        merged.models.insert_or_assign(model.name, model);
    }
    return problems.take();
}

}  // namespace recipe::models
