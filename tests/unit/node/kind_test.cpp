// SPDX-License-Identifier: Apache-2.0
// What kind of step a step is, by its command and its tasks.
#include "catch.hpp"
#include "node/node.hpp"
#include "sample_plan.hpp"

using namespace recipe;
using node::Command;
using node::Facts;
using node::Kind;
using node::Role;
using test::sample_plan;

namespace {

plan::LaunchPlan own_program() {
    plan::LaunchPlan plan = sample_plan();
    plan.entry.program = "/home/me/code/train.py";
    return plan;
}

Facts facts_of(std::vector<std::string> words, std::uint32_t nodes = 4) {
    Facts facts{.node_count = nodes, .task_count = nodes};
    node::read_command(own_program(), words, facts);
    return facts;
}

Command command_of(std::vector<std::string> words) {
    return facts_of(std::move(words)).command;
}

bool own_world(std::vector<std::string> words, std::uint32_t nodes = 4) {
    return facts_of(std::move(words), nodes).own_world;
}

/// A step with these tasks, spread evenly.
Facts step(Command command, std::uint32_t nodes, std::uint32_t tasks, Role role = Role::automatic) {
    return {.node_count = nodes, .task_count = tasks, .tasks_here = tasks / nodes, .command = command, .role = role};
}

Kind kind(Command command, std::uint32_t nodes, std::uint32_t tasks, Role role = Role::automatic) {
    return node::kind_of(sample_plan(), step(command, nodes, tasks, role));
}

std::string tasks_problem(const Facts& facts) {
    const auto problem = node::tasks_problem(sample_plan(), facts);
    if (!problem) return "";
    CHECK(problem->code == "node.tasks");
    return std::string(to_string(problem->severity)) + ": " + problem->message;
}

}  // namespace

TEST_CASE("a launcher is known by its name, as a module, as a file, and behind what runs another command") {
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"torchrun", "train.py"},
             {"/opt/venv/bin/torchrun", "train.py"},
             {"python", "-m", "torch.distributed.run", "train.py"},
             {"/usr/bin/python3.11", "-u", "-X", "dev", "-W", "ignore", "-m", "torch.distributed.launch", "train.py"},
             {"python3", "-mtorch.distributed.run", "train.py"},
             {"python3", "/usr/bin/torchrun", "train.py"},
             {"python3", "/lib/torch/distributed/run.py", "train.py"},
             {"accelerate", "launch", "train.py"},
             {"env", "A=1", "torchrun", "train.py"},
             {"numactl", "--cpunodebind=0", "python3", "-m", "torch.distributed.run", "train.py"},
             {"nsys", "profile", "-o", "x", "torchrun", "train.py"},
             {"uv", "run", "torchrun", "train.py"},
             {"neuron_parallel_compile", "torchrun", "train.py"}}) {
        INFO(words.front() << ' ' << words.back());
        CHECK(command_of(words) == Command::launcher);
    }
}

TEST_CASE("the recipe's own program is known by its file, however its path is written") {
    CHECK(command_of({"python", "train.py", "--lr=1"}) == Command::own);
    CHECK(command_of({"python3", "-u", "./train.py"}) == Command::own);
    CHECK(command_of({"python3", "code/train.py"}) == Command::own);
    CHECK(command_of({"python3", "/home/me/./code/train.py"}) == Command::own);
    CHECK(command_of({"/home/me/code/train.py"}) == Command::own);
    CHECK(command_of({"env", "A=1", "python", "train.py"}) == Command::own);
    CHECK(command_of({"python3", "/elsewhere/train.py"}) == Command::script);
    CHECK(command_of({"python3", "rain.py"}) == Command::script);
    plan::LaunchPlan plan = sample_plan();
    plan.entry = {.module = "pack.train"};
    Facts facts;
    node::read_command(plan, {"python3", "-m", "pack.train"}, facts);
    CHECK(facts.command == Command::own);
    node::read_command(plan, {"python3", "-m", "pack.prep"}, facts);
    CHECK(facts.command == Command::script);
}

TEST_CASE("what is neither is a script, a tool, or hidden") {
    for (const auto& words : std::vector<std::vector<std::string>>{{"python", "prep.py"},
                                                                   {"python3", "-c", "print()"},
                                                                   {"python3", "-"},
                                                                   {"python3"},
                                                                   {"python3", "-m"},
                                                                   {"./prep.py"},
                                                                   {"python3", "prep.py", "torchrun"},
                                                                   {"uv", "run", "python", "prep.py"}}) {
        INFO(words.back());
        CHECK(command_of(words) == Command::script);
    }
    CHECK(command_of({"nvidia-smi", "-l"}) == Command::helper);
    CHECK(command_of({"/opt/bin/ray", "start", "--head"}) == Command::helper);
    CHECK(command_of({"rsync", "-a", "torchrun", "/x"}) == Command::helper);
    for (const auto& words : std::vector<std::vector<std::string>>{{"bash", "-c", "torchrun train.py"},
                                                                   {"./train.sh"},
                                                                   {"apptainer", "exec", "i.sif", "torchrun"},
                                                                   {"pythonic", "train.py"},
                                                                   {"accelerate", "test"},
                                                                   {"env"},
                                                                   {"deepspeed", "train.py"},
                                                                   {}}) {
        INFO((words.empty() ? "" : words.front()));
        CHECK(command_of(words) == Command::hidden);
    }
}

TEST_CASE("a launcher whose arguments make a world of their own is not held to the step's") {
    CHECK_FALSE(own_world({"torchrun", "train.py"}));
    CHECK_FALSE(own_world({"torchrun", "--nnodes=4", "train.py"}));
    CHECK_FALSE(own_world({"torchrun", "--nnodes", "4", "train.py"}));
    CHECK(own_world({"torchrun", "--nnodes=2", "train.py"}));
    CHECK(own_world({"torchrun", "--nproc_per_node", "8", "--nnodes", "2", "train.py"}));
    CHECK(own_world({"torchrun", "--nnodes=1:4", "train.py"}));
    CHECK(own_world({"torchrun", "--nnodes"}));
    CHECK(own_world({"accelerate", "launch", "--num_machines", "2", "train.py"}));
    CHECK(own_world({"torchrun", "--standalone", "train.py"}));
    CHECK(own_world({"python3", "/usr/bin/torchrun", "--nnodes=2", "train.py"}));
    CHECK(own_world({"python3", "-m", "torch.distributed.run", "--nnodes=2", "train.py"}));
    CHECK(own_world({"python3", "-mtorch.distributed.run", "--nnodes=2", "train.py"}));
    // The program's own.
    CHECK_FALSE(own_world({"torchrun", "train.py", "--nnodes=2"}));
    CHECK_FALSE(own_world({"torchrun", "--nproc_per_node=8", "train.py", "--nnodes=2"}));
    CHECK_FALSE(own_world({"python3", "prep.py", "--nnodes=2"}));
    CHECK(own_world({"torchrun", "--nnodes=4", "train.py"}, 1));
}

TEST_CASE("torchrun once per node trains, and anything else that torchrun is started as does not") {
    CHECK(kind(Command::launcher, 4, 4) == Kind::torchrun);
    CHECK(kind(Command::launcher, 1, 1) == Kind::torchrun);
    CHECK(kind(Command::launcher, 4, 32) == Kind::plain);
    CHECK(node::trains(sample_plan(), step(Command::launcher, 4, 32)));
    Facts own = step(Command::launcher, 1, 1);
    own.own_world = true;
    CHECK_FALSE(node::trains(sample_plan(), own));
    CHECK(node::kind_of(sample_plan(), own) == Kind::torchrun);
    // Whatever the recipe says.
    plan::LaunchPlan direct = sample_plan();
    direct.launcher = plan::Launcher::direct;
    CHECK(node::kind_of(direct, step(Command::launcher, 4, 4)) == Kind::torchrun);
}

TEST_CASE("a program of Python's is a rank where there is a task for each device, and a helper where it is alone") {
    CHECK(kind(Command::script, 1, 1) == Kind::plain);
    CHECK(kind(Command::script, 4, 32) == Kind::direct);
    CHECK(kind(Command::script, 2, 16) == Kind::direct);
    CHECK(kind(Command::script, 4, 4) == Kind::torchrun);
    CHECK(kind(Command::script, 4, 5) == Kind::plain);
    CHECK_FALSE(node::trains(sample_plan(), step(Command::script, 4, 32)));
    CHECK(kind(Command::own, 4, 32) == Kind::direct);
    CHECK(node::trains(sample_plan(), step(Command::own, 4, 32)));
    CHECK(kind(Command::own, 4, 4) == Kind::torchrun);
    CHECK_FALSE(node::trains(sample_plan(), step(Command::own, 4, 4)));
    CHECK(kind(Command::own, 1, 1) == Kind::torchrun);
    plan::LaunchPlan alone = sample_plan();
    alone.layout.nodes = 1;
    alone.layout.devices_per_node = 1;
    CHECK(node::kind_of(alone, step(Command::script, 1, 1)) == Kind::direct);
    CHECK(node::kind_of(alone, step(Command::launcher, 1, 1)) == Kind::torchrun);
}

TEST_CASE("what is hidden is offered what its tasks may want, and held to nothing") {
    CHECK(kind(Command::hidden, 4, 4) == Kind::torchrun);
    CHECK(kind(Command::hidden, 4, 32) == Kind::direct);
    CHECK(kind(Command::hidden, 4, 8) == Kind::plain);
    CHECK_FALSE(node::trains(sample_plan(), step(Command::hidden, 4, 4)));
    CHECK(kind(Command::helper, 4, 4) == Kind::plain);
    CHECK_FALSE(node::trains(sample_plan(), step(Command::helper, 4, 4)));
}

TEST_CASE("--recipe-step beats the command") {
    CHECK(kind(Command::launcher, 4, 4, Role::helper) == Kind::plain);
    CHECK(kind(Command::script, 4, 32, Role::helper) == Kind::plain);
    CHECK(kind(Command::hidden, 4, 4, Role::train) == Kind::torchrun);
    CHECK(kind(Command::helper, 4, 4, Role::train) == Kind::torchrun);
    CHECK(kind(Command::script, 1, 1, Role::train) == Kind::torchrun);
    CHECK(node::trains(sample_plan(), step(Command::hidden, 4, 4, Role::train)));
    CHECK_FALSE(node::trains(sample_plan(), step(Command::launcher, 4, 4, Role::helper)));
    plan::LaunchPlan direct = sample_plan();
    direct.launcher = plan::Launcher::direct;
    CHECK(node::kind_of(direct, step(Command::hidden, 4, 4)) == Kind::plain);
    CHECK(node::kind_of(direct, step(Command::hidden, 4, 4, Role::train)) == Kind::torchrun);
    CHECK(node::role_of("train") == Role::train);
    CHECK(node::role_of("helper") == Role::helper);
    CHECK(node::role_of("auto") == Role::automatic);
    CHECK(node::role_of("") == Role::automatic);
}

TEST_CASE("tasks that leave a launcher without a world are refused, with the ways out") {
    const Facts four = step(Command::launcher, 1, 4);
    CHECK(tasks_problem(four) ==
          "error: torchrun runs once on each node and makes the node's processes itself, and this step would run it 4 "
          "times on 1 node");
    CHECK(node::tasks_problem(sample_plan(), four)->fix ==
          "start it with --ntasks=1 --ntasks-per-node=1; a step that does not train takes --recipe-step=helper, and "
          "--recipe=none leaves the recipe out of it");
    CHECK(tasks_problem(step(Command::launcher, 2, 16)).starts_with("error: "));
    CHECK(tasks_problem(step(Command::launcher, 2, 3)).starts_with("error: "));
    CHECK(tasks_problem(step(Command::launcher, 4, 4)) == "");
    Facts own = four;
    own.own_world = true;
    CHECK(tasks_problem(own) == "");
    CHECK(tasks_problem(step(Command::launcher, 1, 4, Role::helper)) == "");
    CHECK(tasks_problem(step(Command::hidden, 2, 3)) == "");
    CHECK(tasks_problem(step(Command::script, 2, 3)) == "");
    CHECK(tasks_problem(step(Command::hidden, 2, 3, Role::train)) ==
          "error: a training step has one task per node, for torchrun, or 8, one per device, and this one has 3 tasks "
          "on 2 nodes");
    CHECK(tasks_problem(step(Command::hidden, 2, 16, Role::train)) == "");
}

TEST_CASE("the recipe's program without a launcher or a task per device is a warning") {
    CHECK(tasks_problem(step(Command::own, 4, 32)) == "");
    CHECK(tasks_problem(step(Command::own, 4, 4)).starts_with("warning: the recipe's program is started without"));
    CHECK(tasks_problem(step(Command::own, 1, 1)).starts_with("warning: "));
    CHECK(tasks_problem(step(Command::own, 1, 1, Role::train)) == "");
}
