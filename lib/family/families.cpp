// SPDX-License-Identifier: Apache-2.0
// Finds the family that a recipe belongs to, and looks keys up in it.
#include "family/family.hpp"

#include <algorithm>

namespace recipe::family {
namespace {

constexpr std::array<std::string_view, key_count> key_names{"tensor",
                                                            "shard",
                                                            "expert",
                                                            "context",
                                                            "pipeline",
                                                            "virtual_pipeline",
                                                            "sequence_parallel",
                                                            "kv_replicator",
                                                            "sequence_length",
                                                            "micro_batch",
                                                            "global_batch",
                                                            "accumulation",
                                                            "model_name",
                                                            "model_class",
                                                            "layers",
                                                            "hidden",
                                                            "heads",
                                                            "kv_heads",
                                                            "head_size",
                                                            "ffn",
                                                            "vocabulary",
                                                            "vocabulary_multiple",
                                                            "tied_embeddings",
                                                            "positions",
                                                            "moe",
                                                            "experts",
                                                            "experts_per_token",
                                                            "expert_ffn",
                                                            "recompute",
                                                            "recompute_granularity",
                                                            "recompute_method",
                                                            "recompute_layers",
                                                            "offload_activations",
                                                            "offload_parameters",
                                                            "offload_optimizer",
                                                            "sharding_strategy",
                                                            "shard_optimizer",
                                                            "flash_attention",
                                                            "precision",
                                                            "model_precision",
                                                            "fp8",
                                                            "master_weights",
                                                            "gradient_precision",
                                                            "optimizer",
                                                            "peft",
                                                            "lora_rank",
                                                            "fine_tune",
                                                            "smp",
                                                            "data",
                                                            "synthetic",
                                                            "train_data",
                                                            "validation_data",
                                                            "multi_modal",
                                                            "writes",
                                                            "logs"};
static_assert(!key_names.back().empty());

bool is_given(const config::Value* value) {
    return value != nullptr && !value->is_null();
}

/// "training/llama/x" → "llama"; of a file, its directory.
std::string_view folder_of(std::string_view recipe) {
    const std::size_t name = recipe.rfind('/');
    if (name == std::string_view::npos) return {};
    const std::string_view directory = recipe.substr(0, name);
    if (recipe.starts_with('/')) return directory.substr(directory.rfind('/') + 1);
    const std::size_t group = directory.find('/');
    if (group == std::string_view::npos) return {};
    const std::string_view rest = directory.substr(group + 1);
    return rest.substr(0, rest.find('/'));
}

}  // namespace

const std::string* DefaultCode::program_for(std::string_view recipe) const {
    const std::string_view folder = folder_of(recipe);
    const auto found = std::ranges::find_if(entries, [&](const Entry& entry) {
        return (entry.folder.empty() || entry.folder == folder) &&
               recipe.substr(recipe.rfind('/') + 1).contains(entry.word);
    });
    return found == entries.end() ? nullptr : &found->program;
}

std::string_view name_of(Key key) noexcept {
    return key_names[static_cast<std::size_t>(key)];
}

std::string Family::path(const config::Value& configuration, Key key) const {
    const Place& where = place(key);
    if (where.paths.empty()) return {};
    for (const std::string& path : where.paths) {
        std::string full = root + '.' + path;
        if (is_given(configuration.at(full))) return full;
    }
    return root + '.' + where.paths.front();
}

const config::Value* Family::value(const config::Value& configuration, Key key) const {
    const Place& where = place(key);
    for (const std::string& path : where.paths)
        if (const config::Value* value = configuration.at(root + '.' + path); is_given(value)) return value;
    return where.otherwise.is_null() ? nullptr : &where.otherwise;
}

bool Families::Condition::holds(const config::Value& configuration) const {
    const config::Value* value = configuration.at(path);
    if (!is_given(value)) return false;
    if (map) return value->is_map();
    const std::string* given = value->as_string();
    if (text.empty()) return given == nullptr || !given->empty();
    return given != nullptr && (prefix ? given->starts_with(text) : *given == text);
}

const Family& Families::of(const config::Value& configuration) const {
    const auto found = std::ranges::find_if(rows_, [&](const Row& row) {
        return std::ranges::all_of(row.when,
                                   [&](const Condition& condition) { return condition.holds(configuration); });
    });
    return found == rows_.end() ? unknown_ : found->family;
}

const Family* Families::find(std::string_view name) const {
    const auto found =
        std::ranges::find(rows_, name, [](const Row& row) -> std::string_view { return row.family.name; });
    return found == rows_.end() ? nullptr : &found->family;
}

std::vector<std::string> Families::names() const {
    std::vector<std::string> names;
    names.reserve(rows_.size());
    for (const Row& row : rows_) names.push_back(row.family.name);
    return names;
}

}  // namespace recipe::family
