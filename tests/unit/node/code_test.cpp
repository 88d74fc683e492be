// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "node/node.hpp"
#include "sample_plan.hpp"

#include <algorithm>

using namespace recipe;
using test::sample_plan;

namespace {

constexpr const char* unset = "(unset)";

std::string value_of(const std::vector<node::Change>& changes, const std::string& name) {
    const auto found = std::ranges::find(changes, name, &node::Change::name);
    if (found == changes.end()) return "(none)";
    return found->value.value_or(unset);
}

plan::LaunchPlan plan_with_code() {
    plan::LaunchPlan plan = sample_plan();
    plan.code = plan::Code{
        .url = "https://host/$(x).git", .branch = "main", .commit = "abcdef0", .token_file = "/home/me/.token"};
    plan.entry = {.program = "/fsx/results/%j/code/my train.py",
                  .arguments = {"model.x=1", "--out=%j", "/fsx/results/%j/out"},
                  .module = {},
                  .directory = "/fsx/results/%j/code",
                  .config_arguments = true};
    return plan;
}

}  // namespace

TEST_CASE("a program of the code starts in the code's directory with what HyperPod's programs get") {
    const plan::LaunchPlan plan = plan_with_code();
    const std::string config = "recipe-" + plan.digest.substr(0, 12) + ".yaml";
    CHECK(value_of(node::batch_environment(plan, {.job_id = 17}), "RECIPE_COMMAND") ==
          "sh -c 'cd -- \"$1\" && shift && exec \"$@\"' recipe '/fsx/results/17/code' torchrun "
          "'/fsx/results/17/code/my train.py' "
          "'--config-path=/fsx/results/17' '--config-name=" +
              config + "' 'model.x=1' '--out=%j' '/fsx/results/17/out'");
    CHECK(node::entry_of(plan, {.job_id = 21, .array_job_id = 20, .array_task_id = 3}).directory ==
          "/fsx/results/20_3/code");
    CHECK(value_of(node::recipe_paths(plan, {.job_id = 17}), "RECIPE_CODE_DIR") == "/fsx/results/17/code");
    CHECK(value_of(node::recipe_paths(sample_plan(), {.job_id = 17}), "RECIPE_CODE_DIR") == "(none)");
}

TEST_CASE("a module is torchrun's to find, or Python's") {
    plan::LaunchPlan plan = sample_plan();
    plan.entry = {.program = {}, .arguments = {"x"}, .module = "team.train", .directory = "/fsx/my code"};
    const std::string cd = "sh -c 'cd -- \"$1\" && shift && exec \"$@\"' recipe '/fsx/my code' ";
    CHECK(value_of(node::batch_environment(plan, {}), "RECIPE_COMMAND") == cd + "torchrun -m 'team.train' 'x'");
    plan.launcher = plan::Launcher::direct;
    CHECK(value_of(node::batch_environment(plan, {}), "RECIPE_COMMAND") == cd + "python3 -m 'team.train' 'x'");
    CHECK(value_of(node::recipe_paths(plan, {}), "RECIPE_CODE_DIR") == "/fsx/my code");
}

TEST_CASE("the clone's shell text has nothing of the recipe in it") {
    plan::LaunchPlan plan = plan_with_code();
    const auto changes = node::batch_environment(plan, {.job_id = 17});
    CHECK(value_of(changes, "RECIPE_CODE") == node::code_script());
    CHECK(value_of(changes, "RECIPE_CODE_URL") == "https://host/$(x).git");
    CHECK(value_of(changes, "RECIPE_CODE_BRANCH") == "main");
    CHECK(value_of(changes, "RECIPE_CODE_COMMIT") == "abcdef0");
    CHECK(value_of(changes, "RECIPE_CODE_TOKEN_FILE") == "/home/me/.token");

    plan.code->branch.reset();
    plan.code->token_file.reset();
    CHECK(value_of(node::batch_environment(plan, {}), "RECIPE_CODE_BRANCH") == unset);
    CHECK(value_of(node::batch_environment(plan, {}), "RECIPE_CODE_TOKEN_FILE") == unset);
}

TEST_CASE("a job without code inherits none of another's") {
    const auto changes = node::batch_environment(sample_plan(), {});
    for (const char* name :
         {"RECIPE_CODE", "RECIPE_CODE_URL", "RECIPE_CODE_BRANCH", "RECIPE_CODE_COMMIT", "RECIPE_CODE_TOKEN_FILE"})
        CHECK(value_of(changes, name) == unset);
}

TEST_CASE("code is cloned for a batch script of the user's own as well") {
    plan::LaunchPlan plan = plan_with_code();
    plan.entry = {};
    const auto changes = node::batch_environment(plan, {.job_id = 17});
    CHECK(value_of(changes, "RECIPE_COMMAND") == unset);
    CHECK(value_of(changes, "RECIPE_CODE") == node::code_script());
    CHECK(value_of(node::recipe_paths(plan, {.job_id = 17}), "RECIPE_CODE_DIR") == "/fsx/results/17/code");
}
