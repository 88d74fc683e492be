// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "recipe_under_test.hpp"

#include <array>

using namespace recipe;
using namespace recipe::validate;

namespace {

RecipeUnderTest megatron(const std::string& overrides) {
    return RecipeUnderTest(R"(
instance_type: p5.48xlarge
env_vars: {}
recipes:
  run: {name: nemo, results_dir: /fsx/results}
  trainer: {devices: 8, num_nodes: 4, accelerator: gpu, precision: bf16}
  model: {micro_batch_size: 1, global_batch_size: 64, tensor_model_parallel_size: 4, pipeline_model_parallel_size: 2,
          encoder_seq_length: 8192, num_layers: 32, num_attention_heads: 32, num_query_groups: 8}
)")
        .with(overrides);
}

/// The one diagnostic about env_vars; an empty one when there is none.
Diagnostic advice(const RecipeUnderTest& recipe) {
    Diagnostics found;
    for (const Diagnostic& d : recipe.check().diagnostics)
        if (d.code.group() == "environment") found.push_back(d);
    CHECK(found.size() <= 1);
    static constexpr codes::Code none{};
    return found.empty() ? Diagnostic{.code = none} : found.front();
}

Diagnostic advice(const std::string& overrides) {
    return advice(llama().with(overrides));
}

}  // namespace

TEST_CASE("variables of each step are the step's, and those that begin like them are the user's") {
    for (const char* name : {"MASTER_ADDR", "MASTER_PORT", "RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE",
                             "GROUP_RANK", "NODE_RANK"}) {
        const Diagnostic found = advice("++env_vars." + std::string(name) + "=1");
        CHECK(found.code == "environment.overridden");
        CHECK(found.severity == Severity::warning);
        CHECK(found.key == "env_vars." + std::string(name));
        CHECK(found.message == std::string(name) + "=1: each step sets its own from its real nodes");
        CHECK(found.fix == "--recipe-set=~env_vars." + std::string(name));
    }
    for (const char* name : {"PET", "PET_MAX_RESTARTS", "RANKS", "MY_RANK", "MASTER_ADDRESS"}) {
        INFO(name);
        CHECK(advice("++env_vars." + std::string(name) + "=1").code == "");
    }
}

TEST_CASE("a variable that is null or holds more than a value is nobody's business here") {
    for (const char* value : {"null", "{a:1}", "[1]"})
        CHECK(advice("++env_vars.RANK=" + std::string(value)).code == "");
    CHECK(advice(RecipeUnderTest("env_vars: [RANK]")).code == "");
    CHECK(advice(RecipeUnderTest("env_vars: null")).code == "");
}

TEST_CASE("what harms is told apart from what is merely obsolete, by the value where that decides") {
    struct Row {
        const char* variable;
        const char* code;
    };
    constexpr std::array rows{
        Row{"RDMAV_FORK_SAFE=1", "environment.harmful"},
        Row{"RDMAV=1", ""},
        Row{"FI_EFA_USE_DEVICE_RDMA=1", "environment.obsolete"},
        Row{"FI_EFA_FORK_SAFE=1", "environment.obsolete"},
        Row{"FI_EFA_SET_CUDA_SYNC_MEMOPS=0", "environment.obsolete"},
        Row{"FI_EFA_SET_CUDA_SYNC_MEMOPS=1", ""},
        Row{"FI_EFA_ENABLE_SHM_TRANSFER=0", "environment.obsolete"},
        Row{"NCCL_MIN_CHANNELS=4", "environment.obsolete"},
        Row{"NCCL_MIN_NCHANNELS=4", "environment.obsolete"},
        Row{"NCCL_PROTO=simple", "environment.obsolete"},
        Row{"NCCL_TUNER_PLUGIN=/opt/ofi.so", "environment.harmful"},
        Row{"NCCL_TUNER_PLUGIN=ofi", ""},
        Row{"NCCL_ASYNC_ERROR_HANDLING=1", "environment.obsolete"},
        Row{"NCCL_IGNORE_DISABLED_P2P=1", "environment.obsolete"},
        Row{"NCCL_DEBUG=INFO", "environment.obsolete"},
        Row{"NCCL_DEBUG=TRACE", "environment.obsolete"},
        Row{"NCCL_DEBUG=WARN", ""},
        Row{"NCCL_DEBUG=VERSION", ""},
    };
    for (const Row& row : rows) {
        INFO(row.variable);
        CHECK(advice("++env_vars." + std::string(row.variable)).code == row.code);
    }
    CHECK(advice("++env_vars.NCCL_DEBUG=INFO").fix == "--recipe-set=env_vars.NCCL_DEBUG=WARN");
}

TEST_CASE("what has no meaning over EFA is said where the nodes have it") {
    for (const char* variable : {"NCCL_SOCKET_NTHREADS=4", "NCCL_NSOCKS_PERTHREAD=4", "NCCL_BUFFSIZE=8388608",
                                 "NCCL_P2P_NET_CHUNKSIZE=524288"}) {
        INFO(variable);
        const std::string set = "++env_vars." + std::string(variable);
        CHECK(advice("instance_type=p5.48xlarge " + set).code == "environment.obsolete");
        CHECK(advice("instance_type=g5.48xlarge " + set).code == "");
        CHECK(advice("instance_type=null " + set).code == "");
    }
    CHECK(advice("instance_type=g5.xlarge ++env_vars.FI_PROVIDER=efa").code == "environment.obsolete");
    CHECK(advice("instance_type=g5.xlarge ++env_vars.FI_PROVIDER=sockets").code == "");
    CHECK(advice("instance_type=p5.48xlarge ++env_vars.FI_PROVIDER=efa").code == "");
    CHECK(advice("instance_type=null ++env_vars.FI_PROVIDER=efa").code == "");
}

TEST_CASE("NCCL's interface is named by what is left out") {
    const auto why = [](const std::string& value) {
        const Diagnostic found = advice("++env_vars.NCCL_SOCKET_IFNAME=" + value);
        if (found.code == "") return std::string();
        CHECK(found.code == "environment.harmful");
        CHECK(found.fix == R"(--recipe-set='env_vars.NCCL_SOCKET_IFNAME="^lo,docker,veth"')");
        return found.message.substr(found.message.find(": ") + 2);
    };
    const std::string fixed = "a fixed interface is missing on nodes of another kind, and NCCL then fails";
    const std::string prefix = "names are prefixes, so that nodes which have no other interface are left without one";
    const std::string loopback = "NCCL leaves out lo by itself only when the variable is not set";
    CHECK(why("eth0") == fixed);
    for (const char* value : {"^lo,eth", "^en", "^lo,docker,ens", "^eth"}) CHECK(why(value) == prefix);
    for (const char* value : {"^docker", "^docker0,veth", "^loop"}) CHECK(why(value) == loopback);
    for (const char* value : {"^lo", "^l,docker", "^lo,eth0", "^veth,lo", "=eth0", "''"}) {
        INFO(value);
        CHECK(why(value) == "");
    }
}

TEST_CASE("the number of CUDA's queues depends on who overlaps what") {
    CHECK(advice("++env_vars.CUDA_DEVICE_MAX_CONNECTIONS=1").code == "environment.harmful");
    CHECK(advice("++env_vars.CUDA_DEVICE_MAX_CONNECTIONS=8").code == "");
    CHECK(advice("model.tensor_model_parallel_degree=2 model.shard_degree=4 ++env_vars.CUDA_DEVICE_MAX_CONNECTIONS=1")
              .code == "");
    const auto of_megatron = [](const std::string& overrides) { return advice(megatron(overrides)).code; };
    CHECK(of_megatron("++env_vars.CUDA_DEVICE_MAX_CONNECTIONS=1") == "");
    CHECK(of_megatron("++env_vars.CUDA_DEVICE_MAX_CONNECTIONS=8") == "environment.harmful");
    CHECK(of_megatron("instance_type=null ++env_vars.CUDA_DEVICE_MAX_CONNECTIONS=8") == "environment.harmful");
    CHECK(of_megatron("instance_type=p6-b200.48xlarge ++env_vars.CUDA_DEVICE_MAX_CONNECTIONS=8") == "");
    CHECK(of_megatron("model.tensor_model_parallel_size=1 ++env_vars.CUDA_DEVICE_MAX_CONNECTIONS=8") == "");
    CHECK(of_megatron("model.tensor_model_parallel_size=2 ++env_vars.CUDA_DEVICE_MAX_CONNECTIONS=8") ==
          "environment.harmful");
}

TEST_CASE("what decides which code runs in every program of a job is a warning with its reason") {
    struct Row {
        const char* name;
        const char* why;
    };
    for (const auto& [name, why] :
         {Row{"LD_PRELOAD", "it loads a library into every program of the job, srun and git included"},
          Row{"LD_AUDIT", "it loads a library into every program of the job, srun and git included"},
          Row{"LD_LIBRARY_PATH",
              "it puts other libraries before those that every program of the job was built with, srun and git "
              "included"},
          Row{"PATH",
              "it replaces what the user and the image have there, by which srun, git, torchrun and python3 are found"},
          Row{"PYTHONPATH", "it puts other modules before those that Python's programs were installed with"},
          Row{"PYTHONHOME", "it puts other modules before those that Python's programs were installed with"},
          Row{"PYTHONSTARTUP", "the file that it names runs before every script of the job"},
          Row{"BASH_ENV", "the file that it names runs before every script of the job"},
          Row{"ENV", "the file that it names runs before every script of the job"}}) {
        INFO(name);
        const Diagnostic found = advice("++env_vars." + std::string(name) + "=/x");
        CHECK(found.code == "environment.loader");
        CHECK(found.severity == Severity::warning);
        CHECK(found.key == "env_vars." + std::string(name));
        CHECK(found.message == std::string(name) + "=/x: " + why);
        CHECK(found.fix == "--recipe-set=~env_vars." + std::string(name));
    }
    for (const char* name : {"LD_DEBUG", "LD_PRELOADS", "PATHS", "MY_PATH", "PYTHONUNBUFFERED", "ENVS"})
        CHECK(advice("++env_vars." + std::string(name) + "=/x").code == "");
}
