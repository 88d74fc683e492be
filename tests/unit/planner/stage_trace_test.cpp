// SPDX-License-Identifier: Apache-2.0
// What planning traces: the stages, who wins over whom, and no secret.
#include "../trace/traced.hpp"
#include "catch.hpp"
#include "secret/secret.hpp"
#include "submitting.hpp"

using namespace recipe;
using planner::Level;
using test::llama;
using test::Submitting;
using test::tiny;
using test::Traced;

namespace {

std::string traced(const Submitting& submitting, trace::Level level = trace::Level::debug) {
    const Traced traced(level, secret::redacted_line);
    static_cast<void>(submitting.outcome());
    return '\n' + Traced::text();
}

}  // namespace

TEST_CASE("a plan's stages are traced with their times, its size and its recipe") {
    const std::string text = traced(Submitting(tiny));
    for (const char* stage : {"compose", "check", "draft", "hide secrets", "serialise"})
        CHECK(text.contains("\n" + std::string(stage) + ": "));
    CHECK(text.contains("\nrecipe training/llama/llama_tiny_cpu_pretrain of "));
    const planner::Submission submission = Submitting(tiny).accepted();
    CHECK(text.contains("\nplan: " + std::to_string(submission.plan_json.size()) + " bytes of at most 32768, digest " +
                        submission.plan.digest.substr(0, 12) + ", 0 secrets"));
    CHECK(text.contains("\nplanned in "));
    CHECK(text.contains(" rules apply, "));
    CHECK(text.contains(" devices.range "));
}

TEST_CASE("what is decided is traced at the first level, how at the second") {
    const std::string text = traced(Submitting(tiny), trace::Level::info);
    CHECK(text.contains("\nplan: "));
    CHECK(text.contains("\nplanned in "));
    CHECK_FALSE(text.contains("compose: "));
    CHECK_FALSE(text.contains("rules apply"));
}

TEST_CASE("a refusal is traced as one") {
    const std::string text = traced(Submitting(tiny).set("trainer.num_nodes=0"));
    CHECK(text.contains("\nrefused in "));
    CHECK_FALSE(text.contains("planned in "));
    CHECK(traced(Submitting("no_such_recipe")).contains("\nrefused in "));
}

TEST_CASE("a plan is read back where it has large numbers, long texts or lists, or what is no ASCII") {
    const auto read_back = [](const std::string& set, const char* recipe = tiny) {
        Submitting submitting(recipe);
        if (!set.empty()) submitting.set(set);
        const std::string text = traced(submitting);
        INFO(set);
        CHECK(text.contains("\nplanned in "));
        return text.contains("\nthe plan is unusual, and is read back as the nodes will read it\n");
    };
    CHECK_FALSE(read_back(""));
    CHECK_FALSE(read_back("", llama));
    CHECK_FALSE(read_back("trainer.num_nodes=1000"));
    CHECK(read_back("trainer.num_nodes=1001"));
    CHECK(read_back("trainer.devices=1001"));
    CHECK_FALSE(read_back("run.time_limit=100000"));
    CHECK(read_back("run.time_limit=100001"));
    const auto note = [](std::size_t length) { return "++recipes.run.note=" + std::string(length, 'a'); };
    // The override says it behind 19 characters of its key.
    CHECK_FALSE(read_back(note(1000 - 19)));
    CHECK(read_back(note(1001 - 19)));
    CHECK(read_back("++recipes.run.note='é'"));
    const auto nested = [](std::size_t depth) {
        return "++recipes.run.note=" + std::string(depth, '[') + std::string(depth, ']');
    };
    // Of the fifty levels the plan, its configuration and `run` are three.
    CHECK_FALSE(read_back(nested(47)));
    CHECK(read_back(nested(48)));
    const auto list = [](const std::string& key, int count, const std::string& item) {
        std::string text = key + "=[";
        for (int i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + item;
        return text + "]";
    };
    for (const char* key : {"++launch.setup", "++launch.args", "++cluster.srun_args"}) {
        const std::string item = std::string_view(key) == "++cluster.srun_args" ? "--label" : "true";
        const std::string quoted = "'" + item + "'";
        CHECK_FALSE(read_back(list(key, 15, quoted)));
        CHECK(read_back(list(key, 16, quoted)));
    }
}

TEST_CASE("each override is traced with who gave it and what it set") {
    const std::string text =
        traced(Submitting(tiny).set("trainer.num_nodes=2", Level::script).set("+env_vars.A=1").option("time", "30"));
    CHECK(text.contains("\n--recipe-set 1 (#SBATCH): trainer.num_nodes=2 sets recipes.trainer.num_nodes\n"));
    CHECK(text.contains("\n--recipe-set 2 (command line): +env_vars.A=1 sets env_vars.A\n"));
    CHECK(text.contains("\n--time=30: ++recipes.run.time_limit='00:30:00' sets recipes.run.time_limit\n"));
}

TEST_CASE("which of two wins is traced") {
    const auto of = [](const Submitting& submitting) { return traced(submitting, trace::Level::info); };
    CHECK(of(Submitting(tiny).option("nodes", "2")).contains("\n--nodes=2 wins over the recipe's trainer.num_nodes\n"));
    CHECK(of(Submitting(tiny).option("nodes", "2").set("trainer.num_nodes=4", Level::script))
              .contains("\n--nodes=2 wins over --recipe-set 1\n"));
    CHECK(of(Submitting(tiny).option("nodes", "2", Level::script).set("trainer.num_nodes=4"))
              .contains("\n--recipe-set 1 wins over --nodes=2\n"));
    CHECK(
        of(Submitting(tiny).set("trainer.num_nodes=2", Level::script).set("trainer.num_nodes=4"))
            .contains("\nrecipes.trainer.num_nodes: --recipe-set 2 (command line) wins over --recipe-set 1 (#SBATCH)"));
    CHECK_FALSE(of(Submitting(tiny).set("trainer.num_nodes=2")).contains("wins over"));
}

TEST_CASE("what the site and force make of a code is traced, a silenced one, too") {
    const auto too_many = [] { return Submitting(llama).set("instance_type=p5.4xlarge"); };
    CHECK(traced(too_many().force()).contains("\ndevices.exceeds: a warning by force\n"));
    CHECK(traced(too_many().at_a_site_with({{"devices.exceeds", Severity::warning}}))
              .contains("\ndevices.exceeds: error, which the site makes warning\n"));
    CHECK(traced(too_many().at_a_site_with({{"devices.exceeds", std::nullopt}}))
              .contains("\ndevices.exceeds: error, which the site makes nothing\n"));
}

TEST_CASE("no secret is traced, by its key, as a copy, in a map or in a URL") {
    const std::string text = traced(Submitting(tiny)
                                        .set("++git.token=s3cretvalue one")
                                        .set("++run.copy=s3cretvalue one")
                                        .set("++run.more={access_token: 'an0ther one', a: 1}")
                                        .set("++run.at=https://me:th1rdsecret@host/x"));
    CHECK(text.contains("++git.token=*** sets git.token\n"));
    CHECK(text.contains("++run.copy=*** sets recipes.run.copy\n"));
    CHECK(text.contains("++run.more=*** sets"));
    CHECK(text.contains("++run.at=https://***@host/x sets"));
    CHECK_FALSE(text.contains("s3cret"));
    CHECK_FALSE(text.contains("an0ther"));
    CHECK_FALSE(text.contains("th1rd"));
}
