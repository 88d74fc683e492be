// SPDX-License-Identifier: Apache-2.0
// The data that we ship, etc/models.yaml, as the build has made constants of it.
#include "catch.hpp"
#include "models/models.hpp"

#include <cmath>
#include <set>

using namespace recipe;

namespace {

const models::Catalogue& shipped() {
    static const models::Catalogue catalogue;
    return catalogue;
}

const models::Model& model(std::string_view id) {
    INFO(id);
    const models::Model* found = shipped().find(id);
    REQUIRE(found != nullptr);
    return *found;
}

}  // namespace

TEST_CASE("shipped models: what is published is what the shape gives") {
    CHECK(shipped().all().size() >= 118);
    for (const models::Model* each : shipped().all()) {
        INFO(each->name);
        const auto given = static_cast<double>(models::parameters(*each).total() + each->other_parameters);
        REQUIRE(each->parameters > 0);
        CHECK(std::abs(given / static_cast<double>(each->parameters) - 1) < 0.01);
        // An excuse for a wrong shape must stay small. Only an MTP module of a mixture and a tower are larger.
        CHECK(each->other_parameters <= (each->multimodal ? each->parameters / 5 : each->parameters / 40));
    }
}

TEST_CASE("shipped models say where they are from and what they are") {
    for (const models::Model* each : shipped().all()) {
        INFO(each->name);
        CHECK(each->source != "");
        CHECK(each->date.size() == 7);
        CHECK(each->positions > 0);
        CHECK(each->heads % each->kv_heads == 0);
        CHECK(each->head_dim % 2 == 0);
        CHECK(models::parameters(*each).active <= models::parameters(*each).total());
        for (const std::string_view id : each->ids) {
            INFO(id);
            CHECK(id.find('/') != std::string_view::npos);
            CHECK(shipped().find(id) == each);
        }
        CHECK(shipped().find(each->name) == each);
    }
}

TEST_CASE("shipped models are found as recipes name them") {
    const models::Model& llama = model("meta-llama/Llama-3.1-8B");
    CHECK(llama.hidden == 4096);
    for (const char* path :
         {"/fsx/models/meta-llama/Llama-3.1-8B", "/fsx/Llama-3.1-8B-Instruct/", "META-LLAMA/llama-3.1-8b//",
          "hf://meta-llama/Llama-3.1-8B", "s3://bucket/Meta-Llama-3.1-8B",
          "/cache/hub/models--meta-llama--Llama-3.1-8B/snapshots/0123abc", "models--meta-llama--Llama-3.1-8B"}) {
        INFO(path);
        CHECK(shipped().find(path) == &llama);
    }
    for (const char* path : {"", "/", "//", "meta-llama", "meta-llama/", "Llama-3.1-8", "my-Llama-3.1-8B", "models--",
                             "/fsx/Llama-3.1-8B/checkpoint-100", "llama", "70b"}) {
        INFO(path);
        CHECK(shipped().find(path) == nullptr);
    }
}

TEST_CASE("shipped models: mixtures, latent attention, windows and packed weights") {
    const models::Model& v3 = model("deepseek-ai/DeepSeek-R1");
    CHECK(v3.weights == models::Weights::fp8);
    CHECK(models::expert_layers(v3) == 58);
    CHECK(std::abs(static_cast<double>(models::parameters(v3).active) / 37e9 - 1) < 0.03);

    const models::Model& scout = model("meta-llama/Llama-4-Scout-17B-16E-Instruct");
    CHECK(std::abs(static_cast<double>(models::parameters(scout).active) / 17e9 - 1) < 0.03);
    CHECK(models::expert_layers(model("meta-llama/Llama-4-Maverick-17B-128E")) == 24);

    CHECK(model("openai/gpt-oss-20b").weights == models::Weights::mxfp4);
    CHECK(model("openai/gpt-oss-20b-bf16").weights == models::Weights::bf16);
    CHECK(model("openai/gpt-oss-120b").sliding_layers == 18);
    CHECK(model("google/gemma-3-27b-it").sliding_layers == 52);
    CHECK(model("Qwen/Qwen2.5-7B").attention_bias);
    CHECK_FALSE(model("deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B").tied_embeddings);
}

TEST_CASE("shipped models: hybrids and per-layer embeddings") {
    const models::Model& qwen = model("Qwen/Qwen3.6-27B");
    CHECK(qwen.linear_layers == 48);
    CHECK(models::attention_layers(qwen) == 16);
    const models::Model& nano = model("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16");
    CHECK(models::attention_layers(nano) == 6);
    CHECK(models::expert_layers(nano) == 23);
    CHECK(models::attention_layers(model("nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-BF16")) == 8);
    CHECK(model("google/gemma-4-E4B-it").layer_embedding == 256);
    CHECK(std::abs(static_cast<double>(models::parameters(model("Qwen/Qwen3.5-397B-A17B")).active) / 17e9 - 1) < 0.05);
}

TEST_CASE("shipped models: every id that the public collection names is known") {
    for (const char* id : {"deepseek-ai/deepseek-llm-7b-chat/",
                           "sfairXC/FsfairX-LLaMA3-RM-v0.1",
                           "sfairX/FsfairX-LLaMA3-RM-v0.1/",
                           "Qwen/Qwen3-0.6B",
                           "Qwen/Qwen3-1.7B",
                           "Qwen/Qwen3-4B",
                           "Qwen/Qwen3-8B",
                           "Qwen/Qwen3-14B",
                           "Qwen/Qwen3-32B",
                           "Qwen/Qwen3.5-4B",
                           "Qwen/Qwen3.5-9B",
                           "Qwen/Qwen3.5-27B",
                           "Qwen/Qwen3.6-27B",
                           "Qwen/Qwen2.5-7B",
                           "Qwen/Qwen2.5-14B",
                           "Qwen/Qwen2.5-32B",
                           "Qwen/Qwen2.5-72B",
                           "Qwen/Qwen2.5-7B-Instruct",
                           "Qwen/Qwen2.5-14B-Instruct",
                           "Qwen/Qwen2.5-32B-Instruct",
                           "Qwen/Qwen2.5-72B-Instruct",
                           "openai/gpt-oss-20b",
                           "openai/gpt-oss-20b-bf16",
                           "openai/gpt-oss-120b-bf16",
                           "meta-llama/Llama-3.1-8B-Instruct",
                           "meta-llama/Llama-3.2-1B-Instruct",
                           "meta-llama/Llama-3.2-3B-Instruct",
                           "meta-llama/Llama-3.3-70B-Instruct",
                           "meta-llama/Llama-4-Scout-17B-16E-Instruct",
                           "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B",
                           "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B",
                           "deepseek-ai/DeepSeek-R1-Distill-Qwen-14B",
                           "deepseek-ai/DeepSeek-R1-Distill-Qwen-32B",
                           "deepseek-ai/DeepSeek-R1-Distill-Llama-8B",
                           "deepseek-ai/DeepSeek-R1-Distill-Llama-70B",
                           "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",
                           "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-BF16",
                           "google/gemma-4-E4B-it",
                           "google/gemma-4-31B-it",
                           "tiiuae/falcon-7b"})
        model(id);
}
