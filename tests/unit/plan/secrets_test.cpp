// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "sample_plan.hpp"
#include "secret/secret.hpp"

#include <algorithm>

using namespace recipe;
using config::Value;

namespace {

const std::string value = "s3cretvalue";

/// With the secret in every place that can have one, short ones under a secret's name among them.
plan::LaunchPlan plan_with_secrets() {
    plan::LaunchPlan plan = test::sample_plan();
    plan.overrides = {"++hub.token=" + value, "++hub.token=abc", "++model.note='see " + value + "'", "run.name=x"};
    plan.environment = {{"HF_TOKEN", value},
                        {"SHORT_TOKEN", "abc"},
                        {"URL", "https://me:" + value + "@host"},
                        {"OF_SITE", value, plan::VariableOrigin::site},
                        {"PLAIN", "x"}};
    plan.setup = {"login " + value, "module load cuda"};
    plan.srun_arguments = {"--export=T=" + value, "-l"};
    plan.entry.arguments = {"--token", value};
    plan.config.set(Value::string("token"), Value::string(value));
    plan.config.set(Value::string("password"), Value::string("ab"));
    plan.config.set(Value::string("list"), Value::list({Value::string("a " + value + " b"), Value::integer(1)}));
    return plan;
}

bool is_secret_override(std::size_t index, const std::string&) {
    return index < 2;
}

}  // namespace

TEST_CASE("what is hidden in a plan is restored, wherever it stood") {
    const plan::LaunchPlan whole = plan_with_secrets();
    secret::References references({value}, "0123abcd");
    const plan::LaunchPlan hidden = plan::hide_secrets(whole, references, is_secret_override);
    CHECK_FALSE(hidden == whole);
    const std::string json = plan::to_json(hidden).value();
    CHECK(json.find(value) == std::string::npos);
    CHECK(json.find("\"abc\"") == std::string::npos);
    CHECK(plan::restore_secrets(hidden, references.texts()) == whole);
    // The reference of every place is to a text that is there once.
    CHECK(references.texts() == std::vector<std::string>{value, "ab", "abc"});
}

TEST_CASE("the value of a secret override is hidden whole, and other texts lose the secret alone") {
    secret::References references({value});
    const plan::LaunchPlan hidden = plan::hide_secrets(plan_with_secrets(), references, is_secret_override);
    CHECK(hidden.overrides == std::vector<std::string>{"++hub.token=***secret-1***", "++hub.token=***secret-3***",
                                                       "++model.note='see ***secret-1***'", "run.name=x"});
    CHECK(hidden.environment.at(1).value == "***secret-3***");
    CHECK(hidden.environment.at(2).value == "https://me:***secret-1***@host");
    CHECK(hidden.environment.at(3).origin == plan::VariableOrigin::site);
    CHECK(hidden.environment.at(4).value == "x");
    CHECK(*hidden.config.at("password")->as_string() == "***secret-2***");
}

TEST_CASE("a plan without secrets is not changed by hiding, nor by restoring from no texts") {
    const plan::LaunchPlan plan = test::sample_plan();
    secret::References references({});
    CHECK(plan::hide_secrets(plan, references, [](std::size_t, const std::string&) { return false; }) == plan);
    CHECK(references.texts().empty());
    CHECK(plan::restore_secrets(plan, {}) == plan);
}

TEST_CASE("restoring leaves the digest and the file that a plan names") {
    plan::LaunchPlan plan = test::sample_plan();
    plan.setup = {"login ***secret-1***"};
    plan.secrets_file = "/home/user/.local/state/slurm-recipe/secrets/0123456789abcdef0123456789abcdef";
    const plan::LaunchPlan whole = plan::restore_secrets(plan, {value});
    CHECK(whole.setup.front() == "login " + value);
    CHECK(whole.digest == plan.digest);
    CHECK(whole.secrets_file == plan.secrets_file);
}
