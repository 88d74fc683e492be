// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "node/node.hpp"
#include "sample_plan.hpp"

#include <algorithm>

using namespace recipe;
using node::Change;
using node::Facts;
using test::sample_plan;

namespace {

const Change* find(const std::vector<Change>& changes, const std::string& name) {
    const auto found = std::ranges::find(changes, name, &Change::name);
    return found != changes.end() ? &*found : nullptr;
}

std::string value_of(const std::vector<Change>& changes, const std::string& name) {
    const Change* change = find(changes, name);
    return change != nullptr && change->value ? *change->value : "(none)";
}

}  // namespace

TEST_CASE("a shell script is started once on each node, never by torchrun, and keeps Slurm's count of nodes") {
    plan::LaunchPlan plan = sample_plan();
    plan.entry = {.program = "/fsx/code/examples/train.sh", .arguments = {"a b"}, .directory = "/fsx/code/examples"};
    plan.entry.configuration = "/fsx/code/examples/conf/llama.yaml";
    const auto batch = node::batch_environment(plan, {});
    const std::string command = value_of(batch, "RECIPE_COMMAND");
    CHECK(command.ends_with("recipe '/fsx/code/examples' bash '/fsx/code/examples/train.sh' 'a b'"));
    CHECK(command.starts_with("sh -c 'cp -f -- \"$RECIPE_CONFIG\""));
    CHECK(command.contains("recipe '/fsx/code/examples/conf/llama.yaml' sh -c"));
    CHECK_FALSE(command.contains("torchrun"));
    CHECK(value_of(batch, "RECIPE_TASKS_PER_NODE") == "1");
    CHECK(plan::from_json(*plan::to_json(plan))->entry == plan.entry);
    Facts facts{.job_id = 17, .node_count = 1, .task_count = 1, .tasks_here = 1};
    facts.command = node::Command::hidden;
    auto changes = node::rendezvous_environment(plan, facts, {});
    REQUIRE(changes);
    CHECK(value_of(*changes, "PET_NNODES") == "1");
    CHECK(find(*changes, "SLURM_NTASKS") == nullptr);
    facts.command = node::Command::launcher;
    changes = node::rendezvous_environment(plan, facts, {});
    CHECK(find(*changes, "SLURM_NTASKS") != nullptr);
}
