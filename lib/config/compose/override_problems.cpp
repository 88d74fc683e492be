// SPDX-License-Identifier: Apache-2.0
// What is said of an override that names no key, and which keys may have been meant.
#include "config/compose/override_apply.hpp"
#include "config/interpolation/special_value.hpp"
#include "config/value/place.hpp"
#include "diagnostic/codes/compose.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>

namespace recipe::config {
namespace {

constexpr std::size_t max_searched_nodes = 20'000;

/// Full paths that end in the steps of `path`.
void find_endings(const Value& value, const std::string& at, const std::string& ending, std::vector<std::string>& found,
                  std::size_t& budget) {
    for (const Entry& entry : value.entries()) {
        if (budget == 0 || found.size() >= 3) return;
        --budget;
        const std::string* key = entry.key.as_string();
        if (!key) continue;
        const std::string here = at.empty() ? *key : at + '.' + *key;
        if (here.ends_with('.' + ending)) found.push_back(here);
        find_endings(entry.value, here, ending, found, budget);
    }
}

/// What people call a thing, and the keys that it is under in recipes.
struct Synonyms {
    std::string_view words;  // blanks around each
    std::array<std::string_view, 4> names;
};

constexpr std::array synonyms{
    Synonyms{" nodes nnodes num_nodes node_count n_nodes ", {"num_nodes", "nodes"}},
    Synonyms{" gpus ngpus num_gpus n_gpus gpus_per_node nproc_per_node num_devices ntasks_per_node devices_per_node ",
             {"devices", "ntasks_per_node"}},
    Synonyms{" learning_rate lr ", {"lr"}},
    Synonyms{" layers num_layers n_layers n_layer num_hidden_layers depth ", {"num_hidden_layers", "num_layers"}},
    Synonyms{" batch_size batch bs micro_batch_size mbs micro_batch train_batch_size per_device_train_batch_size ",
             {"train_batch_size", "micro_batch_size", "micro_train_batch_size", "micro_batch_size_per_gpu"}},
    Synonyms{" gbs global_batch_size global_batch ", {"global_batch_size", "train_batch_size"}},
    Synonyms{" seq_len seq_length sequence_length seqlen max_seq_len max_seq_length max_length context_length "
             "block_size max_context_width ctx ",
             {"max_context_width", "seq_length", "encoder_seq_length", "max_len"}},
    Synonyms{" tp tp_size tp_degree tensor_parallel tensor_parallel_size tensor_parallel_degree "
             "tensor_model_parallel_size tensor_model_parallel_degree ",
             {"tensor_model_parallel_degree", "tensor_model_parallel_size"}},
    Synonyms{" pp pp_size pipeline_parallel pipeline_parallel_size pipeline_model_parallel_degree ",
             {"pipeline_model_parallel_size"}},
    Synonyms{" cp cp_size context_parallel context_parallel_size context_parallel_degree ",
             {"context_parallel_degree", "context_parallel_size"}},
    Synonyms{" ep ep_size expert_parallel expert_parallel_size expert_model_parallel_degree ",
             {"expert_model_parallel_degree", "expert_model_parallel_size"}},
    Synonyms{" fsdp fsdp_size dp_shard shard_size shard ", {"shard_degree", "fsdp_size"}},
    Synonyms{" heads n_heads n_head num_heads attention_heads ", {"num_attention_heads"}},
    Synonyms{" kv_heads n_kv_heads num_kv_heads ", {"num_key_value_heads", "num_query_groups", "num_kv_heads"}},
    Synonyms{" hidden dim hidden_dim d_model n_embd embed_dim ", {"hidden_size"}},
    Synonyms{" ffn ffn_dim d_ff mlp_dim ffn_hidden_size ", {"intermediate_size", "ffn_hidden_size"}},
    Synonyms{" vocab vocabulary vocabulary_size ", {"vocab_size"}},
    Synonyms{" steps iters max_iters train_iters train_steps num_steps total_steps ", {"max_steps"}},
    Synonyms{" epochs num_epochs num_train_epochs ", {"max_epochs"}},
    Synonyms{" dtype ", {"precision"}},
    Synonyms{" checkpointing gradient_checkpointing recompute ",
             {"activation_checkpointing", "gradient_checkpointing"}},
    Synonyms{" time timeout walltime timelimit time_limit ", {"time_limit"}},
    Synonyms{" image docker container_image ", {"container"}},
    Synonyms{" instance node_type machine ", {"instance_type"}},
};

/// Names of keys that may be meant by the last step of one, best first.
std::vector<std::string_view> names_for(std::string_view word) {
    std::vector<std::string_view> names;
    const std::string whole = fmt::format(" {} ", word);
    for (const Synonyms& row : synonyms)
        if (row.words.contains(whole))
            for (const std::string_view name : row.names)
                if (!name.empty()) names.push_back(name);
    return names;
}

}  // namespace

void OverrideApplier::report(const GivenOverride& override, DiagnosticCode code, std::string message, std::string fix,
                             bool at_value) {
    const std::size_t column = at_value ? override.parsed.value_column : override.parsed.key_column;
    problems_.push_back({.code = code,
                         .key = override.parsed.key,
                         .source = typed_source(override.given, column),
                         .message = std::move(message),
                         .fix = std::move(fix)});
}

void OverrideApplier::report_unknown(const GivenOverride& override, const Path& path) {
    const std::string& key = override.parsed.key;
    std::string message = fmt::format("`{}`: no such key", quotable(key));
    std::string fix;
    const auto close = suggestions(path);
    if (!close.empty()) {
        message += fmt::format("; did you mean `{}`?", close.front());
        fix = override.given.text;
        fix.replace(override.parsed.key_column, key.size(), close.front());
    } else if (override.parsed.type == ParsedOverride::Type::change && path.size() > 1 && may_add(path)) {
        fix = "+" + override.given.text;
    }
    report(override, codes::compose.unknown_key, std::move(message), std::move(fix));
}

/// Whether the section is there. At the root nobody reads what is added.
bool OverrideApplier::may_add(const Path& path) const {
    const Place place = locate({path.begin(), path.end() - 1});
    return place.node != nullptr && place.node->is_map();
}

/// Names that may have been meant: neighbours of the step that is missing, else keys elsewhere that end alike.
std::vector<std::string> OverrideApplier::suggestions(const Path& path) const {
    Place place = walk(root_, "", path);
    if (Value* recipes = root_.find_mutable("recipes"); recipes && is_container(*recipes)) {
        Place from_recipes = walk(*recipes, "recipes.", path);
        if (from_recipes.containers.size() > place.containers.size()) place = std::move(from_recipes);
    }
    if (place.containers.empty()) return {};
    const std::size_t known = place.containers.size() - 1;
    std::vector<std::string> names;
    const auto take_names = [&names](const Value& map) {
        for (const Entry& entry : map.entries())
            if (const std::string* name = entry.key.as_string()) names.push_back(*name);
    };
    take_names(*place.containers.back());
    if (known == 0 && place.prefix.empty())
        if (const Value* recipes = root_.find("recipes")) take_names(*recipes);
    std::vector<std::string> found = nearest(path[known], names, 3);
    for (std::string& name : found) {
        Path better = path;
        better[known] = name;
        name = fmt::format("{}", fmt::join(better, "."));
    }
    // A neighbour counts when the rest of the path exists below it.
    std::erase_if(found, [this](const std::string& name) { return !locate(split_path(name)).node; });
    if (!found.empty()) return found;
    std::size_t budget = max_searched_nodes;
    find_endings(root_, "", fmt::format("{}", fmt::join(path, ".")), found, budget);
    for (const std::string_view name : names_for(path.back()))
        if (found.empty()) find_endings(root_, "", std::string(name), found, budget);
    for (std::string& name : found) name = typed_key(root_, name);
    return found;
}

}  // namespace recipe::config
