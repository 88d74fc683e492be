// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "config/config.hpp"
#include "container/hosts.hpp"
#include "planner/custom_form.hpp"
#include "planner/planner.hpp"
#include "slurm_text/gres.hpp"
#include "source_file.hpp"

#include <algorithm>

using namespace recipe;
using planner::Level;
using planner::SubmitRequest;
using planner::Tool;

namespace {

/// A submission of a shipped recipe, written the way a user would say it.
class Submitting {
public:
    explicit Submitting(std::string recipe, Tool tool = Tool::sbatch) {
        const std::filesystem::path source = source_file();
        request_ = {.tool = tool,
                    .recipe = std::move(recipe),
                    .collections = {source / "recipes_collection"},
                    .hardware_files = {source / "etc/hardware.yaml"},
                    .family_files = {source / "etc/families.yaml"},
                    .host = test::MadeUpHost{{{"/dev/shm", {.type = "tmpfs"}}, {"/etc", {.type = "ext4"}}}}.host(),
                    .environment = {{"PWD", "/home/user"}},
                    .working_directory = "/home/user"};
    }

    Submitting& set(std::string text, Level level = Level::command_line) {
        request_.sets.push_back({std::move(text), level});
        return *this;
    }
    Submitting& option(std::string name, std::string value, Level level = Level::command_line) {
        request_.options.push_back({name, value, level, "--" + name + '=' + value});
        return *this;
    }
    Submitting& on_cluster_with_gpus() {
        request_.cluster_has_gpus = true;
        return *this;
    }
    Submitting& in_allocation_of(std::int64_t nodes) {
        request_.allocated_nodes = nodes;
        return *this;
    }
    Submitting& force() {
        request_.force = true;
        return *this;
    }
    Submitting& at_a_site_with(validate::Severities severities) {
        request_.severities = std::move(severities);
        return *this;
    }
    Submitting& named_by(std::string variable, std::string shadowed = {}) {
        request_.default_of = std::move(variable);
        request_.shadowed_recipe = std::move(shadowed);
        return *this;
    }
    Submitting& sent_to(std::string clusters) {
        request_.other_clusters = std::move(clusters);
        return *this;
    }
    Submitting& noting(Diagnostic note) {
        request_.notes.push_back(std::move(note));
        return *this;
    }
    Submitting& with_site_environment(std::vector<std::pair<std::string, std::string>> environment) {
        request_.site_environment = std::move(environment);
        return *this;
    }
    Submitting& with_interfaces_by_route() {
        request_.interfaces_by_route = true;
        return *this;
    }
    Submitting& without_script() {
        request_.needs_entry = true;
        return *this;
    }

    planner::Outcome outcome() const { return planner::prepare(request_); }

    planner::Submission accepted() const {
        planner::Outcome result = outcome();
        for (const Diagnostic& diagnostic : result.diagnostics)
            UNSCOPED_INFO(diagnostic.code << ": " << diagnostic.message);
        REQUIRE(result.submission);
        return std::move(*result.submission);
    }

    /// The one error.
    Diagnostic refused() const {
        planner::Outcome result = outcome();
        REQUIRE_FALSE(result.submission);
        const auto error = std::ranges::find(result.diagnostics, Severity::error, &Diagnostic::severity);
        REQUIRE(error != result.diagnostics.end());
        return *error;
    }

private:
    SubmitRequest request_;
};

std::string option_of(const planner::Submission& submission, const std::string& name) {
    const auto found = std::ranges::find(submission.options, name, &planner::OptionToSet::name);
    return found != submission.options.end() ? found->value : "(not set)";
}

const char* const tiny = "llama_tiny_cpu_pretrain";
const char* const llama = "llama3_2_1b_pretrain";

}  // namespace

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
    CHECK(Submitting(llama).option("gpus-per-task", "1").option("ntasks-per-node", "8").refused().code ==
          "submit.gpus");
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
    CHECK(Submitting(llama).option("ntasks-per-node", "4").refused().code == "submit.tasks_per_node");
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

TEST_CASE("a step inside an allocation asks for its nodes and tasks and is bounded") {
    const auto step = Submitting(tiny, Tool::srun_in_job).in_allocation_of(4).set("trainer.num_nodes=2").accepted();
    CHECK(step.options == std::vector<planner::OptionToSet>{{"nodes", "2"}, {"ntasks-per-node", "1"}, {"ntasks", "2"}});
    CHECK(Submitting(tiny, Tool::srun_in_job).in_allocation_of(2).set("trainer.num_nodes=3").refused().code ==
          "submit.allocation");
}

TEST_CASE("an experiment without a directory gets the job's own") {
    const auto submission = Submitting(tiny).accepted();
    const std::string* directory = submission.plan.config.at("exp_manager.exp_dir")->as_string();
    REQUIRE(directory != nullptr);
    CHECK(*directory == plan::job_directory_placeholder(submission.plan.results_dir));
    CHECK(*Submitting(tiny)
               .set("exp_manager.exp_dir=/mine")
               .accepted()
               .plan.config.at("exp_manager.exp_dir")
               ->as_string() == "/mine");
}

TEST_CASE("typed variables are marked, those of the recipe are not") {
    const auto submission =
        Submitting(tiny).set("+env_vars.MINE=1").set("+env_vars.SCRIPT=1", Level::script).accepted();
    const auto typed = [&](const std::string& name) {
        return std::ranges::find(submission.plan.environment, name, &plan::Variable::name)->origin ==
               plan::VariableOrigin::typed;
    };
    CHECK(typed("MINE"));
    CHECK_FALSE(typed("SCRIPT"));
    CHECK_FALSE(typed("NCCL_DEBUG"));
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

TEST_CASE("a job without a script needs something to run") {
    // Of a family that has no program of its own; one of SageMaker's adapter would run that.
    CHECK(Submitting(tiny).without_script().set("launch.entry_script=null").set("run.model_type=mine").refused().code ==
          "submit.nothing_to_run");
    CHECK(Submitting(tiny).without_script().accepted().plan.entry.program.ends_with("/train.py"));
    CHECK(Submitting(tiny).without_script().set("launch.entry_script=missing.py").refused().code ==
          "launch.entry_missing");
}

TEST_CASE("code that a job will clone need not be here, code that lies somewhere must") {
    const auto with = [](const char* place, Tool tool = Tool::sbatch) {
        return Submitting(tiny, tool)
            .without_script()
            .set(std::string("git.repo_url_or_path=") + place)
            .set("git.entry_script=train.py");
    };
    const planner::Submission cloned = with("'https://host/code.git'").set("git.commit=abcdef0").accepted();
    CHECK(cloned.plan.code->commit == "abcdef0");
    CHECK(cloned.plan.entry.program == cloned.plan.results_dir + "/%j/code/train.py");
    const Diagnostic missing = with("/usr").refused();
    CHECK(missing.code == "launch.entry_missing");
    CHECK(missing.key == "git.entry_script");
    CHECK(missing.message == "the entry script /usr/train.py is not there");
}

TEST_CASE("custom training's own places for what recipes have are read") {
    auto root = config::parse_yaml(
        "training_cfg: {run: {name: x}}\ncontainer_mounts: [/a]\ncluster: {cluster_type: slurm, instance_type: "
        "p5.48xlarge, partition: null,\n"
        "  cluster_config: {job_name_prefix: custom-, partition: train}}\n",
        "custom.yaml");
    REQUIRE(root);
    planner::bring_to_common_form(*root);
    CHECK(*root->at("instance_type")->as_string() == "p5.48xlarge");
    CHECK(*root->at("cluster_type")->as_string() == "slurm");
    CHECK(*root->at("cluster.job_name_prefix")->as_string() == "custom-");
    CHECK(*root->at("cluster.partition")->as_string() == "train");
    CHECK(root->at("cluster.container_mounts")->size() == 1);
    CHECK(root->at("cluster.cluster_config") == nullptr);
    CHECK(root->find("container_mounts") == nullptr);

    const config::Value recipe =
        config::parse_yaml("recipes: {}\ncluster: {cluster_config: {a: 1}}\n", "recipe.yaml").value();
    config::Value same = recipe;
    planner::bring_to_common_form(same);
    CHECK(same == recipe);
}

TEST_CASE("only a batch job clones code") {
    const auto told = [](Tool tool) {
        const planner::Outcome outcome =
            Submitting(tiny, tool).set("git.repo_url_or_path='https://host/code.git'").outcome();
        return std::ranges::count(outcome.diagnostics, "launch.code_batch", &Diagnostic::code);
    };
    CHECK(told(Tool::salloc) == 1);
    CHECK(told(Tool::srun) == 1);
    CHECK(told(Tool::sbatch) == 0);
    CHECK(told(Tool::srun_in_job) == 0);
}

TEST_CASE("a key that is not acted upon yet is named and not dropped in silence") {
    const auto warned = [](const char* set) {
        const planner::Outcome outcome = Submitting(tiny).set(set).outcome();
        REQUIRE(outcome.submission);
        return std::ranges::count(outcome.diagnostics, "launch.not_honoured", &Diagnostic::code);
    };
    CHECK(warned("++cluster.slurm_docker_cfg=[x]") == 1);
    CHECK(warned("cluster.container_mounts=[null]") == 0);
    CHECK(warned("++git.update_adapter=true") == 1);
    CHECK(warned("git.entry_script=mine.py") == 0);
}

TEST_CASE("counts of GRES texts") {
    CHECK(slurm_text::gres_count("8", "") == 8);
    CHECK(slurm_text::gres_count("a10g:8", "") == 8);
    CHECK(slurm_text::gres_count("gpu:a10g:8(S:0-1)", "gpu") == 8);
    CHECK(slurm_text::gres_count("gres/gpu=1", "gpu") == 1);
    CHECK(slurm_text::gres_count("gpu", "gpu") == 1);
    CHECK_FALSE(slurm_text::gres_count("shard:8", "gpu"));
    CHECK_FALSE(slurm_text::gres_count("gpus:8", "gpu"));
    CHECK(slurm_text::has_gpu_type("shard,gpu"));
    CHECK_FALSE(slurm_text::has_gpu_type("shard,gpux"));
}

TEST_CASE("a forced job says in its plan and its comment what was forced") {
    const auto recipe = [] { return Submitting("llama3_2_1b_pretrain").set("instance_type=p5.4xlarge"); };
    CHECK(recipe().refused().code == "devices.exceeds");

    const planner::Outcome outcome = recipe().force().outcome();
    REQUIRE(outcome.submission);
    CHECK(outcome.submission->plan.forced == std::vector<std::string>{"devices.exceeds"});
    CHECK(option_of(*outcome.submission, "comment") == "recipe-force: devices.exceeds");
    const auto read = plan::from_json(outcome.submission->plan_json);
    REQUIRE(read);
    CHECK(read->forced == outcome.submission->plan.forced);
    CHECK(std::ranges::any_of(outcome.diagnostics, [](const Diagnostic& d) {
        return d.code == "devices.exceeds" && d.severity == Severity::warning;
    }));
    CHECK(option_of(recipe().force().option("comment", "mine").accepted(), "comment") == "(not set)");
}

TEST_CASE("force does not touch composition, what a plan needs, and what the site insists on") {
    const auto recipe = [] { return Submitting("llama3_2_1b_pretrain").force(); };
    CHECK(recipe().set("trainer.nodes=4").refused().code == "compose.unknown_key");
    CHECK(recipe().set("trainer.devices=0").refused().code == "devices.range");
    CHECK(recipe().set("run.results_dir=here").refused().code == "paths.results_relative");
    CHECK(recipe()
              .set("instance_type=g5.12xlarge")
              .at_a_site_with({{"devices.exceeds", Severity::error}})
              .refused()
              .code == "devices.exceeds");
    CHECK(recipe().accepted().plan.forced.empty());
}

TEST_CASE("a site's severities decide") {
    const auto partial = [] {
        return Submitting("llama3_2_1b_pretrain")
            .set("instance_type=p5.48xlarge")
            .set("trainer.devices=4")
            .set("trainer.num_nodes=2");
    };
    CHECK(partial().outcome().submission);
    CHECK(partial().at_a_site_with({{"devices.partial", Severity::error}}).refused().code == "devices.partial");
    CHECK(partial().at_a_site_with({{"devices.partial", std::nullopt}}).outcome().diagnostics.empty());
    CHECK(Submitting("llama3_2_1b_pretrain")
              .set("instance_type=p5.4xlarge")
              .at_a_site_with({{"devices.exceeds", Severity::hint}})
              .outcome()
              .submission);
}

namespace {

std::size_t count_of(const planner::Outcome& outcome, std::string_view code) {
    return static_cast<std::size_t>(std::ranges::count(outcome.diagnostics, code, &Diagnostic::code));
}

}  // namespace

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

TEST_CASE("a recipe that a variable names is remembered in a refusal only, or where it beats a script's") {
    CHECK(count_of(Submitting("llama3_2_1b_pretrain").named_by("SBATCH_RECIPE").outcome(), "submit.default_recipe") ==
          0);
    const planner::Outcome refused = Submitting("no_such_recipe").named_by("SBATCH_RECIPE").outcome();
    REQUIRE(count_of(refused, "submit.default_recipe") == 1);
    CHECK(refused.diagnostics.back().message == "the recipe is that of SBATCH_RECIPE=no_such_recipe");
    CHECK(refused.diagnostics.back().fix == "--recipe=none");
    const planner::Outcome beaten = Submitting("llama3_2_1b_pretrain").named_by("SBATCH_RECIPE", "other").outcome();
    REQUIRE(beaten.submission);
    CHECK(beaten.diagnostics.front().code == "submit.default_recipe");
    CHECK(beaten.diagnostics.front().severity == Severity::warning);
    CHECK(beaten.diagnostics.front().fix == "--recipe=other");
}

TEST_CASE("what was noted on the way to a request comes first, and the site weighs it") {
    const Diagnostic note{.severity = Severity::warning, .code = "compose.search_path", .message = "no folder"};
    auto submitting = Submitting("llama3_2_1b_pretrain").noting(note);
    CHECK(submitting.outcome().submission);
    CHECK(submitting.outcome().diagnostics.front() == note);
    submitting.at_a_site_with({{"compose.search_path", Severity::error}});
    CHECK_FALSE(submitting.outcome().submission);
    submitting.at_a_site_with({{"compose.search_path", std::nullopt}});
    CHECK(count_of(submitting.outcome(), "compose.search_path") == 0);
}

TEST_CASE("the recipe's variables beat the site's, which beat the instance type's; null keeps both out") {
    Submitting submitting(tiny);
    submitting.with_site_environment(
        {{"NCCL_DEBUG", "INFO"}, {"OF_SITE", "1"}, {"NCCL_SHM_USE_CUDA_MEMCPY", "0"}, {"OUT", "1"}});
    const auto submission = submitting.set("instance_type=g5.48xlarge").set("+env_vars.OUT=null").accepted();
    const auto find = [&](const std::string& name) -> const plan::Variable* {
        const auto found = std::ranges::find(submission.plan.environment, name, &plan::Variable::name);
        return found != submission.plan.environment.end() ? &*found : nullptr;
    };
    CHECK(*find("NCCL_DEBUG") == plan::Variable{"NCCL_DEBUG", "WARN", plan::VariableOrigin::recipe});
    CHECK(*find("OF_SITE") == plan::Variable{"OF_SITE", "1", plan::VariableOrigin::site});
    CHECK(*find("NCCL_SHM_USE_CUDA_MEMCPY") ==
          plan::Variable{"NCCL_SHM_USE_CUDA_MEMCPY", "0", plan::VariableOrigin::site});
    CHECK(*find("NCCL_SOCKET_IFNAME") ==
          plan::Variable{"NCCL_SOCKET_IFNAME", "^lo,docker,veth", plan::VariableOrigin::profile});
    CHECK(find("OUT") == nullptr);
    const auto by_route = submitting.with_interfaces_by_route().accepted();
    CHECK(std::ranges::count(by_route.plan.environment, "NCCL_SOCKET_IFNAME", &plan::Variable::name) == 0);
    CHECK(by_route.plan.interfaces_by_route);
}

TEST_CASE("nodes look at checkpoint directories outside the results directory, in a container as well") {
    CHECK(Submitting(tiny).accepted().plan.written_directories.empty());
    const auto elsewhere = Submitting(tiny).set("exp_manager.checkpoint_dir=/fsx/checkpoints/").accepted();
    CHECK(elsewhere.plan.written_directories == std::vector<std::string>{"/fsx/checkpoints"});
    CHECK(Submitting(tiny).set("exp_manager.exp_dir=/fsx/run").accepted().plan.written_directories ==
          std::vector<std::string>{"/fsx/run"});
    CHECK(Submitting(tiny)
              .set("exp_manager.checkpoint_dir=/fsx/checkpoints")
              .set("container=/fsx/x.sqsh")
              .accepted()
              .plan.written_directories == std::vector<std::string>{"/fsx/checkpoints"});
}

TEST_CASE("a plan's container has its image and all mounts with their reasons") {
    const auto plan = Submitting(llama)
                          .set("base_results_dir=/fsx/results")
                          .set("exp_manager.exp_dir=/lustre/run")
                          .set("model.data.train_dir=/lustre/data")
                          .set("container=/fsx/x.sqsh")
                          .set("cluster.container_mounts=[/opt/more, null, '/a:/b:ro']")
                          .set("cluster.srun_args=[--label,--container-writable]")
                          .accepted()
                          .plan;
    REQUIRE(plan.container);
    CHECK(plan.container->image == "/fsx/x.sqsh");
    CHECK(plan.container->writable == true);
    CHECK(plan.srun_arguments == std::vector<std::string>{"--label"});
    const auto reason = [&](const std::string& source) {
        const auto found = std::ranges::find(plan.container->mounts, source, &plan::Mount::source);
        return found != plan.container->mounts.end() ? found->reason : "(not mounted)";
    };
    CHECK(reason("/fsx/results/llama3-2-1b") == "run.results_dir");
    CHECK(reason("/lustre/run") == "exp_manager.exp_dir, exp_manager.checkpoint_dir");
    CHECK(reason("/lustre/data") == "training data");
    CHECK(reason("/opt/more") == "cluster.container_mounts[0]");
    CHECK(reason("/a") == "cluster.container_mounts[2]");
    CHECK(reason(source_file("recipes_collection/entrypoints")) == "entry script");
}

TEST_CASE("where a job must not write is refused at the prompt, with a way out") {
    const auto local = Submitting(llama).set("trainer.num_nodes=4").set("exp_manager.exp_dir=/dev/shm/x").refused();
    CHECK(local.code == "paths.node_local");
    CHECK(local.key == "exp_manager.exp_dir");
    CHECK(local.fix.starts_with("--recipe-set=exp_manager.exp_dir="));
    const auto relative = Submitting(llama).set("exp_manager.exp_dir=runs").refused();
    CHECK(relative.code == "paths.relative");
    CHECK(relative.fix == "--recipe-set=exp_manager.exp_dir=$PWD/runs");
    const auto missing = Submitting(llama).set("container=/etc/missing.sqsh").refused();
    CHECK(missing.code == "container.missing");
    CHECK(missing.key == "container");
}
