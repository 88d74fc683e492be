// SPDX-License-Identifier: Apache-2.0
#include "submitting.hpp"

#include "catch.hpp"

#include <algorithm>

using namespace recipe;
using test::count_of;
using test::option_of;
using test::Submitting;

TEST_CASE("a forced job says in its plan and its comment what was forced") {
    const auto recipe = [] { return Submitting("llama3_2_1b_pretrain").set("instance_type=p5.4xlarge"); };
    CHECK(recipe().refused().code == "devices.exceeds");

    const planner::Outcome outcome = recipe().force().outcome();
    REQUIRE(outcome.submission);
    CHECK(outcome.submission->plan.forced == std::vector<std::string>{"devices.exceeds"});
    CHECK(option_of(*outcome.submission, "comment") == "recipe-force: devices.exceeds");
    const auto read = plan::from_json(outcome.submission->plan_json);
    REQUIRE(read);
    CHECK(read->forced == outcome.submission->plan.forced);
    CHECK(std::ranges::any_of(outcome.diagnostics, [](const Diagnostic& d) {
        return d.code == "devices.exceeds" && d.severity == Severity::warning;
    }));
    CHECK(option_of(recipe().force().option("comment", "mine").accepted(), "comment") == "(not set)");
}

TEST_CASE("force does not touch composition, what a plan needs, and what the site insists on") {
    const auto recipe = [] { return Submitting("llama3_2_1b_pretrain").force(); };
    CHECK(recipe().set("trainer.nodes=4").refused().code == "compose.unknown_key");
    CHECK(recipe().set("trainer.devices=0").refused().code == "devices.range");
    CHECK(recipe().set("run.results_dir=here").refused().code == "paths.results_relative");
    CHECK(recipe()
              .set("instance_type=g5.12xlarge")
              .at_a_site_with({{"devices.exceeds", Severity::error}})
              .refused()
              .code == "devices.exceeds");
    CHECK(recipe().accepted().plan.forced.empty());
}

TEST_CASE("a site's severities decide") {
    const auto partial = [] {
        return Submitting("llama3_2_1b_pretrain")
            .set("instance_type=p5.48xlarge")
            .set("trainer.devices=4")
            .set("trainer.num_nodes=2");
    };
    CHECK(partial().outcome().submission);
    CHECK(partial().at_a_site_with({{"devices.partial", Severity::error}}).refused().code == "devices.partial");
    CHECK(partial().at_a_site_with({{"devices.partial", std::nullopt}}).outcome().diagnostics.empty());
    CHECK(Submitting("llama3_2_1b_pretrain")
              .set("instance_type=p5.4xlarge")
              .at_a_site_with({{"devices.exceeds", Severity::hint}})
              .outcome()
              .submission);
}

TEST_CASE("a recipe that a variable names is remembered in a refusal only, or where it beats a script's") {
    CHECK(count_of(Submitting("llama3_2_1b_pretrain").named_by("SBATCH_RECIPE").outcome(), "submit.default_recipe") ==
          0);
    const planner::Outcome refused = Submitting("no_such_recipe").named_by("SBATCH_RECIPE").outcome();
    REQUIRE(count_of(refused, "submit.default_recipe") == 1);
    CHECK(refused.diagnostics.back().message == "the recipe is that of SBATCH_RECIPE=no_such_recipe");
    CHECK(refused.diagnostics.back().fix == "--recipe=none");
    const planner::Outcome beaten = Submitting("llama3_2_1b_pretrain").named_by("SBATCH_RECIPE", "other").outcome();
    REQUIRE(beaten.submission);
    CHECK(beaten.diagnostics.front().code == "submit.default_recipe");
    CHECK(beaten.diagnostics.front().severity == Severity::warning);
    CHECK(beaten.diagnostics.front().fix == "--recipe=other");
}

TEST_CASE("what was noted on the way to a request comes first, and the site weighs it") {
    const Diagnostic note{.severity = Severity::warning, .code = "compose.search_path", .message = "no folder"};
    auto submitting = Submitting("llama3_2_1b_pretrain").noting(note);
    CHECK(submitting.outcome().submission);
    CHECK(submitting.outcome().diagnostics.front() == note);
    submitting.at_a_site_with({{"compose.search_path", Severity::error}});
    CHECK_FALSE(submitting.outcome().submission);
    submitting.at_a_site_with({{"compose.search_path", std::nullopt}});
    CHECK(count_of(submitting.outcome(), "compose.search_path") == 0);
}
