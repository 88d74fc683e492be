// SPDX-License-Identifier: Apache-2.0
#include "planner/check.hpp"

#include "catch.hpp"
#include "diagnostic/codes/compose.hpp"
#include "submitting.hpp"

using namespace recipe;
using test::find;
using test::llama;
using test::Submitting;

namespace {

struct Stages {
    explicit Stages(const Submitting& submitting)
        : request(submitting.request()),
          composition(planner::compose(request).value()),
          checked(planner::check(request, composition)) {}

    planner::SubmitRequest request;
    planner::Composition composition;
    planner::Checked checked;
};

Submitting too_many_devices() {
    return Submitting(llama).set("instance_type=p5.4xlarge");
}

}  // namespace

TEST_CASE("a check states what the rules state, whatever site and user make of it") {
    const Stages lowered(too_many_devices().force().at_a_site_with({{"devices.exceeds", Severity::hint}}));
    REQUIRE(find(lowered.checked.result.diagnostics, "devices.exceeds") != nullptr);
    CHECK(find(lowered.checked.result.diagnostics, "devices.exceeds")->severity == Severity::error);
    const Stages forced(too_many_devices().force());
    CHECK(find(forced.checked.result.diagnostics, "devices.exceeds")->severity == Severity::error);
}

TEST_CASE("a check knows what will be forced: errors that are left to the user") {
    CHECK(Stages(too_many_devices()).checked.forced.empty());
    CHECK(Stages(too_many_devices().force()).checked.forced == std::vector<std::string>{"devices.exceeds"});
    for (const std::optional<Severity> severity :
         {std::optional<Severity>(Severity::error), std::optional<Severity>(Severity::warning),
          std::optional<Severity>()})
        CHECK(
            Stages(too_many_devices().force().at_a_site_with({{"devices.exceeds", severity}})).checked.forced.empty());
}

TEST_CASE("a check tells the layout and the instance, and what composition noted comes first") {
    Stages stages(Submitting(llama).set("instance_type=g5.48xlarge").set("trainer.num_nodes=2"));
    CHECK(stages.checked.result.layout.nodes == 2);
    REQUIRE(stages.checked.result.instance != nullptr);
    CHECK(stages.checked.result.instance == stages.composition.catalogue.instance("g5.48xlarge"));
    stages.composition.resolved.notes = {{.code = codes::compose.shadowed}};
    CHECK(planner::check(stages.request, stages.composition).result.diagnostics.front().code == "compose.shadowed");
}
