// SPDX-License-Identifier: Apache-2.0
#include "planner/check.hpp"

#include "catch.hpp"
#include "diagnostic/codes/compose.hpp"
#include "submitting.hpp"

using namespace recipe;
using test::find;
using test::llama;
using test::Submitting;

namespace {

struct Stages {
    explicit Stages(const Submitting& submitting)
        : request(submitting.request()),
          composition(planner::compose(request).value()),
          checked(planner::check(request, composition)) {}

    planner::SubmitRequest request;
    planner::Composition composition;
    planner::Checked checked;
};

Submitting too_many_devices() {
    return Submitting(llama).set("instance_type=p5.4xlarge");
}

}  // namespace

TEST_CASE("a check states what the rules state, whatever site and user make of it") {
    const Stages lowered(too_many_devices().force().at_a_site_with({{"devices.exceeds", Severity::hint}}));
    REQUIRE(find(lowered.checked.result.diagnostics, "devices.exceeds") != nullptr);
    CHECK(find(lowered.checked.result.diagnostics, "devices.exceeds")->severity == Severity::error);
    const Stages forced(too_many_devices().force());
    CHECK(find(forced.checked.result.diagnostics, "devices.exceeds")->severity == Severity::error);
}

TEST_CASE("a check knows what will be forced: errors that are left to the user") {
    CHECK(Stages(too_many_devices()).checked.forced.empty());
    CHECK(Stages(too_many_devices().force()).checked.forced == std::vector<std::string>{"devices.exceeds"});
    for (const std::optional<Severity> severity :
         {std::optional<Severity>(Severity::error), std::optional<Severity>(Severity::warning),
          std::optional<Severity>()})
        CHECK(
            Stages(too_many_devices().force().at_a_site_with({{"devices.exceeds", severity}})).checked.forced.empty());
}

TEST_CASE("a check tells the layout and the instance, and what composition noted comes first") {
    Stages stages(Submitting(llama).set("instance_type=g5.48xlarge").set("trainer.num_nodes=2"));
    CHECK(stages.checked.result.layout.nodes == 2);
    REQUIRE(stages.checked.result.instance != nullptr);
    CHECK(stages.checked.result.instance == stages.composition.catalogue.instance("g5.48xlarge"));
    stages.composition.resolved.notes = {{.code = codes::compose.shadowed}};
    CHECK(planner::check(stages.request, stages.composition).result.diagnostics.front().code == "compose.shadowed");
}
TEST_CASE("a URL is no file or directory of our trainer, and may be one of another program") {
    const auto errors = [](const char* set, bool ours) {
        test::Submitting submitting("llama3_2_1b_pretrain");
        submitting.set("model.data.use_synthetic_data=False").set("model.data.train_dir=/").set(set);
        if (ours) submitting.without_script();
        std::string codes;
        for (const Diagnostic& d : planner::prepare(submitting.request()).diagnostics)
            if (d.severity == Severity::error) codes += d.code.name();
        return codes;
    };
    CHECK(errors("run.name=x", true).empty());
    CHECK(errors("exp_manager.checkpoint_dir=s3://bucket/x", true) == "paths.relative");
    CHECK(errors("model.data.train_dir=s3://bucket/x", true) == "data.not_visible");
    CHECK(errors("exp_manager.checkpoint_dir=s3://bucket/x", false).empty());
    CHECK(errors("model.data.train_dir=s3://bucket/x", false).empty());
}

TEST_CASE("a relative path of data is told where our trainer opens it, and may be a name to another program") {
    const auto told = [](const char* set, bool ours) {
        test::Submitting submitting("llama3_2_1b_pretrain");
        submitting.set("model.data.use_synthetic_data=False").set("model.data.train_dir=/").set(set);
        if (ours) submitting.without_script();
        const planner::Outcome outcome = planner::prepare(submitting.request());
        CHECK(outcome.submission);
        const Diagnostic* found = test::find(outcome.diagnostics, "data.not_visible");
        return found != nullptr ? found->key : std::string();
    };
    CHECK(told("model.data.train_dir=data/train", true) == "model.data.train_dir");
    CHECK(told("model.data.val_dir=data", true) == "model.data.val_dir");
    CHECK(told("model.data.train_dir=/", true).empty());
    CHECK(told("model.data.train_dir=data/train", false).empty());
}

TEST_CASE("a number beyond what Slurm takes is refused with its key and its range") {
    for (const auto& [set, key] :
         {std::pair{"+cluster.cpus_per_task=99999999999", "cluster.cpus_per_task"},
          std::pair{"+cluster.cpus_per_task=99999999999999999999999", "cluster.cpus_per_task"},
          std::pair{"+cluster.cpus_per_task=-3", "cluster.cpus_per_task"},
          std::pair{"+cluster.cpus_per_gpu=0", "cluster.cpus_per_gpu"},
          std::pair{"+cluster.gpus_per_node=1025", "cluster.gpus_per_node"},
          std::pair{"+cluster.mem=-1", "cluster.mem"}, std::pair{"+cluster.mem=1000001", "cluster.mem"},
          std::pair{"+cluster.mem=99999999999999999999G", "cluster.mem"}}) {
        INFO(set);
        const Diagnostic refused = test::Submitting("llama3_2_1b_pretrain").set(set).refused();
        CHECK(refused.code == "launch.kind");
        CHECK(refused.key == key);
    }
    for (const char* set : {"+cluster.cpus_per_task=65533", "+cluster.mem=64", "+cluster.mem=64G", "+cluster.mem=0"}) {
        INFO(set);
        CHECK(test::Submitting("llama3_2_1b_pretrain").set(set).outcome().submission);
    }
    CHECK(test::Submitting("llama3_2_1b_pretrain")
              .set("+cluster.cpus_per_task=65534")
              .refused()
              .message.find("a number from 1 to 65533") != std::string::npos);
}
