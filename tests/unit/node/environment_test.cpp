// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "node/node.hpp"
#include "sample_plan.hpp"

#include <algorithm>
#include <map>

using namespace recipe;
using plan::VariableOrigin;
using test::sample_plan;

namespace {

node::Lookup has(std::map<std::string, std::string> variables) {
    return [variables](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return std::nullopt;
        return found->second;
    };
}

std::string line_of(const std::vector<node::Assigned>& variables, const std::string& name) {
    const auto found = std::ranges::find(variables, name, &node::Assigned::name);
    return found != variables.end() ? node::report_line(*found) : "";
}

}  // namespace

TEST_CASE("every variable names who said it") {
    plan::LaunchPlan plan = sample_plan();
    plan.instance_type = "g5.48xlarge";
    plan.environment = {{"A", "1", VariableOrigin::typed},
                        {"B", "1", VariableOrigin::recipe},
                        {"C", "1", VariableOrigin::site},
                        {"D", "1", VariableOrigin::profile},
                        {"E", "1", VariableOrigin::recipe}};
    const std::vector<node::Change> changes{{"PET_NNODES", "4"},
                                            {"C", "9"},
                                            {"OMP_NUM_THREADS", "2", false},
                                            {"GLOO_SOCKET_IFNAME", "eth0", false},
                                            {"SLURM_NTASKS", std::nullopt}};
    const auto variables =
        node::assigned(plan, {.head = "10.0.0.1"}, changes, has({{"A", "mine"}, {"B", "mine"}, {"E", "1"}}));
    CHECK(line_of(variables, "A") == "A=1 (--recipe-set)");
    CHECK(line_of(variables, "B") == "B=mine (exported)");
    CHECK(line_of(variables, "C") == "C=9 (the step)");
    CHECK(line_of(variables, "D") == "D=1 (instance type g5.48xlarge)");
    CHECK(line_of(variables, "E") == "E=1 (recipe)");
    CHECK(line_of(variables, "PET_NNODES") == "PET_NNODES=4 (the step)");
    CHECK(line_of(variables, "OMP_NUM_THREADS") == "OMP_NUM_THREADS=2 (the step)");
    CHECK(line_of(variables, "GLOO_SOCKET_IFNAME") == "GLOO_SOCKET_IFNAME=eth0 (route to 10.0.0.1)");
    CHECK(line_of(variables, "SLURM_NTASKS") == "");
    CHECK(line_of(node::assigned(plan, {}, changes, has({{"OMP_NUM_THREADS", "7"}})), "OMP_NUM_THREADS") ==
          "OMP_NUM_THREADS=7 (exported)");
}

TEST_CASE("secrets are never shown, and a value cannot forge a line") {
    for (const char* name : {"HF_TOKEN", "aws_secret", "DB_PASSWORD", "WANDB_API_KEY"})
        CHECK(node::report_line({name, "hidden", "recipe"}) == std::string(name) + "=*** (recipe)");
    CHECK(node::redacted("TOKENIZERS_PARALLELISM", "true") == "true");
    CHECK(node::report_line({"A", "1\nB=2", "recipe"}) == "A=1\\x0aB=2 (recipe)");
}

TEST_CASE("an exported variable of the rendezvous is replaced with a hint, an equal one without") {
    const std::vector<node::Change> changes{{"MASTER_PORT", "25000"}, {"RANK", "0"}, {"OMP_NUM_THREADS", "2", false}};
    CHECK_FALSE(node::replaced_exports(changes, has({{"MASTER_PORT", "25000"}, {"OMP_NUM_THREADS", "9"}})));
    const auto hint = node::replaced_exports(changes, has({{"MASTER_PORT", "29500"}, {"RANK", "3"}}));
    REQUIRE(hint);
    CHECK(hint->code == "rendezvous.exported");
    CHECK(hint->severity == Severity::hint);
    CHECK(hint->message == "the step sets its own MASTER_PORT=25000 (exported: 29500), RANK=0 (exported: 3)");
}

TEST_CASE("NCCL and Gloo get the interface that leads to the head node, unless somebody named one") {
    const node::Facts facts{
        .job_id = 17, .node_count = 4, .task_count = 4, .tasks_here = 1, .head = "10.0.0.1", .interface = "ens5"};
    const auto changes = node::rendezvous_environment(sample_plan(), facts, {}).value();
    const auto nccl = std::ranges::find(changes, "NCCL_SOCKET_IFNAME", &node::Change::name);
    const auto gloo = std::ranges::find(changes, "GLOO_SOCKET_IFNAME", &node::Change::name);
    REQUIRE((nccl != changes.end() && gloo != changes.end()));
    CHECK(*nccl == node::Change{"NCCL_SOCKET_IFNAME", "=ens5", false});
    CHECK(*gloo == node::Change{"GLOO_SOCKET_IFNAME", "ens5", false});
}

TEST_CASE("what the step would only give where nothing is does not replace the recipe's own") {
    plan::LaunchPlan plan = sample_plan();
    plan.environment = {{"OMP_NUM_THREADS", "4", VariableOrigin::recipe}, {"P", "1", VariableOrigin::profile}};
    const std::vector<node::Change> changes{
        {"OMP_NUM_THREADS", "2", false}, {"NCCL_SOCKET_IFNAME", "=eth0", false}, {"RANK", "1"}};
    const auto variables =
        node::assigned(plan, {.head = "h"}, changes, has({{"NCCL_SOCKET_IFNAME", "=eth0"}, {"RANK", "7"}}));
    CHECK(line_of(variables, "OMP_NUM_THREADS") == "OMP_NUM_THREADS=4 (recipe)");
    CHECK(line_of(variables, "P") == "P=1 (instance type of the node)");
    CHECK(line_of(variables, "NCCL_SOCKET_IFNAME") == "NCCL_SOCKET_IFNAME==eth0 (route to h)");
    CHECK(line_of(variables, "RANK") == "RANK=1 (the step)");
    CHECK(variables.size() == 4);
}

TEST_CASE("control characters of a value are written as numbers, and no others") {
    const auto line = [](std::string value) { return node::report_line({"A", std::move(value), "recipe"}); };
    CHECK(line(std::string("\0", 1)) == "A=\\x00 (recipe)");
    CHECK(line("\x1f ~\x7f\xc3\xa4") == "A=\\x1f ~\\x7f\xc3\xa4 (recipe)");
}

TEST_CASE("a name tells a secret by its end, in any case") {
    for (const char* name : {"a_token", "zSecret", "Password", "KEY"}) CHECK(node::redacted(name, "x") == "***");
    for (const char* name : {"KEYS", "TOKEN_FILE", "PASSWOR", "SECRET{"}) CHECK(node::redacted(name, "x") == "x");
}

TEST_CASE("exported secrets that the step replaces are not shown, and what it unsets or leaves is not said") {
    const std::vector<node::Change> changes{
        {"A_TOKEN", "new"}, {"GONE", std::nullopt}, {"KEPT", "2", false}, {"NEW", "1"}};
    const auto hint = node::replaced_exports(changes, has({{"A_TOKEN", "old\n"}, {"GONE", "1"}, {"KEPT", "9"}}));
    REQUIRE(hint);
    CHECK(hint->message == "the step sets its own A_TOKEN=new (exported: ***)");
}
