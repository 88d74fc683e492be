// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "config/config.hpp"
#include "node/node.hpp"
#include "sample_plan.hpp"
#include "slurm_text/variable_name.hpp"

#include <algorithm>
#include <set>

using namespace recipe;
using node::Change;
using node::Facts;
using node::Kind;
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

Facts four_nodes() {
    return {.job_id = 17,
            .step_id = 2,
            .node_rank = 1,
            .node_count = 4,
            .task_count = 4,
            .tasks_here = 1,
            .head = "10.0.0.1"};
}

}  // namespace

TEST_CASE("a torchrun step is one with exactly one task per node") {
    const plan::LaunchPlan plan = sample_plan();
    Facts facts = four_nodes();
    CHECK(node::kind_of(plan, facts) == Kind::torchrun);
    facts.task_count = 8;
    facts.tasks_here = 2;
    CHECK(node::kind_of(plan, facts) == Kind::plain);
    CHECK(node::rendezvous_environment(plan, facts, {}).value().empty());
}

TEST_CASE("torchrun finds its world in the environment") {
    const auto changes = node::rendezvous_environment(sample_plan(), four_nodes(), {.rank = 1}).value();
    CHECK(value_of(changes, "PET_NNODES") == "4");
    CHECK(value_of(changes, "PET_NPROC_PER_NODE") == "8");
    CHECK(value_of(changes, "PET_NODE_RANK") == "1");
    CHECK(value_of(changes, "PET_RDZV_BACKEND") == "c10d");
    CHECK(value_of(changes, "PET_RDZV_ENDPOINT") == "10.0.0.1:25274");
    CHECK(value_of(changes, "PET_RDZV_ID") == "17.2.0");
    CHECK(value_of(changes, "PET_RDZV_CONF") == "is_host=0");
    CHECK(value_of(changes, "MASTER_ADDR") == "10.0.0.1");
    REQUIRE(find(changes, "SLURM_NTASKS") != nullptr);
    CHECK_FALSE(find(changes, "SLURM_NTASKS")->value);
}

TEST_CASE("the processes of a node share its CPUs unless the user said how") {
    Facts facts = four_nodes();
    facts.cpus_here = 96;
    const auto changes = node::rendezvous_environment(sample_plan(), facts, {}).value();
    CHECK(value_of(changes, "OMP_NUM_THREADS") == "12");
    CHECK_FALSE(find(changes, "OMP_NUM_THREADS")->overwrite);
    facts.cpus_here = 2;
    CHECK(value_of(node::rendezvous_environment(sample_plan(), facts, {}).value(), "OMP_NUM_THREADS") == "1");
}

TEST_CASE("the first node alone hosts the rendezvous") {
    Facts facts = four_nodes();
    CHECK(value_of(node::rendezvous_environment(sample_plan(), facts, {.rank = 0}).value(), "PET_RDZV_CONF") ==
          "is_host=1");
    // -m arbitrary: the first task may be on any node.
    facts.node_rank = 0;
    CHECK(value_of(node::rendezvous_environment(sample_plan(), facts, {.rank = 3}).value(), "PET_RDZV_CONF") ==
          "is_host=0");
    CHECK(value_of(node::rendezvous_environment(sample_plan(), facts, {.rank = 3}).value(), "PET_NODE_RANK") == "3");
}

TEST_CASE("one node needs no port that another job could hold") {
    const Facts facts{.job_id = 17, .node_count = 1, .task_count = 1, .tasks_here = 1, .free_port = 40001};
    const auto changes = node::rendezvous_environment(sample_plan(), facts, {}).value();
    CHECK(value_of(changes, "PET_RDZV_ENDPOINT") == "localhost:0");
    CHECK(value_of(changes, "MASTER_PORT") == "40001");
}

TEST_CASE("a direct step gives each task its rank") {
    plan::LaunchPlan plan = sample_plan();
    plan.launcher = plan::Launcher::direct;
    Facts facts = four_nodes();
    facts.task_count = 32;
    facts.tasks_here = 8;
    const auto changes = node::rendezvous_environment(plan, facts, {.rank = 11, .local_rank = 3}).value();
    CHECK(value_of(changes, "RANK") == "11");
    CHECK(value_of(changes, "LOCAL_RANK") == "3");
    CHECK(value_of(changes, "WORLD_SIZE") == "32");
    CHECK(value_of(changes, "LOCAL_WORLD_SIZE") == "8");
    CHECK(find(changes, "PET_NNODES") == nullptr);
    facts.tasks_here = 7;
    CHECK(node::kind_of(plan, facts) == Kind::plain);
}

TEST_CASE("jobs and steps that run side by side get different ports") {
    const site::PortRange range;
    std::vector<std::uint16_t> ports;
    for (std::uint32_t job = 1000; job < 1000 + 4400 / 16; ++job)
        for (std::uint32_t step = 0; step < 16; ++step)
            ports.push_back(node::rendezvous_port(range, {.job_id = job, .step_id = step}));
    CHECK(*std::ranges::min_element(ports) >= 25000);
    CHECK(*std::ranges::max_element(ports) <= 29399);
    std::ranges::sort(ports);
    CHECK(std::ranges::adjacent_find(ports) == ports.end());
}

TEST_CASE("the steps of one job never share a port, however many there are") {
    CHECK(node::rendezvous_port({}, {.job_id = 17, .step_id = 0}) !=
          node::rendezvous_port({}, {.job_id = 17, .step_id = 16}));
}

TEST_CASE("ports that Slurm reserved for the step are used") {
    CHECK(node::rendezvous_port({}, {.job_id = 17, .reserved_ports = "12000-12003"}) == 12000);
    CHECK(node::rendezvous_port({}, {.job_id = 17, .reserved_ports = "rubbish"}) == 25000 + 17 * 16);
}

TEST_CASE(
    "further ports are far from those that the job's next steps begin with, and all of the range are tried once") {
    const auto ports = node::rendezvous_ports({}, {.job_id = 17, .step_id = 2});
    CHECK(ports.size() == 64);
    CHECK(ports[0] == 25274);
    CHECK(ports[1] == 25282);
    CHECK(ports[2] == 25298);
    for (const auto& range :
         {site::PortRange{.first = 30000, .last = 30000}, site::PortRange{.first = 30000, .last = 30002},
          site::PortRange{.first = 30000, .last = 30099}}) {
        const auto some = node::rendezvous_ports(range, {.job_id = 17, .step_id = 2});
        const std::set<std::uint16_t> distinct(some.begin(), some.end());
        CHECK(distinct.size() == some.size());
        CHECK(*distinct.begin() >= range.first);
        CHECK(*distinct.rbegin() <= range.last);
        if (range.last - range.first < 64) CHECK(some.size() == static_cast<std::size_t>(range.last - range.first + 1));
    }
    CHECK(node::rendezvous_ports({}, {.reserved_ports = "12000-12002,12010"}) ==
          std::vector<std::uint16_t>{12000, 12001, 12002, 12010});
    CHECK(node::rendezvous_ports({}, {.reserved_ports = "65534-65535"}).size() == 2);
    CHECK(node::rendezvous_ports({}, {.reserved_ports = "1-65535"}).size() == 64);
}

TEST_CASE("the port that the head node found free is the one of all variables") {
    Facts facts = four_nodes();
    facts.port = 26001;
    const auto changes = node::rendezvous_environment(sample_plan(), facts, {}).value();
    CHECK(value_of(changes, "PET_RDZV_ENDPOINT") == "10.0.0.1:26001");
    CHECK(value_of(changes, "MASTER_PORT") == "26001");
}

TEST_CASE("several nodes without a known head are an error and no world of one") {
    Facts facts = four_nodes();
    facts.head.clear();
    const auto changes = node::rendezvous_environment(sample_plan(), facts, {});
    REQUIRE_FALSE(changes);
    CHECK(changes.error().front().code == "rendezvous.no_head");
}

TEST_CASE("an IPv6 head is bracketed beside its port") {
    Facts facts = four_nodes();
    facts.head = "fd00::1";
    CHECK(value_of(node::rendezvous_environment(sample_plan(), facts, {}).value(), "PET_RDZV_ENDPOINT") ==
          "[fd00::1]:25274");
}

TEST_CASE("what the user exported beats the recipe, what was typed beats both") {
    plan::LaunchPlan plan = sample_plan();
    plan.environment = {{"FROM_RECIPE", "1"}, {"TYPED", "2", plan::VariableOrigin::typed}};
    const auto changes = node::recipe_environment(plan, four_nodes());
    CHECK_FALSE(find(changes, "FROM_RECIPE")->overwrite);
    CHECK(find(changes, "TYPED")->overwrite);
    CHECK(value_of(changes, "RECIPE_RESULTS_DIR") == "/fsx/results/17");
}

TEST_CASE("the job's directory takes the place of the plan's placeholder and nothing else changes") {
    plan::LaunchPlan plan = sample_plan();
    const auto config = config::parse_yaml(
        "a: /fsx/results/%j/checkpoints\nb: /fsx/results//%j\nc: /fsx/results/%jx\nd: /other/%j\n", "c");
    REQUIRE(config);
    plan.config = *config;
    const std::string text = node::config_text(plan, {.job_id = 17});
    CHECK(text == "a: /fsx/results/17/checkpoints\nb: /fsx/results/17\nc: /fsx/results/%jx\nd: /other/%j\n");
}

TEST_CASE("each task of an array has a directory of its own") {
    CHECK(node::job_directory(sample_plan(), {.job_id = 21, .array_job_id = 20, .array_task_id = 3}) ==
          "/fsx/results/20_3");
}

TEST_CASE("what the batch script starts is quoted for the shell") {
    plan::LaunchPlan plan = sample_plan();
    plan.entry.program = "/opt/my code/train.py";
    plan.entry.arguments = {"it's", "$HOME"};
    CHECK(value_of(node::batch_environment(plan, {}), "RECIPE_COMMAND") ==
          "torchrun '/opt/my code/train.py' 'it'\\''s' '$HOME'");
    CHECK(value_of(node::batch_environment(plan, {}), "RECIPE_TASKS_PER_NODE") == "1");
    CHECK(value_of(node::batch_environment(plan, {}), "RECIPE_SETUP") == "");
    plan.srun_arguments = {"--label", "--comment=a b"};
    plan.setup = {"module load cuda", "source venv/bin/activate"};
    CHECK(value_of(node::batch_environment(plan, {}), "RECIPE_SRUN_ARGUMENTS") == "'--label' '--comment=a b'");
    CHECK(value_of(node::batch_environment(plan, {}), "RECIPE_SETUP") ==
          "module load cuda\nsource venv/bin/activate\n");
}

TEST_CASE("a saved script carries the recipe in lines that sbatch reads back") {
    const auto script = node::batch_script_for("llama", {"a.b=1", "s=\"x # y\""});
    REQUIRE(script);
    CHECK(script->starts_with("#!/bin/bash\n#SBATCH --recipe=\"llama\"\n#SBATCH --recipe-set=\"a.b=1\"\n"));
    CHECK(script->find("#SBATCH --recipe-set=\"s=\\\"x \\# y\\\"\"\n") != std::string::npos);
    CHECK_FALSE(node::batch_script_for("llama", {"a=1\nrm -rf"}));
}

TEST_CASE("a step is the recipe's only when both its tasks and those of this node are as many as the launcher needs") {
    plan::LaunchPlan plan = sample_plan();
    const auto kind = [&](std::uint32_t nodes, std::uint32_t tasks, std::uint32_t here) {
        return node::kind_of(plan, {.node_count = nodes, .task_count = tasks, .tasks_here = here});
    };
    CHECK(kind(1, 1, 1) == Kind::torchrun);
    CHECK(kind(4, 4, 1) == Kind::torchrun);
    CHECK(kind(4, 5, 1) == Kind::plain);
    CHECK(kind(4, 3, 1) == Kind::plain);
    // Four tasks on four nodes, two of them here.
    CHECK(kind(4, 4, 2) == Kind::plain);
    plan.launcher = plan::Launcher::direct;
    CHECK(kind(1, 8, 8) == Kind::direct);
    CHECK(kind(4, 32, 8) == Kind::direct);
    CHECK(kind(4, 31, 8) == Kind::plain);
    CHECK(kind(4, 33, 8) == Kind::plain);
    CHECK(kind(4, 32, 7) == Kind::plain);
    CHECK(kind(4, 4, 1) == Kind::plain);
}

TEST_CASE("a plain step gets no rendezvous, even where nobody knows the head") {
    Facts facts = four_nodes();
    facts.task_count = 5;
    facts.head.clear();
    const auto changes = node::rendezvous_environment(sample_plan(), facts, {});
    REQUIRE(changes);
    CHECK(changes->empty());
}

TEST_CASE("a direct step's tasks know their node's rank, and meet where torchrun would") {
    plan::LaunchPlan plan = sample_plan();
    plan.launcher = plan::Launcher::direct;
    Facts facts = four_nodes();
    facts.node_rank = 3;
    facts.task_count = 32;
    facts.tasks_here = 8;
    const auto changes = node::rendezvous_environment(plan, facts, {.rank = 24, .local_rank = 0}).value();
    CHECK(value_of(changes, "GROUP_RANK") == "3");
    CHECK(value_of(changes, "MASTER_ADDR") == "10.0.0.1");
    CHECK(value_of(changes, "MASTER_PORT") == "25274");
    // These are torchrun's to hide.
    CHECK(find(changes, "SLURM_NTASKS") == nullptr);
    CHECK(find(changes, "NCCL_SOCKET_IFNAME") == nullptr);
}

TEST_CASE("under torchrun no variable of Slurm's says how large the world is") {
    const auto changes = node::rendezvous_environment(sample_plan(), four_nodes(), {}).value();
    for (const char* name : {"SLURM_NTASKS", "SLURM_NPROCS", "SLURM_NTASKS_PER_NODE", "SLURM_TASKS_PER_NODE",
                             "SLURM_STEP_NUM_TASKS", "SLURM_STEP_TASKS_PER_NODE"}) {
        INFO(name);
        REQUIRE(find(changes, name) != nullptr);
        CHECK_FALSE(find(changes, name)->value);
    }
}

TEST_CASE("CPUs are shared evenly, and unknown ones not at all") {
    Facts facts = four_nodes();
    for (const auto& [cpus, threads] :
         {std::pair(1U, "1"), std::pair(8U, "1"), std::pair(15U, "1"), std::pair(16U, "2"), std::pair(17U, "2")}) {
        facts.cpus_here = cpus;
        CHECK(value_of(node::rendezvous_environment(sample_plan(), facts, {}).value(), "OMP_NUM_THREADS") == threads);
    }
    facts.cpus_here = 0;
    CHECK(find(node::rendezvous_environment(sample_plan(), facts, {}).value(), "OMP_NUM_THREADS") == nullptr);
}

TEST_CASE("a rendezvous port stays in its range, whatever the range is") {
    const site::PortRange two{.first = 30000, .last = 30001};
    CHECK(node::rendezvous_port(two, {.job_id = 0, .step_id = 0}) == 30000);
    CHECK(node::rendezvous_port(two, {.job_id = 0, .step_id = 1}) == 30001);
    CHECK(node::rendezvous_port(two, {.job_id = 0, .step_id = 2}) == 30000);
    CHECK(node::rendezvous_port({.first = 30000, .last = 30000}, {.job_id = 1, .step_id = 3}) == 30000);
    CHECK(node::rendezvous_port(two, {.reserved_ports = "1"}) == 1);
    CHECK(node::rendezvous_port(two, {.reserved_ports = "65535"}) == 65535);
    CHECK(node::rendezvous_port(two, {.reserved_ports = "65536"}) == 30000);
    CHECK(node::rendezvous_port(two, {.reserved_ports = "0"}) == 30000);
    CHECK(value_of(node::rendezvous_environment(sample_plan(), {}, {}).value(), "MASTER_PORT") == "0");
}

TEST_CASE("the placeholder of a job's directory is replaced where it is a path's second part alone") {
    plan::LaunchPlan plan = sample_plan();
    const auto config = config::parse_yaml(
        "[/fsx/results%j, /fsx/results/, /fsx/results, x/fsx/results/%j, [/fsx/results/%j/a], 1]", "c");
    REQUIRE(config);
    plan.config = *config;
    CHECK(node::config_text(plan, {.job_id = 17}) ==
          "- /fsx/results%j\n- /fsx/results/\n- /fsx/results\n- x/fsx/results/%j\n- - /fsx/results/17/a\n- 1\n");
    plan.written_directories = {"/fsx/results/%j/checkpoints", "/scratch"};
    CHECK(node::written_directories(plan, {.job_id = 17}) ==
          std::vector<std::string>{"/fsx/results/17/checkpoints", "/scratch"});
    CHECK_FALSE(node::code_directory(plan, {.job_id = 17}));
}

TEST_CASE("a step with a configuration of its own writes to a directory of its own in the job's") {
    plan::LaunchPlan plan = sample_plan();
    plan.config =
        config::parse_yaml("- /fsx/results/%j/checkpoints\n- /fsx/results/%j/code/x\n- /fsx/results/%j/codes\n", "c")
            .value();
    plan.written_directories = {"/fsx/results/%j/checkpoints", "/scratch"};
    plan.entry = {.program = "/fsx/results/%j/code/train.py", .arguments = {"/fsx/results/%j/out"}};
    plan.code = plan::Code{.url = "https://host/repository", .branch = {}, .commit = {}, .token_file = {}};
    const Facts facts{.job_id = 17};
    CHECK(node::results_directory(plan, facts) == "/fsx/results/17");
    plan.step_key = "0123456789ab";
    CHECK(node::results_directory(plan, facts) == "/fsx/results/17/0123456789ab");
    CHECK(value_of(node::recipe_paths(plan, facts), "RECIPE_RESULTS_DIR") == "/fsx/results/17/0123456789ab");
    CHECK(
        node::config_text(plan, facts) ==
        "- /fsx/results/17/0123456789ab/checkpoints\n- /fsx/results/17/code/x\n- /fsx/results/17/0123456789ab/codes\n");
    CHECK(node::written_directories(plan, facts) ==
          std::vector<std::string>{"/fsx/results/17/0123456789ab/checkpoints", "/scratch"});
    // The job's clone, configuration and manifest stay the job's.
    CHECK(node::code_directory(plan, facts) == "/fsx/results/17/code");
    CHECK(node::entry_of(plan, facts).program == "/fsx/results/17/code/train.py");
    CHECK(node::entry_of(plan, facts).arguments == std::vector<std::string>{"/fsx/results/17/0123456789ab/out"});
    CHECK(node::manifest_file(plan, facts) == "/fsx/results/17/manifest.json");
    CHECK(node::config_file(plan, facts).starts_with("/fsx/results/17/recipe-"));
}

TEST_CASE("a job's files lie in its directory, and each start has a report of its own") {
    const plan::LaunchPlan plan = sample_plan();
    const Facts facts{.job_id = 17, .restart_count = 2};
    CHECK(node::report_file(plan, facts) == "/fsx/results/17/environment-2.txt");
    CHECK(node::manifest_file(plan, facts) == "/fsx/results/17/manifest.json");
    const std::string name = "recipe-" + plan.digest.substr(0, 12) + ".yaml";
    const auto changes = node::recipe_paths(plan, facts);
    CHECK(value_of(changes, "RECIPE_NAME") == "training/llama/sample");
    CHECK(value_of(changes, "RECIPE_CONFIG") == "/fsx/results/17/" + name);
    CHECK(value_of(changes, "RECIPE_CONFIG_DIR") == "/fsx/results/17");
    CHECK(value_of(changes, "RECIPE_CONFIG_NAME") == name);
}

TEST_CASE("a program that is no Python script is started as it is") {
    plan::LaunchPlan plan = sample_plan();
    plan.entry = {.program = "/opt/train", .arguments = {}};
    CHECK(value_of(node::batch_environment(plan, {}), "RECIPE_COMMAND") == "torchrun --no-python '/opt/train'");
    plan.launcher = plan::Launcher::direct;
    auto changes = node::batch_environment(plan, {});
    CHECK(value_of(changes, "RECIPE_COMMAND") == "'/opt/train'");
    CHECK(value_of(changes, "RECIPE_TASKS_PER_NODE") == "8");
    CHECK(value_of(changes, "RECIPE_SRUN_ARGUMENTS") == "");
    REQUIRE(find(changes, "RECIPE_SECRET_COMMAND") != nullptr);
    CHECK_FALSE(find(changes, "RECIPE_SECRET_COMMAND")->value);
    plan.entry.program = "/opt/train.py";
    CHECK(value_of(node::batch_environment(plan, {}), "RECIPE_COMMAND") == "python3 '/opt/train.py'");
    // A job that only has a recipe inherits no command of the job that submitted it.
    plan.entry = {};
    changes = node::batch_environment(plan, {});
    for (const char* name : {"RECIPE_COMMAND", "RECIPE_SECRET_COMMAND", "RECIPE_TASKS_PER_NODE",
                             "RECIPE_SRUN_ARGUMENTS", "RECIPE_SETUP"}) {
        INFO(name);
        REQUIRE(find(changes, name) != nullptr);
        CHECK_FALSE(find(changes, name)->value);
    }
}

TEST_CASE("the options of torchrun that a step sets are those that no recipe may set") {
    const auto changes = node::rendezvous_environment(sample_plan(), four_nodes(), {.rank = 1}).value();
    std::vector<std::string> set;
    for (const node::Change& change : changes)
        if (change.name.starts_with("PET_")) set.push_back(change.name);
    CHECK(std::ranges::is_permutation(set, slurm_text::rendezvous::all));
}

TEST_CASE("neither a recipe's name nor an override with a line break gets into a saved script") {
    for (const auto& script : {node::batch_script_for("a\nb", {}), node::batch_script_for("a", {"b=1", "c=1\n"})}) {
        REQUIRE_FALSE(script);
        CHECK(script.error().front().code == "launch.script_line");
    }
    const std::string script = node::batch_script_for("a\\b", {}).value();
    CHECK(script.starts_with("#!/bin/bash\n#SBATCH --recipe=\"a\\\\b\"\n# The batch script"));
    CHECK(script.substr(script.find("# The batch")) ==
          std::string(node::generic_batch_script()).substr(node::generic_batch_script().find("# The batch")));
    CHECK(node::generic_batch_script().starts_with("#!/bin/bash\n# The batch"));
}
