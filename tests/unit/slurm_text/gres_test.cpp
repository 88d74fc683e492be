// SPDX-License-Identifier: Apache-2.0
#include "slurm_text/gres.hpp"
#include "catch.hpp"

using namespace recipe;
using slurm_text::gres_count;

TEST_CASE("a count of generic resources is the sum of the items of that name") {
    CHECK(gres_count("gpu:2,gpu:a10g:3,shard:8", "gpu") == 5);
    CHECK(gres_count("shard:8,gpu:a10g:4", "gpu") == 4);
    CHECK(gres_count("gpu,gpu", "gpu") == 2);
    CHECK(gres_count("gres:gpu:2,gres/gpu:a10g=3", "gpu") == 5);
    CHECK(gres_count("gpu:0", "gpu") == 0);
    CHECK(gres_count("gpu:a10g:4(S:0-1),gpu:t4:2(S:1)", "gpu") == 6);
    CHECK_FALSE(gres_count("", "gpu"));
    CHECK_FALSE(gres_count("shard:8,gpus:2", "gpu"));
}

TEST_CASE("an item that says no number counts once") {
    CHECK(gres_count("gpu:a10g", "gpu") == 1);
    CHECK(gres_count("a10g", "") == 1);
    CHECK(gres_count("gpu:a10g:", "gpu") == 1);
    CHECK(gres_count("gpu:-1", "gpu") == 1);
    CHECK(gres_count("gpu:4x", "gpu") == 1);
    CHECK(gres_count("gpu:999999999", "gpu") == 999'999'999);
    CHECK(gres_count("gpu:1000000000", "gpu") == 1);
}

TEST_CASE("GPUs are one of the types that a cluster counts") {
    CHECK(slurm_text::has_gpu_type("gpu"));
    CHECK(slurm_text::has_gpu_type("gpu,shard"));
    CHECK(slurm_text::has_gpu_type("shard,gpu,mps"));
    CHECK_FALSE(slurm_text::has_gpu_type(""));
    CHECK_FALSE(slurm_text::has_gpu_type("xgpu,gpux"));
}

TEST_CASE("types of GPUs are read as they are written") {
    using slurm_text::gres_types;
    using Types = std::vector<std::string_view>;
    CHECK(gres_types("gpu:A10G:8(S:0-1),gpu:t4:2", "gpu") == Types{"A10G", "t4"});
    CHECK(gres_types("gres:gpu:a10g:8", "gpu") == Types{"a10g"});
    CHECK(gres_types("gres/gpu:a10g=8", "gpu") == Types{"a10g"});
    CHECK(gres_types("gpu:a10g", "gpu") == Types{"a10g"});
    CHECK(gres_types("gpu:8,shard:x:4", "gpu").empty());
    CHECK(gres_types("gres/gpu=8", "gpu").empty());
    CHECK(gres_types("", "gpu").empty());
}
