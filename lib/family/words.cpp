// SPDX-License-Identifier: Apache-2.0
// How families files spell keys, devices, layouts and platforms.
#include "family/family.hpp"

namespace recipe::family {
namespace {

constexpr std::array<std::string_view, key_count> key_names{"tensor",
                                                            "shard",
                                                            "expert",
                                                            "expert_tensor",
                                                            "context",
                                                            "pipeline",
                                                            "virtual_pipeline",
                                                            "sequence_parallel",
                                                            "kv_replicator",
                                                            "sequence_length",
                                                            "micro_batch",
                                                            "global_batch",
                                                            "accumulation",
                                                            "validation_batch",
                                                            "validation_batches",
                                                            "prompt_length",
                                                            "response_length",
                                                            "packs",
                                                            "packed_tokens",
                                                            "model_name",
                                                            "named_after",
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
                                                            "attention",
                                                            "zero_stage",
                                                            "weights_precision",
                                                            "fused_loss",
                                                            "fused_norm",
                                                            "method",
                                                            "reference",
                                                            "rollout_share",
                                                            "critic_name",
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

constexpr std::array<std::string_view, 3> device_names{"any", "gpu", "neuron"};
constexpr std::array<std::string_view, 5> layout_names{"none", "fsdp", "ranks", "megatron", "neuron"};
constexpr std::array<std::string_view, all_platforms.size()> platform_names{"slurm", "slurm_script", "k8s", "sm_jobs"};
constexpr std::array<std::string_view, 3> runs_as_names{"python", "module", "shell"};

}  // namespace

std::string_view name_of(Key key) noexcept {
    return key_names[static_cast<std::size_t>(key)];
}

std::string_view to_string(Devices devices) noexcept {
    return device_names[static_cast<std::size_t>(devices)];
}

std::string_view to_string(Layout layout) noexcept {
    return layout_names[static_cast<std::size_t>(layout)];
}

std::string_view to_string(Platform platform) noexcept {
    return platform_names[static_cast<std::size_t>(platform)];
}

std::string_view to_string(RunsAs runs_as) noexcept {
    return runs_as_names[static_cast<std::size_t>(runs_as)];
}

}  // namespace recipe::family
