// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "memory/formulas.hpp"
#include "memory/workloads.hpp"

namespace recipe::memory {
namespace {

// tiny(): q = k = 8, so a layer has 4 × 64 attention, 3 × 256 MLP and 16 norm weights; the root 2 × 800 and 8.
constexpr double tiny_layer = 256 + 768 + 16;
constexpr double tiny_parameters = 2 * tiny_layer + 1608;
constexpr double tokens = 16;

TEST_CASE("what stays from step to step is parameters and both optimizer states") {
    const Prediction pure = predict(tiny()).value();
    CHECK(part(moment(pure, "optimizer"), "parameters") == 2 * tiny_parameters);
    CHECK(part(moment(pure, "optimizer"), "optimizer_states") == 4 * tiny_parameters);
    CHECK(part(moment(pure, "optimizer"), "gradients") == 2 * tiny_parameters);

    Workload workload = tiny();
    workload.shard = 4;
    workload.assumptions = {};
    const Prediction sharded = predict(workload).value();
    CHECK(part(moment(sharded, "optimizer"), "parameters") == 4 * tiny_parameters / 4);
    CHECK(part(moment(sharded, "optimizer"), "optimizer_states") == 8 * tiny_parameters / 4);
}

TEST_CASE("a layer keeps attention, MLP, norms and Linear inputs for the backward pass") {
    // bf16 q, k, v, attention output: 4 × 2 × 8; log-sum-exp 4; two root mean squares 8; gate, up, silu, product 4 × 2
    // × 32; two norms: fp32 copy 32, normalized 16, output 16.
    constexpr double layer = tokens * (64 + 4 + 8 + 256 + 2 * 64);
    constexpr double final_norm = tokens * 64;
    const Prediction prediction = predict(tiny()).value();
    CHECK(part(moment(prediction, "loss"), "activations") == 2 * layer + final_norm);

    Workload fused = tiny();
    fused.assumptions.norm = Norm::fused;
    CHECK(part(moment(predict(fused).value(), "loss"), "activations") == 2 * (layer - tokens * 64) + tokens * 32);
}

TEST_CASE("a checkpoint keeps the residual stream of each layer") {
    Workload workload = tiny();
    workload.checkpointing = true;
    CHECK(part(moment(predict(workload).value(), "loss"), "activations") == 2 * tokens * 16 + tokens * 64);
}

TEST_CASE("each kind of loss holds its own share of the logits") {
    constexpr double logits = tokens * 100;
    const auto at_backward = [&](Loss loss, std::int64_t tensor = 1) {
        Workload workload = tiny();
        workload.assumptions.loss = loss;
        workload.tensor = tensor;
        return part(moment(predict(workload).value(), "loss"), "loss");
    };
    CHECK(at_backward(Loss::fp32) == 12 * logits);
    CHECK(at_backward(Loss::fp32, 4) == 12 * logits);  // gathered on every rank
    CHECK(at_backward(Loss::bf16) == 6 * logits);
    CHECK(at_backward(Loss::chunked) == 12 * logits / 8 + 2 * 800 + 2 * tokens * 8);
    CHECK(at_backward(Loss::loss_parallel, 4) == 16 * logits / 4);
}

TEST_CASE("FSDP2 keeps the root group gathered, whatever the shard degree") {
    Workload workload = tiny();
    workload.assumptions = {};
    for (const std::int64_t shard : {1, 8, 64}) {
        workload.shard = shard;
        CHECK(part(moment(predict(workload).value(), "loss"), "gathered_root") == 2 * 1608);
    }
}

TEST_CASE("tied embeddings are counted once") {
    Workload workload = tiny();
    workload.shape.tied_embeddings = true;
    CHECK(part(predict(workload)->moments.back(), "parameters") == 2 * (tiny_parameters - 800));
}

TEST_CASE("a large block is rounded to 2 MiB unless more than 1 MiB is left over") {
    constexpr double MiB = 1024.0 * 1024.0;
    CHECK(allocated_block(9.5 * MiB) == 9.5 * MiB);
    CHECK(allocated_block(31.5 * MiB) == 32 * MiB);
    CHECK(allocated_block(31 * MiB) == 32 * MiB);
    CHECK(allocated_block(30.5 * MiB) == 30.5 * MiB);
    CHECK(allocated_block(32 * MiB) == 32 * MiB);
    CHECK(allocated_block(10 * MiB) == 10 * MiB);
    CHECK(allocated_block(11 * MiB) == 12 * MiB);
    CHECK(allocated_block(10 * MiB - 1) == 10 * MiB - 1);
}

TEST_CASE("the lab's runs are predicted as they were measured") {
    Workload workload = lab();
    workload.shard = 8;
    CHECK(peak_gib(workload) == Approx(52.665).epsilon(0.001));
    workload.checkpointing = true;
    CHECK(peak_gib(workload) == Approx(27.131).epsilon(0.001));

    workload = lab();
    workload.tensor = 4;
    CHECK(peak_gib(workload) == Approx(40.010).epsilon(0.001));
    workload.assumptions.loss = Loss::loss_parallel;
    CHECK(peak_gib(workload) == Approx(24.354).epsilon(0.001));
    workload.assumptions.sequence_parallel = true;
    workload.assumptions.norm = Norm::fused;
    workload.assumptions.keeps_logits = false;
    CHECK(peak_gib(workload) == Approx(18.682).epsilon(0.001));
}

TEST_CASE("DDP's bucket race is in the band and not a reason to refuse") {
    Workload workload{.shape = llama3_2_1b(), .sequence = 4096, .replicate = 4};
    workload.assumptions.wrapper = Wrapper::ddp;
    workload.assumptions.precision = Precision::autocast;
    const Prediction prediction = predict(workload).value();
    const double parameters = part(moment(prediction, "forward"), "parameters");
    CHECK(prediction.low_bytes == Approx(prediction.peak_bytes - parameters));
    CHECK(judge(prediction, prediction.low_bytes) == Verdict::tight);
}

TEST_CASE("the verdict follows the band") {
    Workload workload = lab();
    const Prediction plain = predict(workload).value();
    CHECK(judge(plain, plain.peak_bytes * 0.999) == Verdict::does_not_fit);
    CHECK(judge(plain, plain.peak_bytes) == Verdict::tight);
    CHECK(judge(plain, plain.peak_bytes * 1.04) == Verdict::tight);
    CHECK(judge(plain, plain.peak_bytes * 1.06) == Verdict::fits);

    workload.checkpointing = true;
    const Prediction fragmenting = predict(workload).value();
    CHECK(judge(fragmenting, fragmenting.peak_bytes * 1.19) == Verdict::tight);
    CHECK(judge(fragmenting, fragmenting.peak_bytes * 1.21) == Verdict::fits);

    workload.assumptions.allocator = Allocator::expandable_segments;
    const Prediction expandable = predict(workload).value();
    CHECK(judge(expandable, expandable.peak_bytes * 1.01) == Verdict::tight);
    CHECK(judge(expandable, expandable.peak_bytes * 1.03) == Verdict::fits);
}

TEST_CASE("more sharding, more tensor parallelism and fewer tokens never need more") {
    for (const bool checkpointing : {false, true}) {
        for (const Precision precision : {Precision::mixed, Precision::pure_bf16}) {
            Workload workload{.shape = llama3_1_8b(), .sequence = 4096, .checkpointing = checkpointing, .shard = 2};
            workload.assumptions.precision = precision;
            double last = predict(workload)->peak_bytes;
            for (; workload.shard <= 256; workload.shard *= 2) {
                CHECK(predict(workload)->peak_bytes <= last);
                last = predict(workload)->peak_bytes;
            }
            for (; workload.tensor <= 8; workload.tensor *= 2) {
                CHECK(predict(workload)->peak_bytes <= last);
                last = predict(workload)->peak_bytes;
            }
            for (; workload.sequence >= 128; workload.sequence /= 2) {
                CHECK(predict(workload)->peak_bytes <= last);
                last = predict(workload)->peak_bytes;
            }
        }
    }
}

TEST_CASE("a model that cannot be is not predicted") {
    Workload workload = tiny();
    workload.shape.hidden = 0;
    CHECK_FALSE(predict(workload));
    workload = tiny();
    workload.tensor = -4;
    CHECK_FALSE(predict(workload));
    workload = tiny();
    workload.sequence = max_batch + 1;
    CHECK_FALSE(predict(workload));
    workload = tiny();
    workload.shape.experts_per_token = 2;
    CHECK_FALSE(predict(workload));
}

TEST_CASE("a model beyond any device is refused: each of its numbers is within the limits") {
    Workload workload;
    workload.shape = {.hidden = max_dimension,
                      .layers = max_dimension,
                      .heads = max_dimension,
                      .kv_heads = max_dimension,
                      .head_dim = max_dimension,
                      .ffn = max_dimension,
                      .vocab = max_dimension,
                      .experts = max_dimension,
                      .experts_per_token = max_dimension};
    workload.sequence = workload.micro_batch = max_dimension;
    REQUIRE(predict(workload));
    CHECK(predict(workload)->peak_bytes > 1e18);
    CHECK(judge(*predict(workload), 1e15) == Verdict::does_not_fit);
}

TEST_CASE("each number of a model and of its degrees has its limits") {
    const auto predicted = [](const auto& change, std::int64_t value) {
        Workload workload = tiny();
        change(workload) = value;
        return predict(workload).has_value();
    };
    const auto check = [&](const auto& change) {
        CHECK(predicted(change, 1));
        CHECK_FALSE(predicted(change, 0));
        CHECK_FALSE(predicted(change, max_dimension + 1));
    };
    for (std::int64_t Shape::* number : {&Shape::hidden, &Shape::layers, &Shape::heads, &Shape::kv_heads,
                                         &Shape::head_dim, &Shape::ffn, &Shape::vocab})
        check([number](Workload& w) -> std::int64_t& { return w.shape.*number; });
    for (std::int64_t Workload::* number :
         {&Workload::replicate, &Workload::shard, &Workload::tensor, &Workload::context, &Workload::expert,
          &Workload::pipeline, &Workload::virtual_pipeline})
        check([number](Workload& w) -> std::int64_t& { return w.*number; });
    for (std::int64_t Workload::* number : {&Workload::sequence, &Workload::micro_batch, &Workload::grad_accum}) {
        const auto change = [number](Workload& w) -> std::int64_t& { return w.*number; };
        CHECK(predicted(change, max_batch));
        CHECK_FALSE(predicted(change, 0));
        CHECK_FALSE(predicted(change, max_batch + 1));
    }
    const auto validation = [](Workload& w) -> std::int64_t& { return w.validation_batch; };
    CHECK(predicted(validation, 0));
    CHECK_FALSE(predicted(validation, -1));
    CHECK_FALSE(predicted(validation, max_batch + 1));
    CHECK(predicted([](Workload& w) -> std::int64_t& { return w.sequence; }, max_dimension));

    const auto experts = [](std::int64_t all, std::int64_t per_token) {
        Workload workload = tiny();
        workload.shape.experts = all;
        workload.shape.experts_per_token = per_token;
        return predict(workload).has_value();
    };
    CHECK(experts(0, 0));
    CHECK(experts(2, 2));
    CHECK_FALSE(experts(2, 3));
    CHECK_FALSE(experts(-1, -1));
    CHECK_FALSE(experts(2, -1));
    const auto rank = [](Workload& w) -> std::int64_t& { return w.lora.rank; };
    CHECK(predicted(rank, 0));
    CHECK_FALSE(predicted(rank, -1));
    Workload workload = tiny();
    workload.assumptions.loss_chunks = 0;
    CHECK_FALSE(predict(workload));
    workload = tiny();
    workload.lora.base_bytes = 0;
    CHECK_FALSE(predict(workload));
}

TEST_CASE("the band above a peak is what fragmentation was measured to cost, at the moment where it costs most") {
    Workload workload = lab();
    const auto band = [&] {
        const Prediction prediction = predict(workload).value();
        return prediction.high_bytes / prediction.peak_bytes;
    };
    CHECK(band() == Approx(1.045 + 0.0025));
    workload.checkpointing = true;
    CHECK(band() == Approx(1.20 + 0.0025));
    workload.assumptions.allocator = Allocator::expandable_segments;
    CHECK(band() == Approx(1.0175 + 0.0025));
    workload.assumptions.above = 0.5;
    workload.assumptions.below = 0.25;
    CHECK(band() == Approx(1.5 * (1.0175 + 0.0025)));
    const Prediction prediction = predict(workload).value();
    CHECK(prediction.low_bytes == Approx(0.75 * prediction.peak_bytes));
    CHECK(judge(prediction, prediction.low_bytes) == Verdict::tight);
    CHECK(judge(prediction, prediction.high_bytes) == Verdict::fits);
    CHECK(prediction.peak_moment().total() == prediction.peak_bytes);
    for (const Moment& each : prediction.moments) CHECK(each.total() <= prediction.peak_bytes);
}

TEST_CASE("each dimension of the mesh costs a communicator") {
    constexpr double alone = 0.73 * GiB;
    constexpr double one = 0.85 * GiB;
    const auto outside = [](const auto& change) {
        Workload workload = tiny();
        change(workload);
        return outside_allocator_bytes(workload);
    };
    CHECK(outside([](Workload&) {}) == Approx(alone));
    CHECK(outside([](Workload& w) { w.shard = 2; }) == Approx(alone + one));
    CHECK(outside([](Workload& w) { w.replicate = 2; }) == Approx(alone + one));
    CHECK(outside([](Workload& w) { w.shard = w.replicate = 2; }) == Approx(alone + 2 * one));
    CHECK(outside([](Workload& w) { w.tensor = 2; }) == Approx(alone + one));
    CHECK(outside([](Workload& w) { w.context = 2; }) == Approx(alone + one));
    CHECK(outside([](Workload& w) { w.expert = 2; }) == Approx(alone + one));
    CHECK(outside([](Workload& w) { w.pipeline = 2; }) == Approx(alone + one));
    CHECK(outside([](Workload& w) { w.shard = w.replicate = w.tensor = w.context = w.expert = w.pipeline = 2; }) ==
          Approx(alone + 6 * one));
}

TEST_CASE("an assumption is set by the words that describe it") {
    Assumptions assumptions;
    for (const auto& [name, value] : describe(assumptions)) {
        INFO(name);
        CHECK(set_assumption(assumptions, name, value));
    }
    CHECK(assumptions == Assumptions());
    CHECK(set_assumption(assumptions, "loss", "loss_parallel"));
    CHECK(assumptions.loss == Loss::loss_parallel);
    CHECK_FALSE(set_assumption(assumptions, "loss", "imaginary"));
    CHECK_FALSE(set_assumption(assumptions, "colour", "red"));
    CHECK_FALSE(set_assumption(assumptions, "loss_chunks", "0"));
    CHECK_FALSE(set_assumption(assumptions, "above", "nan"));
}

}  // namespace
}  // namespace recipe::memory
