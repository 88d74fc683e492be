// SPDX-License-Identifier: Apache-2.0
// Kinds of keys, switches, and what the programs of families demand, value by value.
#include "catch.hpp"
#include "recipe_under_test.hpp"

using namespace recipe;
using namespace recipe::validate;

namespace {

/// What is said of the kind of a key; "" when nothing is.
std::string fault(const std::string& override, std::string_view code = "launch.kind") {
    const RecipeUnderTest recipe = llama().with("++" + override);
    return recipe.says(code) ? recipe.only(code).message : std::string();
}

std::string fix(const std::string& override, std::string_view code = "launch.kind") {
    return llama().with("++" + override).only(code).fix;
}

}  // namespace

TEST_CASE("a key of the cluster takes what sbatch takes for it") {
    for (const char* good : {"cluster.mem=0",
                             "cluster.mem=64",
                             "cluster.mem='64'",
                             "cluster.mem=64K",
                             "cluster.mem=64M",
                             "cluster.mem=64g",
                             "cluster.mem=1T",
                             "cluster.mem_per_cpu=2k",
                             "cluster.mem_per_gpu=3t",
                             "cluster.cpus_per_task=1",
                             "cluster.cpus_per_gpu='4'",
                             "cluster.gpus_per_node=1",
                             "cluster.gpus_per_node='8'",
                             "cluster.gpus_per_task=a100:4",
                             "cluster.num_gpus=a100:2,h100:2",
                             "cluster.exclusive=true",
                             "cluster.stderr_to_stdout=false",
                             "cluster.account=5",
                             "cluster.qos=high",
                             "cluster.container_mounts=[]",
                             "cluster.container_mounts=[/a:/b,null,5]",
                             "cluster.partition=null",
                             "cluster.mem=null",
                             "cluster=null"}) {
        INFO(good);
        if (std::string_view(good) != "cluster=null") CHECK(fault(good).empty());
    }
    for (const char* bad : {"cluster.mem=-1",
                            "cluster.mem=64GB",
                            "cluster.mem=G",
                            "cluster.mem=64X",
                            "cluster.mem=6.5",
                            "cluster.mem=''",
                            "cluster.mem=[64]",

                            "cluster.cpus_per_task=0",
                            "cluster.cpus_per_task=-1",
                            "cluster.cpus_per_task=4x",
                            "cluster.cpus_per_gpu=1.5",
                            "cluster.gpus_per_node=0",
                            "cluster.gpus_per_node=a100",
                            "cluster.num_gpus=-1",
                            "cluster.exclusive=1",
                            "cluster.stderr_to_stdout=maybe",
                            "cluster.qos=1.5",
                            "cluster.qos=true",
                            "cluster.container_mounts=[[/a]]",
                            "cluster.container_mounts=[1.5]",
                            "cluster.container_mounts=5",
                            "cluster.comment={a:1}",
                            "cluster=5"}) {
        INFO(bad);
        CHECK_FALSE(fault(bad).empty());
    }
    CHECK(fault("cluster.mem=64GB") ==
          "cluster.mem is a string `64GB`; it takes GB per node or unit, such as 64, at most 1000000, a text such as "
          "64G, "
          "or 0 for all");
    CHECK(fault("cluster.cpus_per_task=0") == "cluster.cpus_per_task is an int `0`; it takes a number from 1 to 65533");
}

TEST_CASE("a number of the cluster has its most, in whatever unit") {
    for (const char* most : {"cluster.mem=1000000", "cluster.mem='1000000'", "cluster.mem=1000000G", "cluster.mem=976t",
                             "cluster.mem=1024000000m", "cluster.mem=1048576000000K", "cluster.cpus_per_task=65533",
                             "cluster.gpus_per_node=1024", "cluster.gpus_per_task='1024'"}) {
        INFO(most);
        CHECK(fault(most).empty());
    }
    for (const char* more :
         {"cluster.mem=1000001", "cluster.mem='1000001'", "cluster.mem=1000001g", "cluster.mem=977T",
          "cluster.mem=1024001024M", "cluster.mem=1048577048576k", "cluster.mem=8796093022208T",
          "cluster.mem=99999999999999999999K", "cluster.mem=-5G", "cluster.mem=5GG", "cluster.cpus_per_task=65534",
          "cluster.gpus_per_node=1025", "cluster.gpus_per_task='1025'", "cluster.cpus_per_gpu=99999999999999999999"}) {
        INFO(more);
        CHECK_FALSE(fault(more).empty());
    }
}

TEST_CASE("a value of another kind is mended where it is plain what was meant") {
    CHECK(fix("cluster.partition=[gpu]") == "--recipe-set=cluster.partition=gpu");
    CHECK(fix("cluster.partition=[5]") == "--recipe-set=cluster.partition=5");
    CHECK(fix("cluster.partition=[a,b]").empty());
    CHECK(fix("cluster.partition=[]").empty());
    CHECK(fix("cluster.partition=[1.5]").empty());
    CHECK(fix("cluster.container_mounts=/a:/b") == "--recipe-set=cluster.container_mounts=[/a:/b]");
    CHECK(fix("cluster.container_mounts=5").empty());
    for (const char* yes : {"'true'", "'Yes'", "'ON'", "'1'"})
        CHECK(fix(std::string("cluster.exclusive=") + yes) == "--recipe-set=cluster.exclusive=True");
    for (const char* no : {"'False'", "'no'", "'oFF'", "'0'"})
        CHECK(fix(std::string("cluster.exclusive=") + no) == "--recipe-set=cluster.exclusive=False");
    for (const char* unclear : {"'2'", "maybe", "''", "1", "[true]"})
        CHECK(fix(std::string("cluster.exclusive=") + unclear).empty());
}

TEST_CASE("the cluster's section is Slurm's unless it says another scheduler, and a section that was unset is told") {
    CHECK_FALSE(fault("cluster.mem=lots").empty());
    for (const char* slurm : {"slurm", "bcm", "null", "5"}) {
        INFO(slurm);
        CHECK(llama().with(std::string("++cluster.mem=lots ++cluster_type=") + slurm).says("launch.kind"));
    }
    CHECK_FALSE(llama().with("++cluster.mem=lots ++cluster_type=k8s").says("launch.kind"));
    CHECK(llama().with("recipes.trainer=null").only("launch.kind").severity == Severity::warning);
    CHECK(llama().with("recipes.trainer=null").only("launch.kind").message ==
          "trainer was set to null: whatever it held is gone, and all its keys are unset");
    CHECK(llama().with("recipes.trainer=5").only("launch.kind").severity == Severity::error);
    CHECK_FALSE(llama().with("++env_vars=null").says("launch.kind"));
    CHECK_FALSE(RecipeUnderTest("recipes: {run: {model_type: hf}, trainer: null}").says("launch.kind"));
    // A program of one's own may call its model by a text.
    CHECK_FALSE(RecipeUnderTest("recipes: {model: llama, run: {model_type: mine}}").says("launch.kind"));
    CHECK(RecipeUnderTest("recipes: {model: llama, run: {model_type: hf}}").says("launch.kind"));
    // Of code of one's own the planner judges what it reads.
    CHECK(llama().with("++git.branch=1.5").says("launch.kind"));
    CHECK_FALSE(llama().with("++git.branch=1.5 ++git.repo_url_or_path=/code").says("launch.kind"));
    CHECK(llama().with("++git.branch=1.5 ++git.repo_url_or_path=null").says("launch.kind"));
}

TEST_CASE("an addition is told where nothing of ours reads it") {
    const auto told = [](const std::string& added) { return !fault(added, "model.unread").empty(); };
    for (const char* read :
         {"base_results_dir", "cluster", "cluster_type", "container", "container_mounts", "entry_module", "env_vars",
          "git", "hydra", "launch", "slurm_docker_cfg", "training_cfg", "training_config", "instance_type"}) {
        INFO(read);
        CHECK_FALSE(told(std::string(read) + "=x"));
    }
    for (const char* read : {"name", "results_dir", "time_limit", "model_type", "nodes", "ntasks_per_node",
                             "dependency", "dlio_benchmark", "base_results_dir"}) {
        INFO(read);
        CHECK_FALSE(told("recipes.run." + std::string(read) + "=x"));
    }
    CHECK(told("nodes=4"));
    CHECK(told("mine=[1]"));
    CHECK(told("recipes.run.mine=1"));
    CHECK_FALSE(told("mine=null"));
    CHECK_FALSE(told("mine.more=1"));
    CHECK_FALSE(told("recipes.run.mine=null"));
    CHECK(fault("recipes.run.mine=1", "model.unread") == "run.mine was added, and nothing of ours reads it");
    // One plus is enough, and none changes what a file has: the launcher's own scripts do so.
    RecipeUnderTest with_key("recipes: {run: {model_type: hf, mine: 1}}");
    CHECK_FALSE(with_key.with("recipes.run.mine=2").says("model.unread"));
    CHECK(RecipeUnderTest("recipes: {run: {model_type: hf}}").with("+recipes.run.mine=2").says("model.unread"));
    // Told to Neuron's script, and to no other.
    const auto compiles = [](const char* type) {
        return RecipeUnderTest(std::string("recipes: {run: {model_type: ") + type + "}}")
            .with("+recipes.run.compile=1");
    };
    CHECK_FALSE(compiles("neuron-hf").says("model.unread"));
    CHECK(compiles("hf").says("model.unread"));
    // What a file says has a line.
    CHECK_FALSE(RecipeUnderTest("mine: 1\nrecipes: {run: {mine: 1}}").says("model.unread"));
}

TEST_CASE("a switch is true, false or a number; a word is told with what it is taken for") {
    CHECK(fix("recipes.model.fp8='yes'", "model.switch") == "--recipe-set=model.fp8=True");
    CHECK(fix("recipes.model.fp8='off'", "model.switch") == "--recipe-set=model.fp8=False");
    CHECK(fix("recipes.model.fp8=[1]", "model.switch").empty());
    CHECK(fault("recipes.model.fp8=[1]", "model.switch") == "model.fp8 is a list `[1]` and not true or false");
    for (const char* good :
         {"recipes.model.fp8=true", "recipes.model.fp8=1", "recipes.model.fp8=0.0", "recipes.model.fp8=null"}) {
        INFO(good);
        CHECK(fault(good, "model.switch").empty());
    }
    for (const char* key : {"fp8", "activation_checkpointing", "tie_word_embeddings"}) {
        INFO(key);
        CHECK_FALSE(fault("recipes.model." + std::string(key) + "='x'", "model.switch").empty());
    }
    CHECK_FALSE(fault("recipes.model.data.use_synthetic_data='x'", "model.switch").empty());
}

TEST_CASE("every sharding strategy is known, and a beginning or a misspelling of one is told with it") {
    const auto said = [](const std::string& name) {
        return fault("recipes.model.sharding_strategy=" + name, "model.sharding_strategy");
    };
    for (const char* good : {"no_shard", "shard_grad_op", "hybrid_shard", "_hybrid_shard_zero2", "full_shard", "null"})
        CHECK(said(good).empty());
    CHECK(said("full") ==
          "model.sharding_strategy is full; it can be no_shard, shard_grad_op, hybrid_shard, _hybrid_shard_zero2, "
          "full_shard");
    const auto meant = [](const std::string& name) {
        return fix("recipes.model.sharding_strategy=" + name, "model.sharding_strategy");
    };
    CHECK(meant("full").ends_with("=full_shard"));
    CHECK(meant("FULL_SHARD").ends_with("=full_shard"));
    CHECK(meant("hybrid_shrad").ends_with("=hybrid_shard"));
    CHECK(meant("zero3").empty());
    CHECK(meant("''").empty());
    CHECK(meant("5").empty());
    CHECK(llama().with("model.sharding_strategy=full").only("model.sharding_strategy").severity == Severity::warning);
    CHECK(hyperpod_llama().with("model.sharding_strategy=full").only("model.sharding_strategy").severity ==
          Severity::error);
}

TEST_CASE("degrees that need SageMaker's layers are told with the largest, and either way out") {
    const auto smp = [](const std::string& degrees) {
        return hyperpod_llama().with("trainer.num_nodes=4 ++recipes.use_smp_model=False " + degrees).only("model.smp");
    };
    const Diagnostic tensor = smp("model.tensor_model_parallel_degree=2");
    CHECK(tensor.key == "model.tensor_model_parallel_degree");
    CHECK(tensor.message == "model.tensor_model_parallel_degree 2 needs use_smp_model, which is off");
    CHECK(tensor.fix == "--recipe-set=use_smp_model=True");
    const Diagnostic expert = smp("model.expert_model_parallel_degree=4");
    CHECK(expert.key == "model.expert_model_parallel_degree");
    CHECK(expert.message == "model.expert_model_parallel_degree 4 needs use_smp_model, which is off");
    const auto says = [](const std::string& overrides) {
        return hyperpod_llama().with("trainer.num_nodes=4 " + overrides).says("model.smp");
    };
    CHECK_FALSE(says("++recipes.use_smp_model=False"));
    CHECK_FALSE(says("++recipes.use_smp_model=True model.tensor_model_parallel_degree=2"));
    CHECK_FALSE(says("++recipes.use_smp_model=False model.tensor_model_parallel_degree=many"));
}
