// SPDX-License-Identifier: Apache-2.0
// What a plan says of a rank's needs: all of it arrives, and nothing else is taken for it.
#include "../catch.hpp"
#include "../sample_plan.hpp"

#include <string>

using namespace recipe;
using test::sample_plan;

namespace {

constexpr std::string_view place = ",\"overrides\":";

/// A plan of somebody else's, with this text for its needs.
std::string with(std::string_view needs) {
    std::string json = plan::to_json(sample_plan()).value();
    return json.insert(json.find(place), ",\"needs\":" + std::string(needs));
}

bool taken(std::string_view needs) {
    const auto summary = plan::summary_from_json(with(needs));
    const auto whole = plan::from_json(with(needs));
    CHECK(summary.has_value() == whole.has_value());
    if (!summary) CHECK(summary.error().front().code == "plan.malformed");
    return summary.has_value();
}

}  // namespace

TEST_CASE("needs survive a plan's JSON, and slurmctld reads them") {
    plan::LaunchPlan plan = sample_plan();
    plan.needs = {.memory = validate::MemoryNeeds{1, 2, 3, 4}, .bf16 = true, .fp8 = true, .fp4 = true};
    plan.needs_forced = true;
    const std::string json = plan::to_json(plan).value();
    CHECK(json.contains(R"("needs":{"memory":[1,2,3,4],"bf16":true,"fp8":true,"fp4":true,"forced":true},"overrides")"));
    CHECK(plan::from_json(json).value() == plan);
    CHECK(plan::summary_from_json(json).value() == static_cast<const plan::Summary&>(plan));
    plan.needs = {.memory = {}, .fp8 = true};
    plan.needs_forced = false;
    CHECK(plan::summary_from_json(plan::to_json(plan).value()).value().needs == plan.needs);
}

TEST_CASE("a plan without needs says nothing of them, and is read as ever") {
    CHECK_FALSE(plan::to_json(sample_plan()).value().contains("needs"));
    CHECK_FALSE(plan::summary_from_json(plan::to_json(sample_plan()).value()).value().needs.any());
    CHECK(taken("{}"));
}

TEST_CASE("needs are taken up to their limits and refused beyond them") {
    CHECK(taken(R"({"memory":[0,0,0,0]})"));
    CHECK(taken(R"({"memory":[1000000000000,1000000000000,1000000000000,1000000000000]})"));
    CHECK_FALSE(taken(R"({"memory":[1,1,1,1000000000001]})"));
    CHECK_FALSE(taken(R"({"memory":[1,1,1000000000001,1]})"));
    CHECK_FALSE(taken(R"({"memory":[1,1,99999999999999999999999999,1]})"));
    CHECK_FALSE(taken(R"({"memory":[-1,1,1,1]})"));
    CHECK_FALSE(taken(R"({"memory":[1,1,1,-1]})"));
    CHECK_FALSE(taken(R"({"memory":[2,1,3,0]})"));
    CHECK_FALSE(taken(R"({"memory":[1,3,2,0]})"));
    CHECK_FALSE(taken(R"({"memory":[1,1,1]})"));
    CHECK_FALSE(taken(R"({"memory":[1,1,1,1,1]})"));
    CHECK_FALSE(taken(R"({"memory":[1.5,2,3,4]})"));
    CHECK_FALSE(taken(R"({"memory":["1",2,3,4]})"));
    CHECK_FALSE(taken(R"({"memory":{"low":1}})"));
    CHECK_FALSE(taken(R"({"memory":null})"));
    CHECK_FALSE(taken(R"({"bf16":1})"));
    CHECK_FALSE(taken(R"({"fp4":"yes"})"));
    CHECK_FALSE(taken(R"({"forced":null})"));
    CHECK_FALSE(taken(R"({"fp2":true})"));
    CHECK_FALSE(taken("[]"));
    CHECK_FALSE(taken("null"));
    CHECK_FALSE(taken("7"));
}

TEST_CASE("the compute capabilities that kernels need cross the wire in a few bytes") {
    plan::LaunchPlan plan = sample_plan();
    plan.needs = {.memory = {}, .capabilities = {{80, 86}, {90, 100}}};
    const std::string json = plan::to_json(plan).value();
    CHECK(json.contains(R"("needs":{"capability":[80,86,90,100]},"overrides")"));
    CHECK(plan::summary_from_json(json).value().needs == plan.needs);
    plan.needs.capabilities = {{80, 0}};
    CHECK(plan::to_json(plan).value().contains(R"("needs":{"capability":[80]})"));
    CHECK(plan::from_json(plan::to_json(plan).value()).value().needs == plan.needs);
    CHECK(taken(R"({"capability":[1,2,3,4,5,6,7,8]})"));
    CHECK(taken(R"({"capability":[999]})"));
    for (const char* bad : {R"({"capability":[]})", R"({"capability":80})", R"({"capability":[80,80]})",
                            R"({"capability":[90,80]})", R"({"capability":[0]})", R"({"capability":[1000]})",
                            R"({"capability":["80"]})", R"({"capability":[1,2,3,4,5,6,7,8,9]})"}) {
        INFO(bad);
        CHECK_FALSE(taken(bad));
    }
}
