#include "validate/family.hpp"

#include <algorithm>
#include <array>

namespace recipe::validate {
namespace {

constexpr FamilyKeys hf{
    .family = Family::hf,
    .model_type = "hf",
    .wanted = Wanted::gpu,
    .shard_may_be_unset = false,
    .tensor = "model.tensor_model_parallel_degree",
    .shard = "model.shard_degree",
    .expert = "model.expert_model_parallel_degree",
    .context = "model.context_parallel_degree",
    .attention_heads = "model.num_attention_heads",
    .key_value_heads = "model.num_key_value_heads",
    .data = "model.data",
    .synthetic = "model.data.use_synthetic_data",
    .train_dir = "model.data.train_dir",
    .multi_modal = "model.multi_modal",
};

/// A PyTorch program takes recipes of the Hugging Face shape.
constexpr FamilyKeys torch_of(FamilyKeys keys) {
    keys.family = Family::torch;
    keys.model_type = {};
    keys.wanted = Wanted::any;
    keys.shard_may_be_unset = true;
    return keys;
}

constexpr std::array<FamilyKeys, 5> families{{
    torch_of(hf),
    hf,
    {.family = Family::neuron, .model_type = "neuron-hf", .wanted = Wanted::neuron, .shard_may_be_unset = true},
    {.family = Family::custom, .wanted = Wanted::any, .shard_may_be_unset = true},
    {.family = Family::other, .wanted = Wanted::any, .shard_may_be_unset = true},
}};

const FamilyKeys& row(Family family) {
    return *std::ranges::find(families, family, &FamilyKeys::family);
}

const std::string* text_at(const config::Value& root, std::string_view path) {
    const config::Value* value = root.at(path);
    return value == nullptr ? nullptr : value->as_string();
}

}  // namespace

const FamilyKeys& family_of(const config::Value& root) {
    if (const config::Value* custom = root.find("training_cfg"); custom != nullptr && custom->is_map())
        return row(Family::custom);
    // Our own config.yaml names our trainer there; a collection without `launch` leaves the program to its model type.
    if (const std::string* script = text_at(root, "launch.entry_script"); script != nullptr && !script->empty())
        return row(Family::torch);
    if (const std::string* type = text_at(root, "recipes.run.model_type")) {
        const auto found = std::ranges::find_if(
            families, [&](const FamilyKeys& keys) { return !keys.model_type.empty() && keys.model_type == *type; });
        if (found != families.end()) return *found;
    }
    return row(Family::other);
}

}  // namespace recipe::validate
