// SPDX-License-Identifier: Apache-2.0
// Each assumption by its name: the words that it takes, and how it is described.
#include "catch.hpp"
#include "memory/workloads.hpp"

#include <map>

namespace recipe::memory {
namespace {

using Words = std::map<std::string, std::string>;

Words described(const Assumptions& a) {
    Words words;
    for (const auto& [name, text] : describe(a)) words[std::string(name)] = text;
    return words;
}

const Words usual{{"framework", "pytorch"},
                  {"loss", "fp32"},
                  {"norm", "eager"},
                  {"sequence_parallel", "false"},
                  {"wrapper", "fsdp2"},
                  {"precision", "mixed"},
                  {"reduce_in_bf16", "false"},
                  {"optimizer", "fused"},
                  {"attention", "sdpa"},
                  {"zero_grad", "step"},
                  {"allocator", "default"},
                  {"keeps_logits", "true"},
                  {"reshard_after_forward", "true"},
                  {"below", "0"},
                  {"above", "0"}};

/// The assumptions with one of them set, as they are described.
Words with(std::string_view name, std::string_view value) {
    Assumptions a;
    INFO(name << " " << value);
    REQUIRE(set_assumption(a, name, value));
    return described(a);
}

Words changed(const std::string& name, const std::string& text) {
    Words words = usual;
    words[name] = text;
    return words;
}

}  // namespace

TEST_CASE("what nobody assumes otherwise is transformers' model under FSDP2") {
    CHECK(described({}) == usual);
    const Assumptions a;
    CHECK(a.framework == Framework::pytorch);
    CHECK(a.loss == Loss::fp32);
    CHECK(a.loss_chunks == 8);
    CHECK(a.norm == Norm::eager);
    CHECK(a.wrapper == Wrapper::fsdp2);
    CHECK(a.precision == Precision::mixed);
    CHECK(a.optimizer == OptimizerKind::fused);
    CHECK(a.attention == Attention::sdpa);
    CHECK(a.zero_grad == ZeroGrad::step);
    CHECK(a.allocator == Allocator::default_segments);
    CHECK(a.frozen == Frozen::bf16);
    CHECK(a.keeps_logits);
    CHECK(a.reshard_after_forward);
    CHECK_FALSE(a.sequence_parallel);
    CHECK_FALSE(a.reduce_in_bf16);
    CHECK(a.below == 0);
    CHECK(a.above == 0);
    CHECK_FALSE(a.below_kept);
}

TEST_CASE("each word of each assumption changes that assumption and no other") {
    const std::map<std::string, std::vector<std::string>> words{
        {"framework", {"pytorch", "megatron"}},
        {"loss", {"fp32", "bf16", "loss_parallel"}},
        {"norm", {"eager", "fused"}},
        {"sequence_parallel", {"true", "false"}},
        {"wrapper", {"fsdp2", "none", "ddp", "zero1", "zero2", "zero3"}},
        {"precision", {"mixed", "autocast", "pure_bf16", "fp32"}},
        {"reduce_in_bf16", {"true", "false"}},
        {"optimizer", {"fused", "foreach"}},
        {"attention", {"sdpa", "flash"}},
        {"zero_grad", {"step", "forward", "backward"}},
        {"allocator", {"default", "expandable_segments"}},
        {"keeps_logits", {"true", "false"}},
        {"reshard_after_forward", {"true", "false"}},
        {"below", {"0", "0.25", "0.9"}},
        {"above", {"0", "0.25", "0.9"}}};
    for (const auto& [name, values] : words) {
        for (const std::string& value : values) CHECK(with(name, value) == changed(name, value));
        Assumptions a;
        for (const char* wrong : {"", "imaginary", "True", "0.91", "-0.1", "nan", "0.5x", "1e"}) {
            INFO(name << " " << wrong);
            CHECK_FALSE(set_assumption(a, name, wrong));
        }
        CHECK(described(a) == usual);
    }
    Assumptions a;
    CHECK_FALSE(set_assumption(a, "colour", "true"));
    CHECK_FALSE(set_assumption(a, "", "true"));
}

TEST_CASE("chunks of a loss are told where it has some, frozen weights where they are none of the computation's") {
    Words chunked = changed("loss", "chunked");
    chunked["loss_chunks"] = "8";
    CHECK(with("loss", "chunked") == chunked);
    Assumptions a;
    REQUIRE(set_assumption(a, "loss", "chunked"));
    for (const char* chunks : {"1", "16", "1024"}) {
        REQUIRE(set_assumption(a, "loss_chunks", chunks));
        CHECK(described(a).at("loss_chunks") == chunks);
    }
    for (const char* wrong : {"0", "-1", "1025", "", "x", "8x", "8.0", "99999999999"}) {
        INFO(wrong);
        CHECK_FALSE(set_assumption(a, "loss_chunks", wrong));
    }
    CHECK(a.loss_chunks == 1024);
    CHECK(with("loss_chunks", "16") == usual);
    CHECK(with("frozen", "bf16") == usual);
    CHECK(with("frozen", "nf4") == changed("frozen", "nf4"));
    CHECK(with("frozen", "mxfp4") == changed("frozen", "mxfp4"));
    CHECK(with("below_kept", "0.1") == changed("below_kept", "0.1"));
    CHECK(with("below_kept", "0") == changed("below_kept", "0"));
}

TEST_CASE("verdicts by their names") {
    CHECK(to_string(Verdict::fits) == "fits");
    CHECK(to_string(Verdict::tight) == "tight");
    CHECK(to_string(Verdict::does_not_fit) == "does_not_fit");
}

}  // namespace recipe::memory
