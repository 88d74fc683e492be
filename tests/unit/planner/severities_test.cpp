// SPDX-License-Identifier: Apache-2.0
#include "submitting.hpp"

#include "catch.hpp"
#include "diagnostic/codes/compose.hpp"

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
    const Diagnostic note{.code = codes::compose.search_path, .message = "no folder"};
    auto submitting = Submitting("llama3_2_1b_pretrain").noting(note);
    CHECK(submitting.outcome().submission);
    CHECK(submitting.outcome().diagnostics.front() == note);
    submitting.at_a_site_with({{"compose.search_path", Severity::error}});
    CHECK_FALSE(submitting.outcome().submission);
    submitting.at_a_site_with({{"compose.search_path", std::nullopt}});
    CHECK(count_of(submitting.outcome(), "compose.search_path") == 0);
}

TEST_CASE("a site weighs what each stage states") {
    struct Case {
        Submitting submitting;
        const char* code;
        Severity severity;
        bool accepted;
    };
    const auto over_the_registry = [] {
        return Submitting(test::llama).set("container='nvcr.io/nvidia/pytorch:24.10'");
    };
    const auto node_local = [] {
        return Submitting(test::llama).set("trainer.num_nodes=4").set("exp_manager.exp_dir=/dev/shm/x");
    };
    const auto with_secret = [] { return Submitting(test::llama).set("++env_vars.HF_TOKEN=s3cretvalue"); };
    for (const Case& c : {
             Case{over_the_registry(), "container.rewritten", Severity::hint, true},
             Case{Submitting(test::llama).set("container=/lustre/x.sqsh"), "container.not_visible", Severity::warning,
                  true},
             Case{over_the_registry().on_cluster_without_pyxis(), "submit.no_pyxis", Severity::error, false},
             Case{node_local(), "paths.node_local", Severity::error, false},
             Case{with_secret(), "secret.literal", Severity::warning, true},
             Case{Submitting(test::llama, planner::Tool::salloc)
                      .set("git.repo_url_or_path='https://host/code.git'")
                      .set("git.commit=abcdef0")
                      .set("git.entry_script=train.py"),
                  "launch.code_batch", Severity::warning, true},
             Case{Submitting(test::llama).sent_to("--clusters=b"), "submit.other_cluster", Severity::hint, true},
         }) {
        INFO(c.code);
        const planner::Outcome as_stated = c.submitting.outcome();
        REQUIRE(test::find(as_stated.diagnostics, c.code) != nullptr);
        CHECK(test::find(as_stated.diagnostics, c.code)->severity == c.severity);
        CHECK(as_stated.submission.has_value() == c.accepted);
        for (const Severity severity : {Severity::hint, Severity::warning, Severity::error}) {
            const planner::Outcome outcome = Submitting(c.submitting).at_a_site_with({{c.code, severity}}).outcome();
            REQUIRE(count_of(outcome, c.code) == 1);
            CHECK(test::find(outcome.diagnostics, c.code)->severity == severity);
            CHECK(outcome.submission.has_value() == (severity != Severity::error));
        }
        const planner::Outcome silenced = Submitting(c.submitting).at_a_site_with({{c.code, std::nullopt}}).outcome();
        CHECK(count_of(silenced, c.code) == 0);
        CHECK(silenced.submission);
    }
}

TEST_CASE("a site weighs the warnings of a job that cannot be planned, and not the reason") {
    auto submitting = Submitting(test::tiny)
                          .without_script()
                          .set("git.repo_url_or_path='https://host/code.git'")
                          .set("git.entry_script=train.py")
                          .set("launch.launcher=mpi");
    CHECK(submitting.refused().code == "launch.launcher");
    CHECK(count_of(submitting.outcome(), "launch.code_unpinned") == 1);
    submitting.at_a_site_with({{"launch.code_unpinned", std::nullopt}});
    CHECK(submitting.refused().code == "launch.launcher");
    CHECK(count_of(submitting.outcome(), "launch.code_unpinned") == 0);
}

TEST_CASE("an error of planning stays one where a warning with its code and key came before") {
    const auto submitting = Submitting(test::tiny)
                                .without_script()
                                .set("git.repo_url_or_path='http://host/code.git'")
                                .set("git.commit=abcdef0")
                                .set("git.entry_script=train.py")
                                .set("++git.token_file=relative");
    CHECK(submitting.refused().message == "git.token_file is `relative`; it is an absolute path");
    CHECK(count_of(submitting.outcome(), "launch.code_token") == 2);
}

TEST_CASE("no site silences an error without whose cure there is no plan") {
    auto submitting = Submitting(test::tiny)
                          .without_script()
                          .set("git.repo_url_or_path='https://host/code.git'")
                          .set("git.commit=abcdef0")
                          .set("git.entry_script=train.py")
                          .set("++git.token_file=relative");
    for (const std::optional<Severity> made : {std::optional<Severity>(), std::optional(Severity::warning)}) {
        submitting.at_a_site_with({{"launch.code_token", made}});
        CHECK(submitting.refused().code == "launch.code_token");
    }
}

TEST_CASE("force makes no warning of an error of planning, and forces nothing that the site has lowered") {
    CHECK(Submitting(test::llama)
              .force()
              .set("trainer.num_nodes=4")
              .set("exp_manager.exp_dir=/dev/shm/x")
              .refused()
              .code == "paths.node_local");
    const planner::Outcome lowered = Submitting(test::llama)
                                         .force()
                                         .set("instance_type=p5.4xlarge")
                                         .at_a_site_with({{"devices.exceeds", Severity::hint}})
                                         .outcome();
    REQUIRE(lowered.submission);
    CHECK(lowered.submission->plan.forced.empty());
    CHECK(option_of(*lowered.submission, "comment") == "(not set)");
    CHECK(test::find(lowered.diagnostics, "devices.exceeds")->severity == Severity::hint);
}

TEST_CASE("a site weighs the reminder of a recipe that a variable names, as all that is told") {
    auto refused = Submitting("no_such_recipe").named_by("SBATCH_RECIPE");
    CHECK(count_of(refused.outcome(), "submit.default_recipe") == 1);
    CHECK(count_of(refused.at_a_site_with({{"submit.default_recipe", std::nullopt}}).outcome(),
                   "submit.default_recipe") == 0);
}

TEST_CASE("an error that a rule and planning both find is told once") {
    const planner::Outcome outcome = Submitting(test::tiny).set("run.results_dir=here").outcome();
    CHECK(count_of(outcome, "paths.results_relative") == 1);
}

TEST_CASE("the order of what is told is that of the stages") {
    const planner::Outcome outcome = Submitting(test::llama)
                                         .noting({.code = codes::compose.search_path})
                                         .sent_to("--clusters=b")
                                         .named_by("SBATCH_RECIPE")
                                         .set("instance_type=p5.4xlarge")
                                         .set("container='nvcr.io/nvidia/pytorch:24.10'")
                                         .set("++env_vars.HF_TOKEN=s3cretvalue")
                                         .outcome();
    std::vector<std::string> codes;
    for (const Diagnostic& diagnostic : outcome.diagnostics) codes.emplace_back(diagnostic.code);
    CHECK(codes == std::vector<std::string>{"compose.search_path", "submit.other_cluster", "devices.exceeds",
                                            "container.rewritten", "secret.literal", "submit.default_recipe"});
}
