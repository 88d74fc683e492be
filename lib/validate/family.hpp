// What will run decides which rules apply and under which keys a recipe keeps its numbers. Private to this module.
#pragma once

#include "config/config.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace recipe::validate {

enum class Family : std::uint8_t {
    torch,   // launch.entry_script: a PyTorch program such as our trainer
    hf,      // SageMaker's adapter of Hugging Face models
    neuron,  // neuronx-distributed-training
    custom,  // a configuration with training_cfg instead of recipes
    other,   // NeMo and whatever has no rules of its own yet
};

/// The devices that a recipe is written for.
enum class Wanted : std::uint8_t { any, cpu, gpu, neuron };

/// Where a family keeps what the rules read: paths below `recipes` (or `training_cfg`). Empty: it has no such thing.
struct FamilyKeys {
    Family family;
    std::string_view model_type;  // of run.model_type; empty: told otherwise
    Wanted wanted;                // when the recipe has no trainer.accelerator
    bool shard_may_be_unset;      // an unset shard degree means "what the program thinks best", not 1
    std::string_view tensor, shard, expert, context;
    std::string_view attention_heads, key_value_heads;
    std::string_view data, synthetic, train_dir, multi_modal;
};

[[nodiscard]] const FamilyKeys& family_of(const config::Value& root);

}  // namespace recipe::validate
