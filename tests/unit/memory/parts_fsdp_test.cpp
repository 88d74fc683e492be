// SPDX-License-Identifier: Apache-2.0
// The parts of a step under FSDP2 and tensor parallelism.
#include "memory/parts.hpp"

namespace recipe::memory {
namespace {

using namespace small_model;

TEST_CASE("sharded training in mixed precision, moment by moment") {
    Workload w = small();
    w.shard = 4;
    const double parameters = 4 * P / 4;
    const double states = 8 * P / 4;
    check(w, "forward",
          {{"parameters", parameters},
           {"optimizer_states", states},
           {"gathered_root", 2 * Pr},
           {"gathered_layers", 2 * Pl},
           {"activations", L * layer + final_norm},
           {"loss", 10 * T * V}});
    check(w, "loss",
          {{"parameters", parameters},
           {"optimizer_states", states},
           {"gathered_root", 2 * Pr},
           {"gathered_layers", 2 * Pl},
           {"activations", L * layer + final_norm},
           {"loss", 12 * T * V}});
    // The last layer's backward pass: two layers are gathered, none has a gradient yet.
    check(w, "layer",
          {{"parameters", parameters},
           {"optimizer_states", states},
           {"gathered_root", 2 * Pr},
           {"head_gradient", 2 * V * h},
           {"gathered_layers", 2 * 2 * Pl},
           {"activations", L * layer},
           {"backward_temporaries", temporaries}});
    check(w, "root",
          {{"parameters", parameters},
           {"optimizer_states", states},
           {"gradients", L * 4 * Pl / 4},
           {"head_gradient", Pr},
           {"embedding_gradient", Pr},
           {"reduce_scatter", 4 * Pr}});
    check(w, "optimizer", {{"parameters", parameters}, {"optimizer_states", states}, {"gradients", 4 * P / 4}});
}

TEST_CASE("on a mesh of one FSDP2 still gathers, one layer at a time, and reduces whole tensors") {
    const Workload w = small();
    check(w, "forward",
          {{"parameters", 4 * P},
           {"optimizer_states", 8 * P},
           {"gathered_root", 2 * Pr},
           {"activations", L * layer + final_norm},
           {"loss", 10 * T * V}});
    check(w, "layer",
          {{"parameters", 4 * P},
           {"optimizer_states", 8 * P},
           {"gathered_root", 2 * Pr},
           {"head_gradient", 2 * V * h},
           {"gathered_layers", 2 * Pl},
           {"activations", L * layer},
           {"backward_temporaries", temporaries}});
    check(w, "root",
          {{"parameters", 4 * P},
           {"optimizer_states", 8 * P},
           {"gradients", L * 4 * Pl},
           {"reduce_scatter", 4 * Pr + 4 * Pr}});
    Workload two = small();
    two.shard = 2;
    check(two, "root",
          {{"parameters", 4 * P / 2},
           {"optimizer_states", 8 * P / 2},
           {"gradients", L * 4 * Pl / 2},
           {"head_gradient", Pr},
           {"reduce_scatter", 4 * Pr + 4 * Pr / 2}});
}

TEST_CASE("gathered layers stay where they are not given back after the forward pass") {
    Workload w = small();
    w.shard = 4;
    w.assumptions.reshard_after_forward = false;
    CHECK(parts_of(w, "forward")["gathered_root"] == 2 * P);
    CHECK(parts_of(w, "forward")["gathered_layers"] == 2 * Pl);
    CHECK_FALSE(parts_of(w, "loss").contains("gathered_layers"));
    CHECK(parts_of(w, "layer")["gathered_layers"] == L * 2 * Pl);
}

TEST_CASE("gradients that more micro batches add to stay from the first on") {
    Workload w = small();
    w.shard = 4;
    w.grad_accum = 2;
    for (const char* name : {"forward", "loss", "layer", "root", "optimizer"})
        CHECK(parts_of(w, name)["gradients"] == 4 * P / 4);
    w.grad_accum = 1;
    for (const char* name : {"forward", "loss", "layer"}) CHECK_FALSE(parts_of(w, name).contains("gradients"));
}

TEST_CASE("with checkpoints a layer is run again, and its checkpoint is one of the tensors that it keeps") {
    Workload w = small();
    w.shard = 4;
    w.checkpointing = true;
    w.assumptions.norm = Norm::fused;
    const double checkpoint = 2 * T * h;
    CHECK(parts_of(w, "forward")["activations"] == L * checkpoint + (2 + 2) * T * h);
    // The layer with one above and one below it has most: a gradient above, a reduce-scatter, two gathered.
    check(w, "layer",
          {{"parameters", 4 * P / 4},
           {"optimizer_states", 8 * P / 4},
           {"gathered_root", 2 * Pr},
           {"head_gradient", 2 * V * h},
           {"gradients", 4 * Pl / 4},
           {"gathered_layers", 2 * 2 * Pl},
           {"reduce_scatter", 4 * Pl},
           {"activations", 2 * checkpoint + fused_layer - checkpoint},
           {"backward_temporaries", temporaries}});
    w.assumptions.norm = Norm::eager;
    CHECK(parts_of(w, "layer")["activations"] == 2 * checkpoint + layer);
    w.offload_checkpoints = true;
    CHECK(parts_of(w, "forward")["activations"] == 2 * checkpoint + final_norm);
    CHECK(parts_of(w, "layer")["activations"] == 2 * checkpoint + layer);
    w.shape.layers = 1;
    CHECK(parts_of(w, "forward")["activations"] == checkpoint + final_norm);
}

TEST_CASE("gradients travel in bf16 where they are reduced so, and AdamW's foreach makes as many again") {
    Workload w = small();
    w.shard = 4;
    w.checkpointing = true;
    w.assumptions.reduce_in_bf16 = true;
    w.assumptions.optimizer = OptimizerKind::foreach;
    CHECK(parts_of(w, "layer")["reduce_scatter"] == 2 * Pl);
    check(w, "root",
          {{"parameters", 4 * P / 4},
           {"optimizer_states", 8 * P / 4},
           {"gradients", L * 4 * Pl / 4},
           {"gathered_root", 2 * Pr},
           {"reduce_scatter", 2 * Pl},
           {"head_gradient", Pr},
           {"embedding_gradient", Pr}});
    CHECK(parts_of(w, "optimizer")["optimizer_temporaries"] == 4 * P / 4);
    CHECK(parts_of(w, "optimizer")["gradients"] == 4 * P / 4);
}

TEST_CASE("a tied head's gradient meets the embedding's, and a chunked loss owns it") {
    Workload w = small();
    w.shard = 4;
    w.shape.tied_embeddings = true;
    const Parts common{{"parameters", 4 * P_tied / 4},
                       {"optimizer_states", 8 * P_tied / 4},
                       {"gradients", L * 4 * Pl / 4},
                       {"gathered_root", 2 * Pr_tied},
                       {"reduce_scatter", 4 * Pl}};
    Parts expected = common;
    expected["head_gradient"] = 4 * Pr_tied;
    expected["embedding_gradient"] = 2 * Pr_tied;
    check(w, "root", expected);
    w.assumptions.loss = Loss::chunked;
    expected["head_gradient"] = 2 * Pr_tied;
    check(w, "root", expected);
    CHECK(parts_of(w, "forward")["loss"] == 8 * T * V / 8);
    CHECK(parts_of(w, "loss")["loss"] == 12 * T * V / 8 + 2 * V * h + 2 * T * h);
    w.assumptions.loss_chunks = 1;
    CHECK(parts_of(w, "forward")["loss"] == 8 * T * V);
}

TEST_CASE("logits that nobody keeps are given back before the backward pass") {
    Workload w = small();
    w.assumptions.keeps_logits = false;
    CHECK(parts_of(w, "forward")["loss"] == 8 * T * V);
    w.assumptions.loss = Loss::bf16;
    CHECK(parts_of(w, "forward")["loss"] == 4 * T * V);
    CHECK(parts_of(w, "loss")["loss"] == 6 * T * V);
}

TEST_CASE("two tensor-parallel ranks have half of the Linears each, and with sequence parallelism half of the norms") {
    Workload w = small();
    w.shard = 4;
    w.tensor = 2;
    w.assumptions.loss = Loss::loss_parallel;
    const double half_layer = 2 * h * q / 2 + 2 * h * k / 2 + 3 * h * f / 2 + 2 * h;
    const double half_root = 2 * V * h / 2 + h;
    const double half = L * half_layer + half_root;
    const double kept = attention / 2 + 8 * T + mlp / 2 + 2 * (4 + 2 + 2) * T * h;
    check(w, "forward",
          {{"parameters", 4 * half / 4},
           {"optimizer_states", 8 * half / 4},
           {"gathered_root", 2 * half_root},
           {"activations", L * kept + final_norm},
           {"loss", 12 * T * V / 2}});
    CHECK(parts_of(w, "loss")["loss"] == 16 * T * V / 2);
    // A model that gives its logits to no one has its last layer's buffer still.
    w.assumptions.keeps_logits = false;
    CHECK(parts_of(w, "forward")["gathered_layers"] == 2 * half_layer);
    check(w, "layer",
          {{"parameters", 4 * half / 4},
           {"optimizer_states", 8 * half / 4},
           {"gathered_root", 2 * half_root},
           {"head_gradient", 2 * V * h / 2},
           {"gathered_layers", 2 * 2 * half_layer},
           {"activations", L * kept},
           {"backward_temporaries", 4 * f / 2 * T + 2 * h * T + 2 * h * f / 2}});
    check(w, "root",
          {{"parameters", 4 * half / 4},
           {"optimizer_states", 8 * half / 4},
           {"gradients", L * 4 * half_layer / 4},
           {"gathered_root", 2 * half_root},
           {"reduce_scatter", 4 * half_layer},
           {"head_gradient", 4 * V * h / 2},
           {"embedding_gradient", 2 * V * h}});

    w.assumptions.sequence_parallel = true;
    const double divided = attention / 2 + 8 * T / 2 + mlp / 2 + 2 * ((4 + 2) * T * h / 2 + 2 * T * h);
    CHECK(parts_of(w, "loss")["activations"] == L * divided + (4 + 2) * T * h / 2 + 2 * T * h);
    w.assumptions.norm = Norm::fused;
    const double fused = attention / 2 + 8 * T / 2 + mlp / 2 + 2 * (2 * T * h / 2 + 2 * T * h);
    CHECK(parts_of(w, "loss")["activations"] == L * fused + 2 * T * h / 2 + 2 * T * h);
    w.checkpointing = true;
    CHECK(parts_of(w, "loss")["activations"] == L * 2 * T * h / 2 + 2 * T * h / 2 + 2 * T * h);
}

TEST_CASE("a rank has a key-value head at least, and the tokens that context parallelism leaves it") {
    Workload w = small();
    w.assumptions.wrapper = Wrapper::none;
    w.tensor = 4;
    const double quarter = L * (2 * h * q / 4 + 2 * h * 3 + 3 * h * f / 4 + 2 * h) + 2 * V * h / 4 + h;
    CHECK(parts_of(w, "optimizer")["parameters"] == 4 * quarter);
    w = small();
    w.sequence = 20;
    w.context = 2;
    const Prediction halves = predict(w).value();
    CHECK(part(moment(halves, "loss"), "loss") == 12 * T * V);
    CHECK(part(moment(halves, "loss"), "activations") == L * layer + final_norm);
}

}  // namespace
}  // namespace recipe::memory
