// SPDX-License-Identifier: Apache-2.0
// A validation pass of few tokens, where a layer holds more than the logits do.
#include "memory/parts.hpp"

namespace recipe::memory {
namespace {

using namespace small_model;

TEST_CASE("a validation pass of one token holds a layer's residual stream, and its MLP's gate, up and product") {
    Workload w = small();
    w.shard = 4;
    w.sequence = 1;
    w.validation_batch = 1;
    w.assumptions.zero_grad = ZeroGrad::forward;
    const auto at = [&](std::string_view name) { return part(moment(predict(w).value(), "validation"), name); };
    CHECK(at("gathered_layers") == 2 * 2 * Pl);
    CHECK(at("activations") == 2 * 2 * h + 3 * 2 * f);
    CHECK(at("loss") == 0);
    w.shard = 1;
    CHECK(at("gathered_layers") == 2 * Pl);
    // A token meets two experts, whose three tensors are wider than the dense layers'.
    w.shape.experts = w.shape.experts_per_token = 2;
    w.shape.dense_ffn = 30;
    w.shape.dense_layers = 1;
    CHECK(at("activations") == 2 * 2 * h + 3 * 2 * 2 * f);
    w.shape.dense_ffn = 50;
    CHECK(at("activations") == 2 * 2 * h + 3 * 2 * 50);
    // Of 200 tokens the logits are more.
    w = small();
    w.validation_batch = 20;
    CHECK(at("gathered_layers") == 0);
    CHECK(at("activations") == 2 * 200 * h);
    CHECK(at("loss") == 10 * 200 * V);
}

}  // namespace
}  // namespace recipe::memory
