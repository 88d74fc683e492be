// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "models/models.hpp"

using recipe::models::parameters_in_name;

TEST_CASE("names that speak of a number of parameters") {
    const std::pair<const char*, double> expected[] = {
        {"llama3_70b_pretrain", 70e9},
        {"meta-llama/Llama-3.1-405B", 405e9},
        {"Qwen2.5-0.5B-Instruct", 0.5e9},
        {"1.5b", 1.5e9},
        {"qwen3_0_dot_6b", 0.6e9},
        {"verl-deepseek-r1-dist-qwen-1-dot-5b-lora", 1.5e9},
        {"qwen-3-1d7b", 1.7e9},
        {"Qwen3-30B-A3B", 30e9},
        {"NVIDIA-Nemotron-3-Super-120B-A12B-BF16", 120e9},
        {"Llama-4-Scout-17B-16E", 17e9},
        {"gemma-3-270m-it", 270e6},
        {"llama70b", 70e9},
        {"mixtral-8x7B-v0.1", 44.8e9},
        {"mixtral_8x22b", 140.8e9},
        {"speculate-1b-for-70b", 1e9},
        {"gpt-oss-20b-bf16", 20e9},
        {"100000b", 100'000e9},  // the most that is believed
    };
    for (const auto& [name, count] : expected) {
        INFO(name);
        CHECK(parameters_in_name(name) == static_cast<std::int64_t>(count));
    }
}

TEST_CASE("names that speak of none") {
    for (const char* name : {"",
                             "b16",
                             "bf16",
                             "v2",
                             "llama-3.1",
                             "4bit",
                             "8bf16",
                             "a3b",
                             "gemma-4-e4b-it",
                             "128k",
                             "8xH100",
                             "0b",
                             "b",
                             "12",
                             "20251113.232936",
                             "99999999999b",
                             "99999999b",
                             "100001b",
                             "000000070b",  // too many digits
                             "1.b",
                             "p5.48xl",
                             "rank_16_bs_128_lr_1e-5",
                             "2binary",
                             "8x"}) {
        INFO(name);
        CHECK(parameters_in_name(name) == std::nullopt);
    }
}
