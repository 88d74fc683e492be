// SPDX-License-Identifier: Apache-2.0
#include "planner/launch_plan.hpp"

#include "../config/collection_fixture.hpp"
#include "catch.hpp"
#include "submitting.hpp"

using namespace recipe;
using test::find;
using test::llama;
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

TEST_CASE("a plan says whether its needs were forced, where it has any") {
    const auto forced = [](const char* recipe, bool force) {
        Submitting submitting(recipe);
        submitting.set("instance_type=null");
        if (force) submitting.force();
        return submitting.accepted().plan.needs_forced;
    };
    CHECK(forced(llama, true));
    CHECK_FALSE(forced(llama, false));
    CHECK_FALSE(forced(tiny, true));  // on CPUs
}

TEST_CASE("what travels is the plan, and its digest is that of the configuration in it") {
    const planner::Submission submission = at_another_site();
    const auto read = plan::from_json(submission.plan_json);
    REQUIRE(read);
    CHECK(*read == submission.plan);
    CHECK(submission.plan.digest == plan::digest_of(submission.plan.config));
}

TEST_CASE("a step whose configuration is not its job's has a key of its own") {
    const auto plan_of = [](planner::Tool tool, const std::string& steps, const std::string& job_digest) {
        planner::SubmitRequest request = Submitting(tiny, tool).set("trainer.max_steps=" + steps).request();
        request.job_digest = job_digest;
        return planner::prepare(request).submission.value().plan;
    };
    const plan::LaunchPlan job = plan_of(planner::Tool::sbatch, "7", "");
    CHECK(job.step_key.empty());
    CHECK(plan_of(planner::Tool::srun, "7", "").step_key.empty());
    CHECK(plan_of(planner::Tool::srun_in_job, "7", job.digest).step_key.empty());
    const plan::LaunchPlan other = plan_of(planner::Tool::srun_in_job, "8", job.digest);
    CHECK(other.step_key == other.digest.substr(0, 12));
    // The job has no recipe, and its steps may have several.
    CHECK(plan_of(planner::Tool::srun_in_job, "7", "").step_key == job.digest.substr(0, 12));
}

TEST_CASE("a step's key is the same for every srun, whatever the labels of its secrets are") {
    const auto plan_of = [](planner::Tool tool, const std::string& label, const std::string& job_digest) {
        planner::SubmitRequest request = Submitting(tiny, tool).set("++model.hf_access_token=s3cretvalue").request();
        request.secrets_file = "/home/user/.local/state/slurm-recipe/secrets/0123456789abcdef0123456789abcdef";
        request.references_label = label;
        request.job_digest = job_digest;
        // prepare() refuses secrets that are typed.
        const planner::Composition composition = planner::compose(request).value();
        const planner::Checked checked = planner::check(request, composition);
        const planner::Draft draft = planner::make_draft(request, composition, checked).value();
        return planner::finish(request, composition, checked, draft).submission.plan;
    };
    const plan::LaunchPlan job = plan_of(planner::Tool::sbatch, "", "");
    const plan::LaunchPlan one = plan_of(planner::Tool::srun_in_job, "00000001", "");
    const plan::LaunchPlan two = plan_of(planner::Tool::srun_in_job, "00000002", "");
    CHECK(one.digest != two.digest);
    CHECK(one.step_key == two.step_key);
    CHECK(one.step_key == job.digest.substr(0, 12));
    CHECK(plan_of(planner::Tool::srun_in_job, "00000001", job.digest).step_key.empty());
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

TEST_CASE("a configuration that leaves the plan no room travels in a file") {
    Submitting submitting(tiny);
    submitting.at_a_site_with({{"program.unknown_key", std::nullopt}, {"model.unread", std::nullopt}});
    const planner::Submission small = submitting.accepted();
    CHECK(small.configuration.empty());
    CHECK_FALSE(small.plan.configuration_file);
    // 16 bytes that are doubled 12 times, since what is typed stays in the plan.
    submitting.set("++recipes.run.a0=0123456789abcdef");
    for (int i = 1; i <= 12; ++i) {
        const std::string before = "${recipes.run.a" + std::to_string(i - 1) + '}';
        submitting.set("++recipes.run.a" + std::to_string(i) + "='" + before + before + "'");
    }
    planner::SubmitRequest request = submitting.request();
    request.secrets_file = "/home/user/.local/state/slurm-recipe/secrets/0123456789abcdef0123456789abcdef";
    const planner::Submission submission = planner::prepare(request).submission.value();
    CHECK(submission.plan_json.size() < 5000);
    REQUIRE(submission.plan.configuration_file);
    CHECK(submission.plan.configuration_file->path ==
          submission.plan.results_dir + "/.configuration-0123456789abcdef0123456789abcdef");
    CHECK(submission.plan.configuration_file->bytes == submission.configuration.size());
    CHECK(submission.configuration == plan::config_json(submission.plan.config));
    const auto travelled = plan::from_json(submission.plan_json);
    REQUIRE(travelled);
    CHECK(travelled->digest == submission.plan.digest);
    CHECK(plan::configuration_from_json(*travelled, submission.configuration) == submission.plan.config);
    // Of a plan that is only shown.
    CHECK(submitting.accepted().plan.configuration_file->path.ends_with("/.configuration-" + std::string(32, '0')));
}

TEST_CASE("a large configuration has references in place of its secrets") {
    Submitting submitting(tiny);
    submitting.set("++recipes.run.token=0123456789abcdef");
    for (int i = 0; i <= 12; ++i) {
        const std::string before = i == 0 ? "${recipes.run.token}" : "${recipes.run.a" + std::to_string(i - 1) + '}';
        submitting.set("++recipes.run.a" + std::to_string(i) + "='" + before + before + "'");
    }
    const planner::Submission submission = submitting.accepted();
    REQUIRE(submission.plan.configuration_file);
    CHECK(submission.configuration.find("0123456789abcdef") == std::string::npos);
    CHECK(submission.configuration.find("***secret-1***") != std::string::npos);
    CHECK(submission.plan.digest == plan::digest_of_json(submission.configuration));
}

TEST_CASE("a large configuration that no node would read is refused when it is made") {
    Submitting submitting(tiny);
    submitting.set("++recipes.run.a0=0123456789abcdef");
    for (int i = 1; i <= 12; ++i) {
        const std::string before = "${recipes.run.a" + std::to_string(i - 1) + '}';
        submitting.set("++recipes.run.a" + std::to_string(i) + "='" + before + before + "'");
    }
    const auto deep = [&](std::size_t levels) {
        return Submitting(submitting)
            .set("++model.deep=" + std::string(levels, '[') + std::string(levels, ']'))
            .at_a_site_with({{"program.unknown_key", std::nullopt}});
    };
    CHECK(deep(61).accepted().plan.configuration_file);
    const Diagnostic problem = deep(63).refused();
    CHECK(problem.code == "plan.text");
    CHECK(problem.message.starts_with("no node would take this recipe's configuration: "));
}

TEST_CASE("a plan that is too large without its configuration is refused with the way out") {
    Submitting submitting(tiny);
    submitting.set("++model.note=" + std::string(plan::max_bytes, 'x'));
    submitting.at_a_site_with({{"program.unknown_key", std::nullopt}, {"model.unread", std::nullopt}});
    const Diagnostic problem = submitting.refused();
    CHECK(problem.code == "plan.too_large");
    CHECK(problem.source.name == "--recipe-set");
    CHECK(problem.fix == "write what --recipe-set says into a recipe of your own: srecipe new mine.yaml --from RECIPE");
    // What is typed is in the plan twice, and the variable is what to do without.
    const Diagnostic variable = Submitting(tiny).set("++env_vars.NOTE=" + std::string(plan::max_bytes, 'x')).refused();
    CHECK(variable.code == "plan.too_large");
    CHECK(variable.key == "env_vars");
}

TEST_CASE("a plan says how many ranks share a chip: all of its cores where they are parted") {
    const auto on = [](const char* instance_type, const char* devices) {
        return Submitting(tiny)
            .set(std::string("instance_type=") + instance_type)
            .set("trainer.accelerator=neuron")
            // Our trainer takes none.
            .at_a_site_with({{"program.unsupported", std::nullopt}})
            .set(std::string("trainer.devices=") + devices);
    };
    const auto ranks = [](const Submitting& submitting) { return submitting.accepted().plan.resources.ranks_per_chip; };
    CHECK(ranks(on("trn2.48xlarge", "64")) == 4);
    CHECK(ranks(on("trn2.48xlarge", "64").set("+env_vars.NEURON_LOGICAL_NC_CONFIG=2")) == 4);
    CHECK(ranks(on("trn2.48xlarge", "128").set("+env_vars.NEURON_LOGICAL_NC_CONFIG=1")) == 8);
    // These have no more cores than ranks.
    CHECK(ranks(on("trn1.32xlarge", "32")) == 2);
    CHECK(ranks(on("trn1.32xlarge", "32").set("+env_vars.NEURON_LOGICAL_NC_CONFIG=1")) == 2);
    CHECK(ranks(Submitting(llama).set("+env_vars.NEURON_LOGICAL_NC_CONFIG=1")) == 1);
    CHECK(ranks(Submitting(tiny)) == 1);
}

TEST_CASE("custom training writes to a folder of its run's name, and never outside of the base") {
    const config::CollectionFixture files;
    const auto results_of = [&](const std::string& name) {
        files.write("custom.yaml",
                    "training_cfg:\n  entry_script: /opt/train.py\n  run: {nodes: 1, ntasks_per_node: 1, "
                    "name: " +
                        name + "}\nbase_results_dir: /results/\n");
        return Submitting((files.directory() / "custom.yaml").string()).accepted().plan.results_dir;
    };
    CHECK(results_of("mine") == "/results/mine");
    CHECK(results_of("...") == "/results/...");
    CHECK(results_of(".a") == "/results/.a");
    for (const char* name : {"'.'", "'..'", "''", "a/b", "../a", "\"a\\x01b\"", "null", "7"}) {
        INFO(name);
        CHECK(results_of(name) == "/results");
    }
}

TEST_CASE("a plan that no node would read is refused when it is made") {
    const auto code = [](const std::string& set) { return Submitting(llama).set(set).refused().code; };
    CHECK(code("instance_type='" + std::string(1, '\0') + "\xc3\xa9'") == "plan.text");
    CHECK(code("instance_type=" + std::string(1025, 'x')) == "plan.text");
    CHECK(code("++model.deep=" + std::string(63, '[') + std::string(63, ']')) == "plan.text");
    CHECK(code("run.time_limit=9223372036854775807") == "resources.time_limit");
    planner::SubmitRequest request = Submitting(llama).request();
    request.environment["NOTE"] = "caf\xe9";
    request.sets.push_back({.text = "++model.note='${oc.env:NOTE}'"});
    const Diagnostics refused = planner::prepare(request).diagnostics;
    REQUIRE(find(refused, "plan.text") != nullptr);
    CHECK(find(refused, "plan.text")->severity == Severity::error);
    // Long, deep and of other letters, within what is read.
    const auto accepted = [](const std::string& set) { return Submitting(llama).set(set).accepted().plan_json.size(); };
    CHECK(accepted("++model.note=" + std::string(5000, 'x')) > 5000);
    CHECK(accepted("++model.note='caf\xc3\xa9'") > 0);
    CHECK(accepted("++model.deep=" + std::string(55, '[') + std::string(55, ']')) > 0);
}
