// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "collection_fixture.hpp"

using namespace recipe;
using namespace recipe::config;

namespace {

/// A collection with one recipe that uses most of what recipes use.
CollectionFixture small_collection() {
    CollectionFixture collection;
    collection.write("config.yaml",
                     "defaults:\n  - _self_\n  - cluster: slurm\n  - recipes: training/small\n  - override "
                     "hydra/job_logging: stdout\n"
                     "hydra:\n  run:\n    dir: .\ninstance_type: g5.12xlarge\nbase_results_dir: null\nenv_vars:\n  "
                     "NCCL_DEBUG: WARN\n"
                     "training_config: ${hydra:runtime.choices.recipes}\n");
    collection.write("cluster/slurm.yaml", "exclusive: True\n");
    collection.write("cluster/k8s.yaml", "namespace: default\n");
    collection.write("recipes/training/small.yaml",
                     "run:\n  name: small\n  results_dir: ${base_results_dir}/${.name}\n  time_limit: \"6-00:00:00\"\n"
                     "trainer:\n  num_nodes: 1\n  devices: 8\n  max_steps: null\n"
                     "model:\n  lr: 1e-4\n  betas: [0.9, 0.95]\n  world: ${multiply:${..trainer.num_nodes}, "
                     "${recipes.trainer.devices}}\n");
    return collection;
}

}  // namespace

TEST_CASE("a recipe is composed with its collection's root, cluster and interpolations") {
    const CollectionFixture collection = small_collection();
    const auto resolved = compose(collection.request("training/small"));
    REQUIRE(resolved);
    CHECK(*resolved->root.at("recipes.run.results_dir")->as_string() == "None/small");
    CHECK(resolved->root.at("recipes.model.world")->as_int() == 8);
    CHECK(resolved->root.at("recipes.model.lr")->as_number() == 1e-4);
    CHECK(resolved->root.at("cluster.exclusive")->as_bool() == true);
    CHECK(*resolved->root.at("training_config")->as_string() == "training/small");
    CHECK(resolved->root.at("training.run.name") != nullptr);
    CHECK(resolved->root.find("hydra") == nullptr);
    CHECK(resolved->recipe == "training/small");
}

TEST_CASE("an override names a key from the root or from the recipe") {
    const CollectionFixture collection = small_collection();
    const auto resolved =
        compose(collection.request("small", {"trainer.num_nodes=4", "recipes.trainer.devices=2", "instance_type=p5",
                                             "+env_vars.X=1", "+trainer.extra={a:1,b:[2]}", "model.betas.0=0.5"}));
    REQUIRE(resolved);
    CHECK(resolved->root.at("recipes.trainer.num_nodes")->as_int() == 4);
    CHECK(resolved->root.at("recipes.model.world")->as_int() == 8);
    CHECK(*resolved->root.at("instance_type")->as_string() == "p5");
    CHECK(resolved->root.at("env_vars.X")->as_int() == 1);
    CHECK(resolved->root.at("recipes.trainer.extra.b.0")->as_int() == 2);
    CHECK(resolved->root.at("recipes.model.betas.0")->as_number() == 0.5);
    std::vector<std::string> keys;
    for (const AppliedOverride& applied : resolved->overrides) keys.push_back(applied.key);
    CHECK(keys == std::vector<std::string>{"recipes.trainer.num_nodes", "recipes.trainer.devices", "instance_type",
                                           "env_vars.X", "recipes.trainer.extra.a", "recipes.trainer.extra.b",
                                           "recipes.model.betas.0"});
}

TEST_CASE("an unknown key is refused with its nearest names") {
    const CollectionFixture collection = small_collection();
    const auto resolved = compose(collection.request("small", {"trainer.num_node=4"}));
    REQUIRE_FALSE(resolved);
    const Diagnostic& problem = resolved.error().front();
    CHECK(problem.code == "compose.unknown_key");
    CHECK(problem.message == "`trainer.num_node`: no such key; did you mean `trainer.num_nodes`?");
    CHECK(problem.fix == "--recipe-set=trainer.num_nodes=4");
    CHECK(problem.source.name == "override 1");
    CHECK(problem.source.line == 0);
    CHECK(problem.source.column == 1);
}

TEST_CASE("a key that is called otherwise elsewhere leads to the real one") {
    const CollectionFixture collection;
    collection.write("config.yaml", "defaults:\n  - _self_\n  - recipes: x\ncluster: {mem: 0}\n");
    collection.write("recipes/x.yaml",
                     "trainer: {num_nodes: 1, devices: 8, max_steps: 5}\n"
                     "model: {optim: {lr: 0.1}, num_hidden_layers: 2, tensor_model_parallel_degree: 1}\n");
    const auto fix = [&](const std::string& text) {
        const auto refused =
            compose({.collections = {collection.directory()}, .recipe = "x", .overrides = {{text, "override 1"}}});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().front().code == "compose.unknown_key");
        return refused.error().front().fix;
    };
    CHECK(fix("nodes=4") == "--recipe-set=trainer.num_nodes=4");
    CHECK(fix("trainer.gpus_per_node=4") == "--recipe-set=trainer.devices=4");
    CHECK(fix("model.optimizer.lr=0.3") == "--recipe-set=model.optim.lr=0.3");
    CHECK(fix("tp=2") == "--recipe-set=model.tensor_model_parallel_degree=2");
    CHECK(fix("layers=12") == "--recipe-set=model.num_hidden_layers=12");
    CHECK(fix("steps=12") == "--recipe-set=trainer.max_steps=12");
    // What nobody would read is no fix; a section may be added to.
    CHECK(fix("nonsense=4").empty());
    CHECK(fix("cluster.partition=gpu") == "--recipe-set=+cluster.partition=gpu");
}

TEST_CASE("several mistakes are reported together") {
    const CollectionFixture collection = small_collection();
    const auto resolved = compose(collection.request("small", {"trainer.nope=1", "model.nope=2"}));
    REQUIRE_FALSE(resolved);
    CHECK(resolved.error().size() == 2);
}

TEST_CASE("a group is chosen on the command line") {
    const CollectionFixture collection = small_collection();
    const auto resolved = compose(collection.request("small", {"cluster=k8s"}));
    REQUIRE(resolved);
    CHECK(*resolved->root.at("cluster.namespace")->as_string() == "default");
    CHECK(resolved->overrides.front().key == "cluster");
    const auto unknown = compose(collection.request("small", {"cluster=k9s"}));
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().front().code == "compose.unknown_group_option");
    CHECK(unknown.error().front().fix == "--recipe-set=cluster=k8s");
}

TEST_CASE("a sweep is recognised and refused") {
    const CollectionFixture collection = small_collection();
    const auto resolved = compose(collection.request("small", {"trainer.num_nodes=1,2"}));
    REQUIRE_FALSE(resolved);
    CHECK(resolved.error().front().code == "compose.sweep");
}

TEST_CASE("an unknown recipe is refused with the nearest") {
    const CollectionFixture collection = small_collection();
    const auto resolved = compose(collection.request("smal"));
    REQUIRE_FALSE(resolved);
    CHECK(resolved.error().front().code == "compose.unknown_recipe");
    CHECK(resolved.error().front().fix == "small");
}

TEST_CASE("a recipe in a file of its own is composed with the first collection's root") {
    CollectionFixture collection = small_collection();
    CollectionFixture elsewhere;
    elsewhere.write("mine.yaml", "run:\n  name: mine\n  results_dir: ${base_results_dir}/${.name}\n");
    ComposeRequest request =
        collection.request((elsewhere.directory() / "mine.yaml").string(), {"base_results_dir=/r", "run.name=other"});
    const auto resolved = compose(request);
    REQUIRE(resolved);
    CHECK(*resolved->root.at("recipes.run.results_dir")->as_string() == "/r/other");
    CHECK(resolved->root.at("cluster.exclusive")->as_bool() == true);
    CHECK(resolved->collection == collection.directory());
}

TEST_CASE("custom training takes the place of the root configuration") {
    CollectionFixture collection = small_collection();
    CollectionFixture elsewhere;
    elsewhere.write("custom.yaml",
                    "defaults:\n  - cluster: slurm\n  - override hydra/job_logging: stdout\ntraining_cfg:\n  "
                    "entry_script: train.py\n"
                    "  script_args:\n    - --steps: 10\n  run:\n    name: mine\n    nodes: 2\ncontainer: null\n");
    const auto resolved =
        compose(collection.request((elsewhere.directory() / "custom.yaml").string(), {"training_cfg.run.nodes=4"}));
    REQUIRE(resolved);
    CHECK(resolved->root.at("training_cfg.run.nodes")->as_int() == 4);
    CHECK(resolved->root.at("cluster.exclusive")->as_bool() == true);
    CHECK(resolved->root.find("recipes") == nullptr);
}

TEST_CASE("a failed interpolation names its place and its chain") {
    CollectionFixture collection = small_collection();
    collection.write("recipes/broken.yaml", "a: ${.b}\nb: ${recipes.nam}\nname: x\n");
    const auto resolved = compose(collection.request("broken"));
    REQUIRE_FALSE(resolved);
    REQUIRE(resolved.error().size() == 1);
    const Diagnostic& problem = resolved.error().front();
    CHECK(problem.code == "compose.interpolation");
    CHECK(problem.key == "recipes.b");
    CHECK(problem.source.line == 2);
    CHECK(problem.source.column == 4);
    CHECK(problem.source.excerpt == "b: ${recipes.nam}");
    CHECK(problem.fix == "${recipes.name}");
    CHECK(problem.message.find("needed by `recipes.a`") != std::string::npos);
}

TEST_CASE("a map that joins a copy of what holds it is a cycle, and ends") {
    CollectionFixture collection = small_collection();
    collection.write("recipes/base.yaml", "a: ${oc.select:recipes}\nb: {c: 1}\n");
    collection.write("recipes/joined.yaml", "defaults: [base, _self_]\na: {q: 1}\n");
    const auto resolved = compose(collection.request("joined"));
    REQUIRE_FALSE(resolved);
    CHECK(resolved.error().front().code == "compose.cycle");
}

TEST_CASE("a cycle is refused with its chain") {
    CollectionFixture collection = small_collection();
    collection.write("recipes/cycle.yaml", "a: ${.b}\nb: ${.c}\nc: ${.a}\n");
    const auto resolved = compose(collection.request("cycle"));
    REQUIRE_FALSE(resolved);
    CHECK(resolved.error().front().code == "compose.cycle");
    CHECK(resolved.error().front().message.find("`recipes.a` -> `recipes.b` -> `recipes.c` -> `recipes.a`") !=
          std::string::npos);
}

TEST_CASE("set, add, force-add and delete mean what they mean to Hydra") {
    CollectionFixture collection = small_collection();
    collection.write("recipes/r.yaml", "m: {a: 1, b: {c: 2}}\nl: [1, 2]\nn: null\ns: text\nt: ${.m}\n");
    const auto recipe = [&](const std::vector<std::string>& overrides) {
        const auto resolved = compose_unresolved(collection.request("r", overrides));
        return resolved ? to_json(*resolved->root.find("recipes")) : std::string(resolved.error().front().code);
    };
    CHECK(recipe({"m={a:5}", "l=[9]", "n={x:1}", "s=null"}) ==
          R"({"m":{"a":5,"b":{"c":2}},"l":[9],"n":{"x":1},"s":null,"t":"${.m}"})");
    CHECK(recipe({"m={z:5}"}) == "compose.unknown_key");
    CHECK(recipe({"+m={z:5}", "~m.b", "~n"}) == "compose.unknown_key");
    CHECK(recipe({"+m={z:5}", "~m.b", "~l", "~s", "~t"}) == R"({"m":{"a":1,"z":5},"n":null})");
    CHECK(recipe({"m=1", "m=2", "~l", "~s=text", "~t"}) == R"({"m":2,"n":null})");
    CHECK(recipe({"~s=other"}) == "compose.type");
    CHECK(recipe({"m=[1]"}) == "compose.type");
    CHECK(recipe({"+m.a=2"}) == "compose.key_exists");
    CHECK(recipe({"++m.a=2", "+n=3", "~l", "~s", "~t"}) == R"({"m":{"a":2,"b":{"c":2}},"n":3})");
    CHECK(recipe({"l.2=3"}) == "compose.unknown_key");
    CHECK(recipe({"+l.2=3"}) == "compose.unknown_key");
    CHECK(recipe({"~l.0"}) == "compose.type");
    CHECK(recipe({"+recipes.t.a=3"}) == "compose.key_exists");
    CHECK(recipe({"+recipes.t.q=3", "~m", "~l", "~s"}) == R"({"n":null,"t":{"q":3}})");
    CHECK(recipe({"~recipes.t.a", "~l", "~s", "~t"}) == R"({"m":{"b":{"c":2}},"n":null})");
    CHECK(recipe({"s='${'"}) == "compose.interpolation");
    CHECK(recipe({"+m={null:1}"}) == "compose.type");
}

TEST_CASE("a key elsewhere that ends alike is suggested") {
    const CollectionFixture collection = small_collection();
    const auto resolved = compose(collection.request("small", {"num_nodes=4"}));
    REQUIRE_FALSE(resolved);
    CHECK(resolved.error().front().fix == "--recipe-set=trainer.num_nodes=4");
}

TEST_CASE("a map value lists each leaf that it sets") {
    const CollectionFixture collection = small_collection();
    const auto resolved = compose(collection.request("small", {"trainer={num_nodes:2,devices:4}"}));
    REQUIRE(resolved);
    REQUIRE(resolved->overrides.size() == 2);
    CHECK(resolved->overrides[0].key == "recipes.trainer.num_nodes");
    CHECK(resolved->overrides[1].key == "recipes.trainer.devices");
    CHECK(resolved->overrides[1].index == 0);
}

TEST_CASE("an override's values know that they come from it") {
    const CollectionFixture collection = small_collection();
    const auto resolved = compose(collection.request("small", {"trainer.num_nodes=2"}));
    REQUIRE(resolved);
    CHECK(resolved->root.at("recipes.trainer.num_nodes")->position().source() ==
          Source{"override 1", 0, 19, "trainer.num_nodes=2"});
    CHECK(resolved->root.at("recipes.trainer.devices")->position().source().line == 7);
}

TEST_CASE("what only Hydra's own program knows is refused, not taken for null") {
    CollectionFixture collection = small_collection();
    const auto select = [&](const std::string& key) {
        collection.write("recipes/training/asks.yaml", "a: ${hydra:" + key + "}\n");
        const auto resolved = compose(collection.request("training/asks"));
        return resolved ? to_json(*resolved->root.at("recipes.a")) : std::string(resolved.error().front().code);
    };
    CHECK(select("job.name") == "compose.interpolation");
    CHECK(select("runtime.output_dir") == "compose.interpolation");
    CHECK(select("runtime") == "compose.interpolation");
    CHECK(select("run.dir") == R"(".")");
    CHECK(select("runtime.choices.cluster") == R"("slurm")");
    CHECK(select("runtime.choices.hydra/job_logging") == R"("stdout")");
    CHECK(select("runtime.choices.hydra/launcher") == R"("basic")");
    CHECK(select("runtime.choices.nope") == "null");
    CHECK(select("mode") == "null");
    CHECK(select("nope") == "null");
}
