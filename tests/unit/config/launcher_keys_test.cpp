// SPDX-License-Identifier: Apache-2.0
// What HyperPod's launcher adds before it resolves a configuration can be referred to, and is not shown.
#include "catch.hpp"
#include "collection_fixture.hpp"

using namespace recipe;
using namespace recipe::config;

namespace {

CollectionFixture with_custom(const std::string& run, const std::string& rest = {}) {
    CollectionFixture collection;
    collection.write("config.yaml", "defaults: [_self_, {recipes: a}]\n");
    collection.write("recipes/a.yaml", "run: {name: a}\n");
    collection.write("mine.yaml", "base_results_dir: /fsx\ntraining_cfg: {run: {" + run + "}, script_args: {" + rest +
                                      "}}\ncluster: {cluster_type: slurm, instance_type: p5.48xlarge}\n");
    return collection;
}

Value resolved(const CollectionFixture& collection, const std::string& name) {
    ComposeRequest request = collection.request(name);
    request.devices_of = [](std::string_view instance) {
        return instance == "p5.48xlarge" ? std::optional<std::int64_t>(16) : std::nullopt;
    };
    auto resolved = compose(request);
    if (!resolved) UNSCOPED_INFO(resolved.error().front().message);
    REQUIRE(resolved);
    return std::move(resolved->root);
}

}  // namespace

TEST_CASE("custom training can refer to what HyperPod's launcher adds to it") {
    const CollectionFixture collection =
        with_custom("name: mine, ntasks_per_node: null",
                    "a: '${training_cfg.trainer.devices}', b: '${..run.results_dir}', c: '${..run.ntasks_per_node}', "
                    "d: '${training.model.ub_tp_comm_overlap}', e: '${cluster_type}', f: '${wandb_api_key_file}', "
                    "g: '${wandb_api_bcp_secret_key}', h: '${launcher_scripts_path}'");
    const Value root = resolved(collection, "./mine.yaml");
    const Value* arguments = root.at("training_cfg.script_args");
    REQUIRE(arguments != nullptr);
    CHECK(to_json(*arguments) ==
          R"({"a":16,"b":"/fsx/mine","c":16,"d":false,"e":"bcm","f":null,"g":null,"h":")" +
              (collection.directory() / "launcher/nemo/nemo_framework_launcher/launcher_scripts").string() + "\"}");
    for (const char* key : {"training_cfg.trainer", "training_cfg.run.results_dir", "training", "cluster_type",
                            "wandb_api_key_file", "wandb_api_bcp_secret_key", "launcher_scripts_path"}) {
        INFO(key);
        CHECK(root.at(key) == nullptr);
    }
    REQUIRE(root.at("training_cfg.run.ntasks_per_node") != nullptr);
    CHECK(root.at("training_cfg.run.ntasks_per_node")->is_null());
}

TEST_CASE("what custom training says itself comes before what the launcher would add") {
    const CollectionFixture collection =
        with_custom("name: mine, ntasks_per_node: 4, results_dir: /here",
                    "a: '${training_cfg.trainer.devices}', b: '${training_cfg.run.results_dir}'");
    const Value root = resolved(collection, "./mine.yaml");
    CHECK(to_json(*root.at("training_cfg.script_args")) == R"({"a":4,"b":"/here"})");
    CHECK(*root.at("training_cfg.run.ntasks_per_node")->as_int() == 4);
    CHECK(*root.at("training_cfg.run.results_dir")->as_string() == "/here");
}

TEST_CASE("the launcher's copy of a recipe without a model has one, and the recipe has none") {
    CollectionFixture collection = with_custom("name: mine");
    collection.write("recipes/b.yaml",
                     "run: {name: b}\na: ${training.model.ub_tp_comm_overlap}\nb: ${oc.select:recipes.model,none}\n"
                     "c: ${training.run.name}\nd: ${training.c}\n");
    collection.write("recipes/c.yaml", "model: {x: 1}\na: ${oc.select:training.model.ub_tp_comm_overlap,none}\n");
    const Value without = resolved(collection, "b");
    CHECK(to_json(*without.at("recipes")) == R"({"run":{"name":"b"},"a":false,"b":"none","c":"b","d":"b"})");
    CHECK(without.at("training.model") == nullptr);
    CHECK(*resolved(collection, "c").at("recipes.a")->as_string() == "none");
}
