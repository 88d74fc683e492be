// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "config/config.hpp"
#include "node/node.hpp"
#include "sample_plan.hpp"

using namespace recipe;

namespace {

const std::vector<std::string> texts{"s3cretvalue", "++a.token"};

plan::LaunchPlan plan_with_references() {
    plan::LaunchPlan plan = test::sample_plan();
    plan.secrets_file = "/home/user/.local/state/slurm-recipe/secrets/0123456789abcdef0123456789abcdef";
    plan.environment = {{"HF_TOKEN", "***secret-1***"}, {"URL", "https://me:***secret-1***@host"}, {"PLAIN", "x"}};
    plan.overrides = {"++env_vars.HF_TOKEN=***secret-1***"};
    plan.setup = {"login ***secret-1***"};
    plan.entry.arguments = {"--token", "***secret-1***"};
    plan.config.set(config::Value::string("token"), config::Value::string("***secret-1***"));
    plan.digest = plan::digest_of(plan.config);
    return plan;
}

}  // namespace

TEST_CASE("the configuration that programs read has the secrets, under the name that the plan gives it") {
    const plan::LaunchPlan plan = plan_with_references();
    const plan::LaunchPlan whole = plan::restore_secrets(plan, texts);
    const node::Facts facts{.job_id = 17};
    CHECK(node::config_file(whole, facts) == node::config_file(plan, facts));
    CHECK(node::config_text(whole, facts).find("token: s3cretvalue") != std::string::npos);
    CHECK(node::config_text(plan, facts).find("s3cretvalue") == std::string::npos);
    // srun's words are kept by slurmctld, its variables are not.
    std::string srun_runs;
    std::string task_runs;
    for (const node::Change& change : node::batch_environment(whole, facts)) {
        if (change.name == "RECIPE_COMMAND") srun_runs = change.value.value_or("");
        if (change.name == "RECIPE_SECRET_COMMAND") task_runs = change.value.value_or("");
    }
    CHECK(srun_runs == R"(sh -c 'eval "exec $RECIPE_SECRET_COMMAND"')");
    CHECK(task_runs.ends_with(" 's3cretvalue'"));
}

TEST_CASE("a manifest and a report of variables show no secret, by whatever name") {
    const plan::LaunchPlan plan = plan_with_references();
    const node::Facts facts{.job_id = 17};
    // An outer step of the job has set one of them.
    const node::Lookup now = [](const std::string& name) -> std::optional<std::string> {
        if (name == "URL") return "https://me:s3cretvalue@host";
        return std::nullopt;
    };
    const auto variables =
        node::without_secrets(node::assigned(plan::restore_secrets(plan, texts), facts, {}, now), texts);
    const auto manifest = node::manifest_with("", plan, facts, {.environment = variables});
    REQUIRE(manifest);
    REQUIRE(*manifest);
    CHECK((*manifest)->find("s3cretvalue") == std::string::npos);
    CHECK((*manifest)->find("https://me:***@host") != std::string::npos);
    for (const node::Assigned& variable : variables)
        CHECK(node::report_line(variable).find("s3cretvalue") == std::string::npos);
    CHECK(variables.at(1).source == "recipe");
}
