// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "memory/workloads.hpp"

#include <fmt/format.h>

namespace recipe::memory {
namespace {

constexpr std::string_view config = R"("config": {"shape": {"hidden": 2048, "layers": 16, "heads": 32, "kv_heads": 8,
    "head_dim": 64, "ffn": 8192, "vocab": 128256, "tied_embeddings": true}, "seq_len": 8192, "micro_batch": 2,
    "dp_shard": 1, "tp": 4, "sequence_parallel": true, "loss": "loss_parallel", "implementation": "plain, fused F.rms_norm",
    "wrapper": "fsdp2", "precision": "mixed"})";

TEST_CASE("a measurement needs its configuration only") {
    const auto free = read_measurement(fmt::format(R"({{"id": "a", {}}})", config));
    REQUIRE(free);
    CHECK(free->id == "a");
    CHECK_FALSE(free->allocator_cap_bytes);
    CHECK(peak_gib(free->workload) == Approx(18.682).epsilon(0.001));
}

TEST_CASE("a capped run is judged against its cap") {
    const auto capped =
        read_measurement(fmt::format(R"({{"id": "b", "kind": "capped", "allocator_cap_bytes": 22e9, {}}})", config));
    REQUIRE(capped);
    CHECK(capped->allocator_cap_bytes == 22e9);
    CHECK(judge(*predict(capped->workload), *capped->allocator_cap_bytes) == Verdict::fits);
}

TEST_CASE("a line that is no measurement is refused with what is wrong") {
    const auto refused = [](std::string_view line) {
        const auto read = read_measurement(line);
        REQUIRE_FALSE(read);
        CHECK(read.error().front().code == "measurements.line");
        return read.error().front().message;
    };
    CHECK_FALSE(refused("{").empty());
    CHECK(refused("{}").contains("config.shape.hidden"));
    CHECK(refused(fmt::format(R"({{"kind": "capped", {}}})", config)).contains("allocator_cap_bytes"));
    std::string imaginary(config);
    imaginary.replace(imaginary.find("loss_parallel"), 13, "imaginary_one");
    CHECK(refused(fmt::format("{{{}}}", imaginary)).contains("config.loss"));
    std::string huge(config);
    huge.replace(huge.find("2048"), 4, "99999999999999999999");
    CHECK(refused(fmt::format("{{{}}}", huge)).contains("config.shape.hidden"));
}

}  // namespace
}  // namespace recipe::memory
