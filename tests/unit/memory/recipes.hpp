// SPDX-License-Identifier: Apache-2.0
// Recipes for tests of the memory model, and the shipped data that they are checked against.
#pragma once

#include "config/config.hpp"
#include "family/our_trainer.hpp"
#include "memory/memory.hpp"
#include "source_file.hpp"

#include <fmt/format.h>
#include <string>
#include <vector>

namespace recipe::memory {

inline const hardware::Catalogue& shipped_catalogue() {
    static const hardware::Catalogue catalogue;
    return catalogue;
}

inline const family::Families& shipped_families() {
    static const family::Families families;
    return families;
}

/// Llama 3.2 1B at sequence 8192 and micro batch 2, as the adapter's recipes spell it.
class RecipeText {
public:
    RecipeText& instance(std::string name) {
        instance_ = std::move(name);
        return *this;
    }
    RecipeText& our_trainer() {
        families_ = &test::run_by_our_trainer;
        return *this;
    }
    RecipeText& nodes(int count) {
        nodes_ = count;
        return *this;
    }
    /// A line of `model`, before the ones that it replaces.
    RecipeText& model(const std::string& key, const std::string& value) {
        std::erase_if(model_, [&](const auto& line) { return line.first == key; });
        model_.emplace_back(key, value);
        return *this;
    }
    RecipeText& section(std::string text) {
        sections_ += text + "\n";
        return *this;
    }

    [[nodiscard]] config::Value value() const {
        std::string yaml = fmt::format("instance_type: {}\n", instance_);
        yaml += fmt::format(
            "recipes:\n  run: {{model_type: hf}}\n  use_smp_model: true\n  trainer: {{devices: 8, num_nodes: {}, "
            "accelerator: gpu, precision: bf16}}\n  model:\n",
            nodes_);
        for (const auto& [key, value] : model_) yaml += fmt::format("    {}: {}\n", key, value);
        return config::parse_yaml(yaml + sections_, "recipe").value();
    }
    /// Its `family` is that of families which live no longer.
    [[nodiscard]] Assessment assessed() const {
        const config::Value root = value();
        Assessment assessment = assess(root, shipped_catalogue(), families_(root));
        assessment.family = nullptr;
        return assessment;
    }

private:
    std::string instance_ = "g5.48xlarge";
    family::Families (*families_)(const config::Value&) = [](const config::Value&) { return shipped_families(); };
    int nodes_ = 1;
    std::string sections_;
    std::vector<std::pair<std::string, std::string>> model_{{"train_batch_size", "2"},
                                                            {"tensor_model_parallel_degree", "1"},
                                                            {"shard_degree", "8"},
                                                            {"sharding_strategy", "hybrid_shard"},
                                                            {"activation_checkpointing", "false"},
                                                            {"max_context_width", "8192"},
                                                            {"num_hidden_layers", "16"},
                                                            {"hidden_size", "2048"},
                                                            {"num_attention_heads", "32"},
                                                            {"num_key_value_heads", "8"},
                                                            {"intermediate_size", "8192"},
                                                            {"vocab_size", "128256"},
                                                            {"tie_word_embeddings", "true"}};
};

}  // namespace recipe::memory
