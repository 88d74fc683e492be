// SPDX-License-Identifier: Apache-2.0
#include "submitting.hpp"

#include "catch.hpp"

#include <algorithm>

using namespace recipe;
using test::Submitting;
using test::tiny;

namespace {

/// Nothing of the user's own runs.
Submitting of_family(const std::string& model_type, bool with_script = false) {
    Submitting submitting(tiny);
    if (!with_script) submitting.without_script();
    submitting.set("launch.entry_script=null").set("run.model_type=" + model_type);
    return submitting;
}

bool is_refused_for_platform(Submitting submitting) {
    const planner::Outcome outcome = submitting.outcome();
    return !outcome.submission &&
           std::ranges::any_of(outcome.diagnostics, [](const Diagnostic& d) { return d.code == "submit.platform"; });
}

}  // namespace

TEST_CASE("Trainium's recipes start their script once per node, with what it reads in place") {
    using test::Submitting;
    const auto planned = [](const char* more) {
        Submitting submitting(test::tiny);
        submitting.without_script()
            .set("run.model_type=neuron-hf")
            .set("++recipes.distributed_strategy.tensor_model_parallel_size=1")
            .set("trainer.accelerator=null")
            .set("launch.entry_script=null");
        if (*more != '\0') submitting.set(more);
        return submitting.set("git.commit=abcdef0").accepted().plan;
    };
    const plan::LaunchPlan plan = planned("");
    const std::string code = plan.results_dir + "/%j/code";
    CHECK(plan.code->url == "https://github.com/aws-neuron/neuronx-distributed-training.git");
    CHECK(plan.entry.program == code + "/examples/train.sh");
    CHECK(plan.entry.directory == code + "/examples");
    CHECK(plan.entry.configuration.starts_with(code + "/examples/conf/"));
    CHECK_FALSE(plan.entry.config_arguments);
    CHECK(plan.resources.device == plan::Device::neuron);
    const auto value = [](const plan::LaunchPlan& of, std::string_view name) {
        const auto found = std::ranges::find(of.environment, name, &plan::Variable::name);
        return found == of.environment.end() ? std::string("none") : found->value;
    };
    CHECK(plan.entry.configuration.ends_with("/" + value(plan, "CONF_FILE") + ".yaml"));
    CHECK(value(plan, "COMPILE") == "0");
    CHECK(value(planned("++recipes.run.compile=1"), "COMPILE") == "1");
    CHECK(value(planned("++env_vars.COMPILE=2"), "COMPILE") == "2");
    CHECK(planned("git.entry_script=examples/other.sh").entry.program == code + "/examples/other.sh");
}

TEST_CASE("what another platform runs is refused on Slurm, with a script of one's own as well") {
    const Diagnostic nova = of_family("'amazon.nova-micro-v1:0:128k'").refused();
    CHECK(nova.code == "submit.platform");
    CHECK(nova.key == "run.model_type");
    CHECK(nova.message ==
          "Amazon Nova does not run on Slurm: it runs on Kubernetes (HyperPod's launcher with cluster=k8s "
          "cluster_type=k8s) or SageMaker training jobs (HyperPod's launcher with cluster=sm_jobs "
          "cluster_type=sm_jobs)");
    CHECK(nova.fix.empty());
    const Diagnostic mtrl = of_family("mtrl").refused();
    CHECK(
        mtrl.message.ends_with("it runs on SageMaker training jobs (HyperPod's launcher with cluster=sm_jobs "
                               "cluster_type=sm_jobs)"));
    for (const char* type : {"hyperpod_checkpointless_nemo", "mtrl", "amazon.nova-x"}) {
        INFO(type);
        CHECK(is_refused_for_platform(of_family(type)));
        CHECK(is_refused_for_platform(of_family(type, true)));
    }
    CHECK_FALSE(is_refused_for_platform(of_family("mine", true)));
    CHECK_FALSE(is_refused_for_platform(of_family("hf")));
    CHECK_FALSE(is_refused_for_platform(of_family("llm_finetuning_aws")));
}

TEST_CASE("an evaluation is known by its section") {
    Submitting evaluation(tiny);
    const Diagnostic refused = evaluation.without_script()
                                   .set("run.model_type=null")
                                   .set("launch.entry_script=null")
                                   .set("++recipes.evaluation={task: mmlu}")
                                   .refused();
    CHECK(refused.code == "submit.platform");
    CHECK(refused.key == "recipes");
    CHECK(refused.message.starts_with("Amazon's evaluation of models does not run on Slurm"));
}

TEST_CASE("verl needs a batch script, which starts its cluster of Ray, or a program of one's own") {
    const Diagnostic refused = of_family("verl").refused();
    CHECK(refused.code == "submit.platform");
    CHECK(refused.fix.starts_with("sbatch --recipe="));
    CHECK(refused.message.contains("docs/verl.md"));
    CHECK_FALSE(is_refused_for_platform(of_family("verl", true)));
    Submitting own(tiny);
    CHECK_FALSE(is_refused_for_platform(own.without_script().set("run.model_type=verl")));
}

TEST_CASE("a recipe set up for another platform is refused with the way back") {
    const Diagnostic type = Submitting(tiny).set("cluster_type=k8s").refused();
    CHECK(type.code == "submit.platform");
    CHECK(type.key == "cluster_type");
    CHECK(type.message ==
          "cluster_type is k8s: that is for Kubernetes (HyperPod's launcher with cluster=k8s cluster_type=k8s), and "
          "this is Slurm");
    CHECK(type.fix == "--recipe-set=cluster=slurm --recipe-set=cluster_type=slurm");
    CHECK(Submitting(tiny).set("cluster_type=sm_jobs").refused().code == "submit.platform");
    CHECK(Submitting(tiny).set("++cluster.sm_jobs_config={wait: True}").refused().key == "cluster");
    CHECK(Submitting(tiny).set("++cluster.pullPolicy=Always").refused().message.starts_with("cluster is k8s"));
    CHECK(Submitting(tiny).set("cluster_type=slurm").outcome().submission);
    CHECK(Submitting(tiny).set("cluster_type=bcm").outcome().submission);
}

TEST_CASE("what the launcher installs in a container, and we do not, is said where its program runs") {
    const auto said = [](const char* model, bool with_container) {
        Submitting submitting(tiny);
        submitting.without_script().set("run.model_type=hf").set("launch.entry_script=null").set(model);
        if (with_container) submitting.set("container=/fsx/train.sqsh");
        const planner::Outcome outcome = submitting.outcome();
        const auto found = std::ranges::find(outcome.diagnostics, std::string_view("launch.not_installed"),
                                             [](const Diagnostic& d) { return d.code.name(); });
        return found == outcome.diagnostics.end() ? std::string() : found->message;
    };
    CHECK(said("++recipes.model.model_type=llama_v4", true).contains("transformers==4.51.3"));
    CHECK(said("++recipes.model.multi_modal=True", true).contains("transformers==4.45.2"));
    CHECK(said("++recipes.model.model_type=llama_v3", true).empty());
    CHECK(said("++recipes.model.model_type=llama_v4", false).empty());
}

TEST_CASE("a job that is to be requeued and keeps no checkpoint is warned of") {
    const auto warned = [](bool requeue, const char* set) {
        Submitting submitting(tiny);
        if (requeue) submitting.option("requeue", "");
        const planner::Outcome outcome = submitting.set(set).outcome();
        return std::ranges::count(outcome.diagnostics, std::string_view("launch.starts_over"),
                                  [](const Diagnostic& d) { return d.code.name(); });
    };
    const char* none = "++recipes.exp_manager.checkpoint_callback_params.save_top_k=0";
    CHECK(warned(true, none) == 1);
    CHECK(warned(false, none) == 0);
    CHECK(warned(true, "++recipes.exp_manager.checkpoint_callback_params.save_top_k=1") == 0);
}

TEST_CASE("a cluster that requeues by itself is a hint for a recipe that keeps no checkpoint") {
    const auto told = [](Submitting submitting, const char* set = "save_top_k=0") {
        const auto diagnostics = submitting.set(std::string("++recipes.exp_manager.checkpoint_callback_params.") + set)
                                     .outcome()
                                     .diagnostics;
        const auto found = std::ranges::find(diagnostics, std::string_view("launch.starts_over"),
                                             [](const Diagnostic& d) { return d.code.name(); });
        return found != diagnostics.end() ? std::optional(*found) : std::nullopt;
    };
    const auto hint = told(Submitting(tiny).on_cluster_that_requeues());
    REQUIRE(hint);
    CHECK(hint->severity == Severity::hint);
    CHECK(
        hint->message.ends_with("starts at step 0; this cluster requeues jobs whose nodes fail (JobRequeue=1), unless "
                                "--no-requeue says otherwise"));
    CHECK(hint->fix == "--recipe-set=exp_manager.checkpoint_callback_params.save_top_k=1");
    CHECK_FALSE(told(Submitting(tiny).on_cluster_that_requeues(), "save_top_k=1"));
    CHECK_FALSE(told(Submitting(tiny).on_cluster_that_requeues().option("no-requeue", "")));
    CHECK_FALSE(told(Submitting(tiny).on_cluster_that_requeues().sent_to("--clusters=b")));
    CHECK_FALSE(told(Submitting(tiny)));
    const auto warning = told(Submitting(tiny).on_cluster_that_requeues().option("requeue", ""));
    REQUIRE(warning);
    CHECK(warning->severity == Severity::warning);
    CHECK(warning->message.ends_with("starts at step 0"));
    CHECK(warning->source.name == "--requeue=");
    CHECK_FALSE(told(Submitting(tiny, planner::Tool::salloc).on_cluster_that_requeues()));
}

TEST_CASE("an elastic recipe is refused on Slurm, whose jobs keep their nodes, until it is no longer") {
    const auto elastic = [](const char* value, bool with_script) {
        Submitting submitting = of_family("llm_finetuning_aws", with_script);
        return submitting.set(std::string("++recipes.elastic_policy={is_elastic: ") + value + "}");
    };
    const planner::Outcome outcome = elastic("True", false).outcome();
    const auto found = std::ranges::find(outcome.diagnostics, std::string_view("submit.platform"),
                                         [](const Diagnostic& d) { return d.code.name(); });
    REQUIRE(found != outcome.diagnostics.end());
    CHECK(found->key == "elastic_policy.is_elastic");
    CHECK(found->message ==
          "Amazon's LLM fine-tuning is elastic on Kubernetes (HyperPod's launcher with cluster=k8s cluster_type=k8s) "
          "only, where an operator adds and takes away its nodes; a job of Slurm keeps those that it has");
    CHECK(found->fix == "--recipe-set=elastic_policy.is_elastic=False");
    CHECK_FALSE(is_refused_for_platform(elastic("False", false)));
    CHECK_FALSE(is_refused_for_platform(elastic("null", false)));
    // A script of one's own may do with it what it likes.
    CHECK_FALSE(is_refused_for_platform(elastic("True", true)));
}

TEST_CASE("Megatron's families get one connection, unless the recipe says otherwise") {
    const auto value = [](const char* model, const char* set) {
        Submitting submitting(tiny);
        if (!std::string_view(model).starts_with("run.model_type")) submitting.set("run.model_type=null");
        const auto plan = submitting.set(model).set(set).accepted().plan;
        const auto found =
            std::ranges::find(plan.environment, std::string_view("CUDA_DEVICE_MAX_CONNECTIONS"), &plan::Variable::name);
        return found == plan.environment.end() ? std::string() : found->value;
    };
    CHECK(value("run.model_type=hf", "run.name=x").empty());
    CHECK(value("run.name=x", "++recipes.model.tensor_model_parallel_size=1") == "1");
    CHECK(value("++env_vars.CUDA_DEVICE_MAX_CONNECTIONS=8", "++recipes.model.tensor_model_parallel_size=1") == "8");
}
