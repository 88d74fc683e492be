#include "catch.hpp"
#include "sample_plan.hpp"
#include "step/step.hpp"

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
    const plan::LaunchPlan whole = step::with_secrets(plan, texts);
    const step::Facts facts{.job_id = 17};
    CHECK(step::config_file(whole, facts) == step::config_file(plan, facts));
    CHECK(step::config_text(whole, facts).find("token: s3cretvalue") != std::string::npos);
    CHECK(step::config_text(plan, facts).find("s3cretvalue") == std::string::npos);
    // srun's words are kept by slurmctld, its variables are not.
    std::string srun_runs;
    std::string task_runs;
    for (const step::Change& change : step::batch_environment(whole, facts)) {
        if (change.name == "RECIPE_COMMAND") srun_runs = change.value.value_or("");
        if (change.name == "RECIPE_SECRET_COMMAND") task_runs = change.value.value_or("");
    }
    CHECK(srun_runs == R"(sh -c 'eval "exec $RECIPE_SECRET_COMMAND"')");
    CHECK(task_runs.ends_with(" 's3cretvalue'"));
}

TEST_CASE("a manifest and a report of variables show no secret, by whatever name") {
    const plan::LaunchPlan plan = plan_with_references();
    const step::Facts facts{.job_id = 17};
    // An outer step of the job has set one of them.
    const step::Lookup now = [](const std::string& name) -> std::optional<std::string> {
        if (name == "URL") return "https://me:s3cretvalue@host";
        return std::nullopt;
    };
    const auto variables = step::without_secrets(step::assigned(step::with_secrets(plan, texts), facts, {}, now), texts);
    const auto manifest = step::manifest_with("", plan, facts, {.environment = variables});
    REQUIRE(manifest);
    REQUIRE(*manifest);
    CHECK((*manifest)->find("s3cretvalue") == std::string::npos);
    CHECK((*manifest)->find("https://me:***@host") != std::string::npos);
    for (const step::Assigned& variable : variables) CHECK(step::report_line(variable).find("s3cretvalue") == std::string::npos);
    CHECK(variables.at(1).source == "recipe");
}
