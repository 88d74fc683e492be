// SPDX-License-Identifier: Apache-2.0
#include "../submitting.hpp"
#include "catch.hpp"

#include <algorithm>

using namespace recipe;
using planner::Tool;
using test::count_of;
using test::llama;
using test::option_of;
using test::Submitting;
using test::tiny;

TEST_CASE("what nobody set is asked of Slurm") {
    const auto submission = Submitting(llama).on_cluster_with_gpus().set("trainer.num_nodes=4").accepted();
    CHECK(submission.plan.layout.nodes == 4);
    CHECK(submission.plan.layout.world() == 32);
    CHECK(option_of(submission, "nodes") == "4");
    CHECK(option_of(submission, "ntasks-per-node") == "1");
    CHECK(option_of(submission, "gpus-per-node") == "8");
    CHECK(option_of(submission, "exclusive") == "exclusive");
    CHECK(option_of(submission, "mem") == "0");
    CHECK(option_of(submission, "output").starts_with("/home/user/results/"));
    CHECK(option_of(submission, "output").ends_with("_%j.out"));
}

TEST_CASE("a cluster without a gpu GRES is asked for whole nodes only") {
    const auto submission = Submitting(llama).accepted();
    CHECK(option_of(submission, "gpus-per-node") == "(not set)");
    CHECK(option_of(submission, "exclusive") == "exclusive");
}

TEST_CASE("a step inside an allocation asks for its nodes and tasks and is bounded") {
    const auto step = Submitting(tiny, Tool::srun_in_job).in_allocation_of(4).set("trainer.num_nodes=2").accepted();
    CHECK(step.options == std::vector<planner::OptionToSet>{{"nodes", "2"}, {"ntasks-per-node", "1"}, {"ntasks", "2"}});
    CHECK(Submitting(tiny, Tool::srun_in_job).in_allocation_of(2).set("trainer.num_nodes=3").refused().code ==
          "submit.allocation");
}

TEST_CASE("keys of the cluster part become Slurm options, which the user's own beat") {
    const auto submission =
        Submitting(tiny).set("++cluster.partition=big").set("++cluster.mem=64").set("++cluster.account=lab").accepted();
    CHECK(option_of(submission, "partition") == "big");
    CHECK(option_of(submission, "mem") == "64G");
    CHECK(option_of(submission, "account") == "lab");
    CHECK(option_of(Submitting(tiny).set("++cluster.partition=big").option("partition", "mine").accepted(),
                    "partition") == "(not set)");
}

TEST_CASE("a job for another cluster asks for its GPUs whatever this one has, and a hint says what was not looked at") {
    auto submitting = Submitting("llama3_2_1b_pretrain");
    CHECK(option_of(submitting.accepted(), "gpus-per-node") == "(not set)");
    submitting.sent_to("--clusters=b");
    CHECK(option_of(submitting.accepted(), "gpus-per-node") == "8");
    const planner::Outcome outcome = submitting.outcome();
    REQUIRE(count_of(outcome, "submit.other_cluster") == 1);
    CHECK(outcome.diagnostics.front().severity == Severity::hint);
    CHECK(outcome.diagnostics.front().message.starts_with("--clusters=b sends the job to another cluster"));
}

TEST_CASE("an array is sbatch's alone, and names its logs by task") {
    const auto with_array = [](Tool tool) { return Submitting(tiny, tool).set("++cluster.array='1-4'").accepted(); };
    const planner::Submission batch = with_array(Tool::sbatch);
    CHECK(option_of(batch, "array") == "1-4");
    CHECK(option_of(batch, "output").ends_with("_%A_%a.out"));
    CHECK(option_of(with_array(Tool::srun), "array") == "(not set)");
    CHECK(option_of(with_array(Tool::salloc), "array") == "(not set)");
    CHECK(option_of(Submitting(tiny).option("array", "1-4").accepted(), "output").ends_with("_%A_%a.out"));
}

TEST_CASE("memory that anybody asks for in one form is not asked for in another") {
    const auto submission = Submitting(llama).on_cluster_with_gpus().set("++cluster.mem_per_gpu=16").accepted();
    CHECK(option_of(submission, "mem-per-gpu") == "16G");
    CHECK(option_of(submission, "mem") == "(not set)");
    const auto typed = Submitting(llama).set("++cluster.mem_per_gpu=16").option("mem-per-cpu", "2G").accepted();
    CHECK(option_of(typed, "mem-per-gpu") == "(not set)");
    CHECK(option_of(typed, "mem") == "(not set)");
    // 0 is all of a node's memory, and a text has a unit of its own.
    CHECK(option_of(Submitting(llama).set("++cluster.mem=0").accepted(), "mem") == "0");
    CHECK(option_of(Submitting(llama).set("++cluster.mem=512M").accepted(), "mem") == "512M");
}

TEST_CASE("srun is told its tasks in all, which it counts before plugins are asked") {
    const auto tasks = [](Tool tool) {
        return option_of(Submitting(tiny, tool).set("trainer.num_nodes=3").accepted(), "ntasks");
    };
    CHECK(tasks(Tool::srun) == "3");
    CHECK(tasks(Tool::sbatch) == "(not set)");
    CHECK(tasks(Tool::salloc) == "(not set)");
}
