// SPDX-License-Identifier: Apache-2.0
#include "../submitting.hpp"
#include "catch.hpp"

#include <algorithm>

using namespace recipe;
using planner::Level;
using test::count_of;
using test::find;
using test::llama;
using test::option_of;
using test::Submitting;
using test::tiny;

TEST_CASE("-N is an override of the number of nodes") {
    const auto submission = Submitting(tiny).option("nodes", "3").accepted();
    CHECK(submission.plan.layout.nodes == 3);
    CHECK(*submission.plan.config.at("trainer.num_nodes")->as_int() == 3);
    CHECK(option_of(submission, "nodes") == "(not set)");
}

TEST_CASE("-N as Slurm keeps it, a range of one, is one number") {
    CHECK(Submitting(tiny).option("nodes", "3-3").accepted().plan.layout.nodes == 3);
}

TEST_CASE("a range of nodes is refused") {
    CHECK(Submitting(tiny).option("nodes", "1-3").refused().code == "submit.node_range");
}

TEST_CASE("two spellings of one level that disagree are refused with both named") {
    const Diagnostic refused = Submitting(tiny).option("nodes", "2").set("trainer.num_nodes=4").refused();
    CHECK(refused.code == "submit.conflict");
    CHECK(refused.message.find("--nodes=2") != std::string::npos);
    CHECK(refused.message.find("trainer.num_nodes=4") != std::string::npos);
}

TEST_CASE("the stronger level wins, whichever spelling it has") {
    CHECK(
        Submitting(tiny).option("nodes", "2", Level::script).set("trainer.num_nodes=4").accepted().plan.layout.nodes ==
        4);
    CHECK(option_of(Submitting(tiny).option("nodes", "2", Level::script).set("trainer.num_nodes=4").accepted(),
                    "nodes") == "4");
    CHECK(
        Submitting(tiny).option("nodes", "2").set("trainer.num_nodes=4", Level::script).accepted().plan.layout.nodes ==
        2);
    CHECK(Submitting(tiny)
              .option("nodes", "2", Level::environment)
              .set("trainer.num_nodes=4", Level::script)
              .accepted()
              .plan.layout.nodes == 2);
}

TEST_CASE("any spelling of the key counts as the setting") {
    CHECK(Submitting(tiny).option("nodes", "2").set("recipes.trainer.num_nodes=4").refused().code == "submit.conflict");
    CHECK(Submitting(tiny).option("nodes", "2").set("++trainer.num_nodes=4").refused().code == "submit.conflict");
    CHECK(Submitting(tiny).option("nodes", "2").set("trainer={num_nodes: 4}").refused().code == "submit.conflict");
    CHECK(Submitting(tiny)
              .option("nodes", "2")
              .set("trainer.num_nodes=4")
              .set("trainer.num_nodes=2")
              .accepted()
              .plan.layout.nodes == 2);
}

TEST_CASE("every spelling of GPUs is the number of devices, and none is added to it") {
    const auto devices = [](const char* name, const char* value) {
        const auto submission = Submitting(llama)
                                    .on_cluster_with_gpus()
                                    .option(name, value)
                                    .set("model.shard_degree=4")
                                    .set("trainer.num_nodes=2")
                                    .accepted();
        CHECK(option_of(submission, "gpus-per-node") == "(not set)");
        return submission.plan.layout.devices_per_node;
    };
    CHECK(devices("gpus-per-node", "4") == 4);
    CHECK(devices("gpus-per-node", "a10g:4") == 4);
    CHECK(devices("gres", "gpu:4") == 4);
    CHECK(devices("gres", "gpu:a10g:4,shard:2") == 4);
    CHECK(devices("gres", "gres:gpu:4") == 4);
    CHECK(devices("gpus", "8") == 4);
    CHECK(devices("gpus-per-task", "4") == 4);
    CHECK(devices("gres", "gpu:a10g:2,gpu:h100:2") == 4);
}

TEST_CASE("a GRES that is no GPU says nothing about devices") {
    const auto submission = Submitting(llama).on_cluster_with_gpus().option("gres", "shard:4").accepted();
    CHECK(option_of(submission, "gpus-per-node") == "8");
}

TEST_CASE("GPUs that do not spread evenly are refused") {
    CHECK(Submitting(llama).option("gpus", "7").set("trainer.num_nodes=2").refused().code == "submit.gpus");
}

TEST_CASE("a weaker total that no longer fits is rewritten, not refused") {
    const auto submission = Submitting(llama)
                                .option("gpus", "16", Level::script)
                                .set("trainer.num_nodes=3")
                                .set("trainer.devices=8")
                                .accepted();
    CHECK(option_of(submission, "gpus") == "24");
}

TEST_CASE("GPUs per task count once for each task, and torchrun's one task must have them all") {
    CHECK(Submitting(llama).option("gpus-per-task", "8").accepted().plan.layout.devices_per_node == 8);
    const auto tasks = Submitting(tiny)
                           .set("trainer.accelerator=gpu")
                           .set("launch.launcher=direct")
                           .option("gpus-per-task", "1")
                           .option("ntasks-per-node", "4")
                           .accepted();
    CHECK(tasks.plan.layout.devices_per_node == 4);
    const auto each = [] { return Submitting(llama).option("gpus-per-task", "1").option("ntasks-per-node", "8"); };
    CHECK(each().without_script().refused().code == "submit.gpus");
    // A script of the user's own starts a process for each device as well as torchrun.
    const planner::Outcome own = each().outcome();
    CHECK(own.diagnostics.empty());
    REQUIRE(own.submission);
    CHECK(own.submission->plan.layout.devices_per_node == 8);
    CHECK(option_of(*own.submission, "gpus-per-task") == "(not set)");
}

TEST_CASE("tasks and their GPUs are the business of a script of the user's own, and of srun's command") {
    const auto two = [](planner::Tool tool) {
        return Submitting(llama, tool).option("gpus-per-task", "4").option("ntasks-per-node", "2");
    };
    const auto refused = two(planner::Tool::sbatch).without_script().outcome();
    CHECK_FALSE(refused.submission);
    CHECK(count_of(refused, "submit.gpus") == 1);
    for (const planner::Tool tool : {planner::Tool::sbatch, planner::Tool::salloc}) {
        const planner::Outcome outcome = two(tool).outcome();
        CHECK(outcome.submission);
        CHECK(count_of(outcome, "submit.gpus") == 1);
        CHECK(count_of(outcome, "submit.tasks_per_node") == 0);  // the same cause
        REQUIRE(find(outcome.diagnostics, "submit.gpus") != nullptr);
        CHECK(find(outcome.diagnostics, "submit.gpus")->severity == Severity::warning);
    }
    CHECK(count_of(two(planner::Tool::srun).outcome(), "submit.gpus") == 0);
    CHECK(count_of(two(planner::Tool::srun).outcome(), "submit.tasks_per_node") == 0);
}

TEST_CASE("two GPU options that mean different numbers are refused") {
    CHECK(Submitting(llama).option("gres", "gpu:4").option("gpus-per-node", "8").refused().code == "submit.conflict");
}

TEST_CASE("a weaker GPU option follows a stronger override") {
    const auto submission =
        Submitting(llama).option("gpus-per-node", "a10g:4", Level::script).set("trainer.devices=8").accepted();
    CHECK(option_of(submission, "gpus-per-node") == "a10g:8");
}

TEST_CASE("--ntasks-per-node never changes torchrun's devices") {
    CHECK(Submitting(llama).option("ntasks-per-node", "8").accepted().plan.layout.devices_per_node == 8);
    CHECK(Submitting(llama).option("ntasks-per-node", "1").accepted().plan.layout.devices_per_node == 8);
    CHECK(Submitting(llama).option("ntasks-per-node", "4").without_script().refused().code == "submit.tasks_per_node");
    const planner::Outcome own = Submitting(llama).option("ntasks-per-node", "4").outcome();
    REQUIRE(own.submission);
    CHECK(own.submission->plan.layout.devices_per_node == 8);
    CHECK(count_of(own, "submit.tasks_per_node") == 1);
}

TEST_CASE("--ntasks-per-node is the number of devices of a direct launch") {
    const auto submission = Submitting(tiny).option("ntasks-per-node", "2").set("launch.launcher=direct").accepted();
    CHECK(submission.plan.tasks_per_node() == 2);
}

TEST_CASE("time limits are compared as time") {
    CHECK(Submitting(tiny).option("time", "00:10:00").set("run.time_limit='10'").accepted().plan.resources.time_limit ==
          10);
    CHECK(Submitting(tiny).option("time", "00:11:00").set("run.time_limit='10'").refused().code == "submit.conflict");
    const auto longer = Submitting(tiny).option("time", "02:00:00").accepted();
    CHECK(longer.plan.resources.time_limit == 120);
    CHECK(option_of(longer, "time") == "(not set)");
}

TEST_CASE("a stronger option for no limit takes a weaker limit away") {
    const auto submission =
        Submitting(tiny).option("time", "00:10:00", Level::script).set("run.time_limit=UNLIMITED").accepted();
    CHECK(option_of(submission, "time") == "UNLIMITED");
}

TEST_CASE("of two overrides of one level and key the later is the one that a Slurm option disagrees with") {
    const Diagnostic refused =
        Submitting(tiny).option("nodes", "2").set("trainer.num_nodes=3").set("trainer.num_nodes=4").refused();
    CHECK(refused.code == "submit.conflict");
    CHECK(refused.key == "trainer.num_nodes");
    CHECK(refused.message ==
          "--nodes=2 and trainer.num_nodes=4 (--recipe-set 2) are two spellings of one setting and disagree");
    CHECK(refused.fix == "leave one of them out, or say --recipe-set=trainer.num_nodes=2");
    // A weaker one does not stand for the stronger.
    CHECK(Submitting(tiny)
              .option("nodes", "2", Level::environment)
              .set("trainer.num_nodes=3", Level::script)
              .set("trainer.num_nodes=4")
              .accepted()
              .plan.layout.nodes == 4);
}

TEST_CASE("a count goes into the one item of a GRES that is a GPU's, and where there are two nobody knows which") {
    const auto gres = [](const char* value) {
        return option_of(Submitting(llama).option("gres", value, Level::script).set("trainer.devices=8").accepted(),
                         "gres");
    };
    CHECK(gres("gpu:a10g:4,shard:2") == "gpu:a10g:8,shard:2");
    CHECK(gres("shard:2,gpu:4") == "shard:2,gpu:8");
    CHECK(gres("gpu") == "gpu:8");
    CHECK(gres("gpu:a10g:8") == "(not set)");
    CHECK(gres("gpu:a10g:4,gpu:h100:4") == "(not set)");
    const Diagnostic two =
        Submitting(llama).option("gres", "gpu:a10g:2,gpu:h100:2", Level::script).set("trainer.devices=8").refused();
    CHECK(two.code == "submit.gpus");
    CHECK(two.key == "trainer.devices");
    CHECK(two.message == "--gres=gpu:a10g:2,gpu:h100:2 asks for 4 devices per node, the recipe for 8");
}

TEST_CASE("a weaker GPU option follows the stronger, whichever of them it is") {
    const auto weaker = [](const char* weak, const char* four, const char* strong, const char* eight) {
        const auto submission = Submitting(llama).option(weak, four, Level::script).option(strong, eight).accepted();
        CHECK(submission.plan.layout.devices_per_node == 8);
        CHECK(option_of(submission, strong) == "(not set)");
        return option_of(submission, weak);
    };
    CHECK(weaker("gres", "gpu:4", "gpus-per-node", "8") == "gpu:8");
    CHECK(weaker("gpus-per-node", "4", "gres", "gpu:8") == "8");
}

TEST_CASE("GPUs that do not spread evenly are nobody's wish where a stronger override says the devices") {
    const auto seven = [](Level level) {
        return Submitting(llama).option("gpus", "7", level).set("trainer.num_nodes=2").set("trainer.devices=8");
    };
    CHECK(option_of(seven(Level::script).accepted(), "gpus") == "16");
    const Diagnostic refused = seven(Level::command_line).refused();
    CHECK(refused.code == "submit.gpus");
    CHECK(refused.message == "7 GPUs cannot be spread evenly over 2 nodes");
    CHECK(refused.fix == "-G 8");
}

namespace {

/// -w or --nodefile, of so many names.
planner::Outcome listing(Submitting submitting, std::int64_t names) {
    planner::SubmitRequest request = submitting.option("nodelist", "n[1-9]").request();
    request.listed_nodes = names;
    return planner::prepare(request);
}

std::int64_t nodes_of(const planner::Outcome& outcome) {
    REQUIRE(outcome.submission);
    return outcome.submission->plan.layout.nodes;
}

}  // namespace

TEST_CASE("a list of nodes is so many nodes at least") {
    CHECK(nodes_of(listing(Submitting(tiny), 2)) == 2);
    CHECK(option_of(*listing(Submitting(tiny), 2).submission, "nodes") == "2");
    CHECK(nodes_of(listing(Submitting(tiny).set("trainer.num_nodes=4"), 2)) == 4);
    CHECK(nodes_of(listing(Submitting(tiny).set("trainer.num_nodes=2"), 2)) == 2);
    CHECK(nodes_of(listing(Submitting(tiny).option("nodes", "4"), 2)) == 4);
    CHECK(nodes_of(listing(Submitting(tiny).set("trainer.num_nodes=1", Level::script), 3)) == 3);
}

TEST_CASE("a list of more nodes than were asked for is refused with both named") {
    const planner::Outcome refused = listing(Submitting(tiny).set("trainer.num_nodes=2"), 3);
    REQUIRE_FALSE(refused.submission);
    const Diagnostic* conflict = test::find(refused.diagnostics, "submit.conflict");
    REQUIRE(conflict != nullptr);
    CHECK(conflict->message.find("--nodelist=n[1-9] lists 3 nodes") != std::string::npos);
    CHECK(conflict->message.find("trainer.num_nodes=2 (--recipe-set 1)") != std::string::npos);
    CHECK(conflict->fix == "--recipe-set=trainer.num_nodes=3");
    // Slurm before 24.11 refuses this one itself.
    const planner::Outcome fewer = listing(Submitting(tiny).option("nodes", "2"), 3);
    const Diagnostic* of_nodes = test::find(fewer.diagnostics, "submit.conflict");
    REQUIRE(of_nodes != nullptr);
    CHECK(of_nodes->message.find("and --nodes=2 asks for 2") != std::string::npos);
    CHECK(of_nodes->fix == "-N 3");
    CHECK(nodes_of(listing(Submitting(tiny).option("nodes", "2", Level::script), 3)) == 3);
}

TEST_CASE("-n with --ntasks-per-node is a number of nodes, unless -N is one") {
    const auto of = [] { return Submitting(tiny).option("ntasks", "4").option("ntasks-per-node", "2"); };
    CHECK(of().accepted().plan.layout.nodes == 2);
    CHECK(of().option("nodes", "4").accepted().plan.layout.nodes == 4);
    CHECK(of().set("trainer.num_nodes=2").accepted().plan.layout.nodes == 2);
    const Diagnostic refused = of().set("trainer.num_nodes=4").refused();
    CHECK(refused.code == "submit.conflict");
    CHECK(refused.message.find("--ntasks=4 --ntasks-per-node=2") != std::string::npos);
    CHECK(refused.message.find("trainer.num_nodes=4") != std::string::npos);
    CHECK(Submitting(tiny).option("ntasks", "5").option("ntasks-per-node", "2").accepted().plan.layout.nodes == 3);
}

TEST_CASE("fewer tasks than nodes are refused with both named") {
    const Diagnostic refused = Submitting(tiny).option("ntasks", "2").set("trainer.num_nodes=4").refused();
    CHECK(refused.code == "submit.conflict");
    CHECK(refused.message ==
          "--ntasks=2 starts 2 tasks on the 4 nodes of trainer.num_nodes=4, and each node takes "
          "one at least");
    CHECK(Submitting(tiny).option("ntasks", "4").set("trainer.num_nodes=4").accepted().plan.layout.nodes == 4);
    CHECK(Submitting(llama).option("ntasks", "1").set("trainer.num_nodes=2").refused().code == "submit.conflict");
}

TEST_CASE("--ntasks-per-gpu says what GPUs there are with -n, and takes no --ntasks-per-node beside it") {
    const auto of = [](const char* tasks) {
        return Submitting(llama)
            .on_cluster_with_gpus()
            .option("ntasks-per-gpu", "1")
            .option("ntasks", tasks)
            .set("trainer.num_nodes=2")
            .set("model.shard_degree=4");
    };
    const auto submission = of("8").accepted();
    CHECK(submission.plan.layout.devices_per_node == 4);
    CHECK(option_of(submission, "ntasks-per-node") == "(not set)");
    CHECK(option_of(submission, "gpus-per-node") == "4");
    CHECK(of("8").set("trainer.devices=8").refused().code == "submit.conflict");
    CHECK(of("9").refused().code == "submit.gpus");
    const auto alone = Submitting(llama).on_cluster_with_gpus().option("ntasks-per-gpu", "1").accepted();
    CHECK(option_of(alone, "ntasks-per-node") == "(not set)");
    CHECK(option_of(alone, "gpus-per-node") == "8");
    const Diagnostic two =
        Submitting(llama).on_cluster_with_gpus().option("ntasks-per-gpu", "2").without_script().refused();
    CHECK(two.code == "submit.tasks_per_node");
    CHECK(two.fix == "--ntasks-per-gpu=1");
}

TEST_CASE("with a task for each device -n says how many a node has, and follows a stronger override") {
    const auto direct = [] {
        return Submitting(llama)
            .on_cluster_with_gpus()
            .set("launch.launcher=direct")
            .set("trainer.num_nodes=2")
            .set("model.shard_degree=4");
    };
    CHECK(direct().option("ntasks", "8").accepted().plan.layout.devices_per_node == 4);
    CHECK(direct().option("ntasks", "8").set("trainer.devices=8").refused().code == "submit.conflict");
    CHECK(direct().option("ntasks", "7").refused().message == "7 tasks cannot be spread evenly over 2 nodes");
    const auto followed = direct().option("ntasks", "8", Level::script).set("trainer.devices=8").accepted();
    CHECK(option_of(followed, "ntasks") == "16");
    const auto per_node = direct().option("ntasks-per-node", "4", Level::script).set("trainer.devices=8").accepted();
    CHECK(option_of(per_node, "ntasks-per-node") == "8");
}

TEST_CASE("GPUs and tasks of a job of no nodes are refused for the nodes alone") {
    const auto none = [] { return Submitting(llama).set("trainer.num_nodes=0"); };
    CHECK(none().option("gpus", "8").refused().code == "devices.range");
    CHECK(none().option("gpus-per-task", "8").option("ntasks", "2").refused().code == "devices.range");
    CHECK(none().option("gpus-per-task", "8").refused().code == "devices.range");
    CHECK(none().set("launch.launcher=direct").option("ntasks", "8").refused().code == "devices.range");
}

TEST_CASE("an option that leaves the nodes open is told with the fewest that it names") {
    const auto refused = [](const char* nodes) { return Submitting(tiny).option("nodes", nodes).refused(); };
    CHECK(refused("2-4").fix == "-N 2");
    CHECK(refused("2-4").key == "trainer.num_nodes");
    CHECK(refused("many").fix == "-N 1");
    CHECK(refused("2-").code == "submit.node_range");
    CHECK(refused("-2").code == "submit.node_range");
}

TEST_CASE("a number of tasks that no node can share out is told in tasks, one of GPUs in GPUs") {
    const auto fix = [](const char* option, const char* value) {
        return Submitting(llama)
            .option(option, value)
            .set("launch.launcher=direct")
            .set("trainer.num_nodes=2")
            .refused();
    };
    CHECK(fix("ntasks", "15").fix == "-n 16");
    CHECK(fix("gpus", "15").fix == "-G 16");
    CHECK(fix("gpus", "15").key == "trainer.devices");
    CHECK(fix("ntasks", "15").source.name == "--ntasks=15");
}
