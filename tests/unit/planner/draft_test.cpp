// SPDX-License-Identifier: Apache-2.0
#include "submitting.hpp"

#include "catch.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cstdlib>

using namespace recipe;
using planner::Level;
using planner::Tool;
using test::find;
using test::llama;
using test::Submitting;
using test::tiny;

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

TEST_CASE("only a batch job clones code") {
    const auto told = [](Tool tool) {
        const planner::Outcome outcome =
            Submitting(tiny, tool).set("git.repo_url_or_path='https://host/code.git'").outcome();
        for (const Diagnostic& d : outcome.diagnostics) {
            if (d.code != "launch.code_batch") continue;
            CHECK(d.key == "git.repo_url_or_path");
            CHECK(d.message == std::string("https://host/code.git is cloned by a batch job's first node; ") +
                                   (tool == Tool::salloc ? "salloc" : "srun") + " starts none, so nothing is cloned");
        }
        return std::ranges::count(outcome.diagnostics, std::string_view("launch.code_batch"), &Diagnostic::code);
    };
    CHECK(told(Tool::salloc) == 1);
    CHECK(told(Tool::srun) == 1);
    CHECK(told(Tool::sbatch) == 0);
    CHECK(told(Tool::srun_in_job) == 0);
}

TEST_CASE("the file of a token is looked at: that it is there, a file, and nobody else's to read") {
    const auto told = [](const std::string& path) {
        const planner::Outcome outcome = Submitting(tiny)
                                             .set("git.repo_url_or_path='https://host/code.git'")
                                             .set("git.commit=abcdef0")
                                             .set("++git.token_file=" + path)
                                             .outcome();
        const Diagnostic* found = test::find(outcome.diagnostics, "launch.code_token");
        if (found == nullptr) return std::string("nothing");
        CHECK(found->key == "git.token_file");
        return std::string(to_string(found->severity)) + ": " + found->message +
               (found->fix.empty() ? "" : " | " + found->fix);
    };
    CHECK(told("/nowhere/token") ==
          "warning: the token's file /nowhere/token is not visible from here (No such file or directory); the job's "
          "first node reads it");
    CHECK(told("/tmp") == "error: the token's file /tmp is no file");
    std::string path = "/tmp/recipe-token-XXXXXX";
    const int file = mkstemp(path.data());
    REQUIRE(file >= 0);
    close(file);
    for (const auto& [mode, text] :
         {std::pair<mode_t, std::string>{0600, "nothing"}, {0700, "nothing"}, {0640, ""}, {0604, ""}, {0620, ""}}) {
        REQUIRE(chmod(path.c_str(), mode) == 0);
        if (text == "nothing")
            CHECK(told(path) == text);
        else
            CHECK(told(path) == fmt::format("warning: others may read the token's file {} (mode {:04o}) | chmod 600 {}",
                                            path, mode, path));
    }
    unlink(path.c_str());
}

TEST_CASE("a key that is not acted upon yet is named and not dropped in silence") {
    const auto warned = [](const char* set) {
        const planner::Outcome outcome = Submitting(tiny).set(set).outcome();
        REQUIRE(outcome.submission);
        return std::ranges::count(outcome.diagnostics, std::string_view("launch.not_honoured"), &Diagnostic::code);
    };
    CHECK(warned("++cluster.slurm_docker_cfg=[x]") == 1);
    CHECK(warned("++cluster.slurm_docker_cfg=docker.json") == 1);
    CHECK(warned("++cluster.slurm_docker_cfg={file: [docker.json]}") == 1);
    for (const char* nothing : {"''", "null", "false", "[]", "{}", "['', null]", "{file: '', other: [false]}"}) {
        INFO(nothing);
        CHECK(warned((std::string("++cluster.slurm_docker_cfg=") + nothing).c_str()) == 0);
    }
    CHECK(warned("cluster.container_mounts=[null]") == 0);
    CHECK(warned("++git.update_adapter=true") == 1);
    CHECK(warned("git.entry_script=mine.py") == 0);
}

TEST_CASE("a time limit in words is refused with the form that Slurm reads") {
    const auto fix_of = [](const char* words) {
        return Submitting(tiny).set(std::string("run.time_limit='") + words + "'").refused().fix;
    };
    CHECK(fix_of("12h") == "--recipe-set=run.time_limit=0-12:00:00");
    CHECK(fix_of("90m") == "--recipe-set=run.time_limit=0-01:30:00");
    CHECK(fix_of("30 min") == "--recipe-set=run.time_limit=0-00:30:00");
    CHECK(fix_of("2d") == "--recipe-set=run.time_limit=2-00:00:00");
    CHECK(fix_of("1 day") == "--recipe-set=run.time_limit=1-00:00:00");
    CHECK(fix_of("25 hours") == "--recipe-set=run.time_limit=1-01:00:00");
    CHECK(fix_of("1h").ends_with("=0-01:00:00"));
    CHECK(fix_of("1min").ends_with("=0-00:01:00"));
    CHECK(fix_of("2 minutes").ends_with("=0-00:02:00"));
    CHECK(fix_of("1 hour").ends_with("=0-01:00:00"));
    CHECK(fix_of("3  hrs").ends_with("=0-03:00:00"));
    CHECK(fix_of("6days").ends_with("=6-00:00:00"));
    CHECK(fix_of("59m").ends_with("=0-00:59:00"));
    CHECK(fix_of("100000h").ends_with("=4166-16:00:00"));
    for (const char* unclear : {"0h", "-1h", "100001h", "12 weeks", "h", "a while"}) {
        INFO(unclear);
        CHECK(fix_of(unclear).empty());
    }
}

TEST_CASE("the recipe's variables beat the site's, which beat the instance type's; null keeps both out") {
    Submitting submitting(tiny);
    site::Settings settings{
        .environment = {{"NCCL_DEBUG", "INFO"}, {"OF_SITE", "1"}, {"NCCL_SHM_USE_CUDA_MEMCPY", "0"}, {"OUT", "1"}}};
    submitting.at(settings);
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
    settings.interfaces_by_route = true;
    const auto by_route = submitting.at(settings).accepted();
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
    CHECK(reason(site::data_directory() / "recipes_collection/entrypoints") == "entry script");
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

TEST_CASE("nodes look at what the user mounts where a key names a place in the container") {
    const auto plan = Submitting(tiny)
                          .set("exp_manager.checkpoint_dir=/data/checkpoints")
                          .set("container=/fsx/x.sqsh")
                          .set("cluster.container_mounts=['/fsx/mine:/data']")
                          .accepted()
                          .plan;
    CHECK(plan.written_directories == std::vector<std::string>{"/fsx/mine/checkpoints"});
}

TEST_CASE("without a container what is said to pyxis is nobody's, and the other arguments are srun's") {
    const auto plan = Submitting(tiny).set("cluster.srun_args=[-l,--container-writable]").accepted().plan;
    CHECK_FALSE(plan.container);
    CHECK(plan.srun_arguments == std::vector<std::string>{"-l"});
}

TEST_CASE("a container needs pyxis on this cluster, where that is known") {
    const auto with_container = [] { return Submitting(llama).set("container=ubuntu"); };
    CHECK(with_container().outcome().submission);
    CHECK(with_container().on_cluster_without_pyxis().refused().code == "submit.no_pyxis");
    CHECK(with_container().on_cluster_without_pyxis().sent_to("--clusters=b").outcome().submission);
    CHECK(Submitting(llama).on_cluster_without_pyxis().outcome().submission);
}

TEST_CASE("a job is named by its run, behind the prefix of its cluster, and no name has control characters") {
    const auto name = [](std::initializer_list<const char*> sets) {
        Submitting submitting(tiny);
        for (const char* set : sets) submitting.set(set);
        return submitting.accepted().plan.resources.job_name;
    };
    CHECK(name({}) == "llama-tiny-cpu");
    CHECK(name({"++cluster.job_name_prefix=lab-"}) == "lab-llama-tiny-cpu");
    CHECK(name({"++cluster.job_name_prefix=lab-", "run.name=x"}) == "lab-x");
    CHECK(name({"run.name='a\tb'"}) == "a_b");
    CHECK(name({"run.name=null", "base_results_dir=/r", "run.results_dir=/r"}).empty());
}

TEST_CASE(
    "a job has its nodes for itself unless its cluster says otherwise, and its devices are those of its accelerator") {
    const auto resources = [](const char* set) { return Submitting(tiny).set(set).accepted().plan.resources; };
    CHECK(resources("++cluster.exclusive=True").exclusive);
    CHECK(resources("++cluster.exclusive=null").exclusive);
    CHECK_FALSE(resources("++cluster.exclusive=False").exclusive);
    CHECK(resources("trainer.accelerator=cpu").device == plan::Device::cpu);
    CHECK(resources("trainer.accelerator=gpu").device == plan::Device::gpu);
    CHECK(resources("trainer.accelerator=neuron").device == plan::Device::neuron);
    CHECK(resources("trainer.accelerator=cuda").device == plan::Device::gpu);
}

TEST_CASE("a results directory is absolute and has no slash at its end") {
    const auto directory = [](std::initializer_list<const char*> sets) {
        Submitting submitting(tiny);
        for (const char* set : sets) submitting.set(set);
        return submitting.accepted().plan.results_dir;
    };
    CHECK(directory({"run.results_dir=/r/x//"}) == "/r/x");
    CHECK(directory({"run.results_dir=/"}) == "/");
    CHECK(directory({"run.results_dir=null", "base_results_dir=/r/"}) == "/r/llama-tiny-cpu");
    for (const char* none : {"run.name=.", "run.name=..", "run.name=a/b", "run.name=''"}) {
        INFO(none);
        CHECK(directory({"run.results_dir=null", "base_results_dir=/r", none}) == "/r");
    }
    const Diagnostic relative = Submitting(tiny).set("run.results_dir=null").set("base_results_dir=here").refused();
    CHECK(relative.code == "paths.results_relative");
    CHECK(relative.fix == "--recipe-set=base_results_dir=$PWD/results");
}

TEST_CASE("lines for a shell are texts of a list, and a variable is a text under a name that a shell knows") {
    const auto refused = [](const char* set) {
        const Diagnostic refusal = Submitting(tiny).set(set).refused();
        return std::pair(std::string(refusal.code.name()), refusal.key);
    };
    using Said = std::pair<std::string, std::string>;
    CHECK(Submitting(tiny).set("++launch.setup=[a,'b c']").accepted().plan.setup ==
          std::vector<std::string>{"a", "b c"});
    CHECK(Submitting(tiny).set("++launch.setup=null").accepted().plan.setup.empty());
    CHECK(refused("++launch.setup=a") == Said{"launch.setup", "launch.setup"});
    CHECK(refused("++launch.setup=[1]") == Said{"launch.setup", "launch.setup"});
    CHECK(refused("launch.launcher=mpirun") == Said{"launch.launcher", "launch.launcher"});
    CHECK(refused("launch.launcher=5") == Said{"launch.launcher", "launch.launcher"});
    CHECK(Submitting(tiny).set("launch.launcher=null").accepted().plan.launcher == plan::Launcher::torchrun);
    CHECK(refused("++env_vars.A=[1]") == Said{"environment.invalid", "env_vars.A"});
    CHECK(refused("++env_vars.A-B=1") == Said{"environment.invalid", "env_vars.A-B"});
    CHECK(refused("++env_vars.A={b:1}") == Said{"environment.invalid", "env_vars.A"});
    for (const char* name : {"SLURM_SPANK_RECIPE_PLAN", "SLURM_JOB_ID", "PET_NNODES", "RECIPE_CONFIG"})
        CHECK(refused((std::string("++env_vars.") + name + "=x").c_str()) ==
              Said{"environment.reserved", std::string("env_vars.") + name});
    const Diagnostic reserved = Submitting(tiny).set("++env_vars.SLURMD_NODENAME=x").refused();
    CHECK(reserved.message == "SLURMD_NODENAME cannot be set: Slurm tells a job and its steps what they are by it");
    CHECK(reserved.fix == "--recipe-set=~env_vars.SLURMD_NODENAME");
    // What leaves a variable alone sets none.
    CHECK(!Submitting(tiny)
               .set("++env_vars.SLURM_JOB_ID=null")
               .set("++env_vars.PET_MAX_RESTARTS=3")
               .set("++env_vars.RECIPE_LOG=debug")
               .accepted()
               .plan.environment.empty());
}
