// SPDX-License-Identifier: Apache-2.0
// What people type for an instance type.
#include "catch.hpp"
#include "hardware/hardware.hpp"

#include <algorithm>

using namespace recipe;

namespace {

std::vector<std::string> candidates(std::string_view typed) {
    INFO(typed);
    return hardware::candidates_for(hardware::Catalogue(), typed).names;
}

}  // namespace

TEST_CASE("candidates: short forms of an instance type") {
    for (const char* typed : {"p5.48xl", "P5.48XL", "ml.p5.48xl", "p5.48", "p5-48xlarge", "p5_48xlarge", "p5-48xl"}) {
        INFO(typed);
        CHECK(candidates(typed) == std::vector<std::string>{"p5.48xlarge"});
    }
    CHECK(candidates("p6-b200.48xl") == std::vector<std::string>{"p6-b200.48xlarge"});
    CHECK(candidates("g5.xl") == std::vector<std::string>{"g5.xlarge"});
}

TEST_CASE("candidates: the name of an accelerator leads to machines that have it") {
    for (const char* typed : {"H100", "8xH100", "8*h100", "h100x8", "h100:8", "nvidia-h100", "H100-SXM5", "h100-gpu"}) {
        INFO(typed);
        const auto found = candidates(typed);
        REQUIRE_FALSE(found.empty());
        CHECK(found == std::vector<std::string>{"p5.48xlarge", "dgx-h100", "hgx-h100-8"});
    }
    CHECK(hardware::candidates_for(hardware::Catalogue(), "8xH100").accelerator == "NVIDIA H100");
    for (const char* typed : {"a100-80g", "A100-80GB", "a100_80", "8xa100-80g", "a10080"}) {
        INFO(typed);
        const auto found = candidates(typed);
        REQUIRE_FALSE(found.empty());
        CHECK(std::ranges::count(found, "p4de.24xlarge") == 1);
        CHECK(std::ranges::count(found, "p4d.24xlarge") == 0);
    }
    CHECK(candidates("rtx4090").front() == "rtx-4090-8");
    CHECK(candidates("4xl40s").front() != "g6e.48xlarge");
    CHECK(candidates("mi300x") == std::vector<std::string>{"mi300x-8"});
    CHECK(candidates("2xh200").empty());
    CHECK(hardware::candidates_for(hardware::Catalogue(), "2xh200").accelerator == "NVIDIA H200");
}

TEST_CASE("candidates: a misspelling is of the family") {
    CHECK(candidates("g5.48xlarg").front() == "g5.48xlarge");
    CHECK(candidates("['p5.48xlrge']").front() == "p5.48xlarge");
    for (const auto& name : candidates("g5.96xlarge")) CHECK(name.starts_with("g5."));
}

TEST_CASE("candidates: what another family or maker may have is no misspelling") {
    for (const char* typed :
         {"p6-b400.48xlarge", "p5f.48xlarge", "g5n.48xlarge", "p7.48xlarge", "trn9.48xlarge", "c5.18xlarge",
          "m6i.32xlarge", "dgx-h300", "hgx-x100-8", "inf1.24xlarge", "80", "8x", "", "gpu", "x", "nvidia"}) {
        INFO(typed);
        CHECK(candidates(typed).empty());
    }
    CHECK(candidates(std::string(100'000, 'h')).empty());
    CHECK(candidates("99999999999xh100").empty());
}
