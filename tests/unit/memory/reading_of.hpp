// SPDX-License-Identifier: Apache-2.0
// The workload that is read of a recipe.
#pragma once

#include "catch.hpp"
#include "memory/reading.hpp"
#include "memory/recipes.hpp"
#include "models/models.hpp"

#include <fmt/format.h>

namespace recipe::memory::reading_of {

inline Reading read_of(const std::string& yaml, const char* instance = "p5.48xlarge") {
    const config::Value root = config::parse_yaml(yaml, "recipe").value();
    return read(root, shipped_families().of(root), shipped_catalogue().instance(instance), {});
}

inline constexpr std::string_view shape =
    "num_hidden_layers: 16, hidden_size: 2048, num_attention_heads: 32, num_key_value_heads: 8, intermediate_size: "
    "8192, vocab_size: 128256";

/// SageMaker's adapter, on two nodes of eight.
inline Reading adapter(const std::string& model = "x: 1", const std::string& more = "", const std::string& nodes = "2",
                       const std::string& devices = "8") {
    return read_of(
        fmt::format("recipes: {{run: {{model_type: hf}}, trainer: {{num_nodes: {}, devices: {}}}, model: "
                    "{{{}, {}}}{}}}",
                    nodes, devices, shape, model, more));
}

}  // namespace recipe::memory::reading_of
