// SPDX-License-Identifier: Apache-2.0
#include "planner/launch_plan.hpp"

#include "catch.hpp"
#include "submitting.hpp"

using namespace recipe;
using test::find;
using test::Submitting;
using test::tiny;

namespace {

/// A plan of a site whose every setting is another than the default.
planner::Submission at_another_site() {
    return Submitting(tiny)
        .at({.ports = {.first = 30000, .last = 30099}, .interfaces_by_route = true, .check_seconds = 3})
        .set("trainer.max_steps=7")
        .option("nodes", "2")
        .accepted();
}

}  // namespace

TEST_CASE("a plan has what the site says to the nodes") {
    const plan::LaunchPlan plan = at_another_site().plan;
    CHECK(plan.ports == site::PortRange{30000, 30099});
    CHECK(plan.interfaces_by_route);
    CHECK(plan.check_seconds == 3);
}

TEST_CASE("a plan says which overrides made it, those that Slurm options mean last") {
    CHECK(at_another_site().plan.overrides ==
          std::vector<std::string>{"trainer.max_steps=7", "++recipes.trainer.num_nodes=2"});
}

TEST_CASE("what travels is the plan, and its digest is that of the configuration in it") {
    const planner::Submission submission = at_another_site();
    const auto read = plan::from_json(submission.plan_json);
    REQUIRE(read);
    CHECK(*read == submission.plan);
    CHECK(submission.plan.digest == plan::digest_of(submission.plan.config));
}

TEST_CASE("the digest of a plan with secrets is that of its references") {
    const planner::SubmitRequest request = [] {
        planner::SubmitRequest with_file = Submitting(tiny).set("++model.hf_access_token=s3cretvalue").request();
        with_file.secrets_file = "/home/user/.local/state/slurm-recipe/secrets/0123456789abcdef0123456789abcdef";
        return with_file;
    }();
    const planner::Composition composition = planner::compose(request).value();
    const planner::Checked checked = planner::check(request, composition);
    const planner::Draft draft = planner::make_draft(request, composition, checked).value();
    const planner::Finished finished = planner::finish(request, composition, checked, draft);
    const plan::LaunchPlan& plan = finished.submission.plan;
    CHECK(plan.config.at("model.hf_access_token")->as_string()->starts_with("***secret-"));
    CHECK(plan.digest == plan::digest_of(plan.config));
    CHECK(plan::from_json(finished.submission.plan_json));
    // As the stage states it; the site weighs it later.
    REQUIRE(find(finished.diagnostics, "secret.literal") != nullptr);
    CHECK(finished.diagnostics.size() == 1);
}

TEST_CASE("a plan that is too large to travel is refused") {
    Submitting submitting(tiny);
    submitting.set("++model.note=" + std::string(plan::max_bytes, 'x'));
    submitting.at_a_site_with({{"program.unknown_key", std::nullopt}});
    CHECK(submitting.refused().code == "plan.too_large");
}
