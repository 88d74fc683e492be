// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "recipe_under_test.hpp"

using namespace recipe;
using namespace recipe::validate;

TEST_CASE("another generation or maker of machines is no misspelling") {
    const auto fix = [](const std::string& name) {
        return llama().with("instance_type=" + name).only("devices.unknown_instance").fix;
    };
    CHECK(fix("p5.48xlarg") == "--recipe-set=instance_type=p5.48xlarge");
    CHECK(fix("p3.99xlarge").find("g5") == std::string::npos);
    CHECK(fix("dgx-gb2000").empty());
    CHECK(fix("p9.48xlarge").empty());
}

TEST_CASE("a good recipe has nothing said about it") {
    CHECK(llama().codes().empty());
    CHECK(hyperpod_llama().codes().empty());
    CHECK(llama().with("instance_type=ml.G5.48xlarge").codes().empty());
}

TEST_CASE("the layout is read from where the launcher reads it") {
    const Layout layout = llama()
                              .with(
                                  "trainer.num_nodes=4 model.tensor_model_parallel_degree=4 "
                                  "model.context_parallel_degree=2")
                              .check()
                              .layout;
    CHECK(layout == Layout{.nodes = 4, .devices_per_node = 8, .tensor = 4, .shard = 8, .expert = 1, .context = 2});
    CHECK(llama().with("trainer.num_nodes=4 ++recipes.run.nodes=2").check().layout.nodes == 2);
    CHECK(llama().with("++recipes.run.ntasks_per_node=4 model.shard_degree=4").check().layout.devices_per_node == 4);
}

TEST_CASE("the result names the instance as the catalogue spells it") {
    const Result known = llama().with("instance_type=ml.P5.48xlarge").check();
    CHECK(known.instance_type == "p5.48xlarge");
    REQUIRE(known.instance != nullptr);
    CHECK(known.instance->devices == 8);
    const Result unnamed = llama().check();
    CHECK_FALSE(unnamed.instance_type);
    CHECK(unnamed.instance == nullptr);
}

TEST_CASE("numbers of nodes and devices are ints") {
    struct Case {
        const char* override;
        const char* key;
        const char* fix;
    };
    const Case cases[] = {
        {"trainer.devices='8'", "trainer.devices", "--recipe-set=trainer.devices=8"},
        {"trainer.devices=8.0", "trainer.devices", "--recipe-set=trainer.devices=8"},
        {"trainer.devices=8.5", "trainer.devices", ""},
        {"trainer.devices=true", "trainer.devices", ""},
        {"trainer.devices=[0,1]", "trainer.devices", ""},
        {"trainer.devices=many", "trainer.devices", ""},
        {"trainer.num_nodes='1'", "trainer.num_nodes", "--recipe-set=trainer.num_nodes=1"},
        {"++recipes.run.nodes={}", "run.nodes", ""},
    };
    for (const Case& c : cases) {
        INFO(c.override);
        const RecipeUnderTest recipe = llama().with(c.override);
        const Diagnostic diagnostic = recipe.only("devices.type");
        CHECK(diagnostic.severity == Severity::error);
        CHECK(diagnostic.key == c.key);
        CHECK(diagnostic.fix == c.fix);
        CHECK(diagnostic.source.name.starts_with("--recipe-set"));
        CHECK(recipe.codes() == "devices.type");  // no second error from a number that nobody knows
        if (*c.fix != 0) recipe.require_fix_of("devices.type");
    }
}

TEST_CASE("numbers of nodes and devices are within reason") {
    for (const char* bad : {"trainer.devices=0", "trainer.devices=-8", "trainer.devices=1025", "trainer.num_nodes=0",
                            "trainer.num_nodes=100001", "trainer.num_nodes=99999999999999999999999999"}) {
        INFO(bad);
        const Diagnostic diagnostic = llama().with(bad).only("devices.range");
        CHECK(diagnostic.severity == Severity::error);
        CHECK(std::string_view(bad).starts_with(diagnostic.key + '='));
        CHECK(diagnostic.message.contains(diagnostic.key + " must be from 1 to"));
    }
    CHECK(llama().with("trainer.num_nodes=100000").codes().empty());
    CHECK(llama().with("trainer.devices=1024").codes().empty());
}

TEST_CASE("devices: auto means what the instance has") {
    CHECK(llama().with("trainer.devices=auto instance_type=g5.48xlarge").codes().empty());
    CHECK(llama().with("trainer.devices=auto instance_type=g5.48xlarge").check().layout.devices_per_node == 8);
    const Diagnostic unknown = llama().with("trainer.devices=auto").only("devices.type");
    CHECK(unknown.message.contains("needs a known instance_type"));
}

TEST_CASE("an unset number of devices is a warning when no instance type says it") {
    const RecipeUnderTest unset = llama().with("trainer.devices=null model.shard_degree=1");
    CHECK(unset.only("devices.unset").severity == Severity::warning);
    CHECK(unset.only("devices.unset").key == "trainer.devices");
    CHECK_FALSE(llama().with("trainer.devices=null instance_type=p5.48xlarge").says("devices.unset"));
    CHECK(llama().with("trainer.devices=null instance_type=p5.48xlarge").check().layout.devices_per_node == 8);
    CHECK_FALSE(llama().with("trainer.devices=null trainer.accelerator=cpu").says("devices.unset"));
}

TEST_CASE("more devices than the instance has are refused, and the fix keeps the world") {
    struct Case {
        const char* override;
        const char* fix;
    };
    const Case cases[] = {
        {"instance_type=g5.12xlarge", "--recipe-set=trainer.devices=4 --recipe-set=trainer.num_nodes=2"},
        {"instance_type=g5.12xlarge trainer.num_nodes=4",
         "--recipe-set=trainer.devices=4 --recipe-set=trainer.num_nodes=8"},
        {"instance_type=g5.48xlarge trainer.devices=16",
         "--recipe-set=trainer.devices=8 --recipe-set=trainer.num_nodes=2"},
        {"instance_type=g5.16xlarge", "--recipe-set=trainer.devices=1 --recipe-set=trainer.num_nodes=8"},
        // 10 ranks do not fill nodes of 8; the next world that the shard degree divides does.
        {"instance_type=g5.48xlarge trainer.devices=10 model.shard_degree=10",
         "--recipe-set=trainer.devices=8 --recipe-set=trainer.num_nodes=5"},
        {"instance_type=g5.12xlarge ++recipes.run.nodes=3", "--recipe-set=trainer.devices=4 --recipe-set=run.nodes=6"},
    };
    for (const Case& c : cases) {
        INFO(c.override);
        const RecipeUnderTest recipe = llama().with(c.override);
        const Diagnostic diagnostic = recipe.only("devices.exceeds");
        CHECK(diagnostic.severity == Severity::error);
        CHECK(diagnostic.key == "trainer.devices");
        CHECK(diagnostic.fix == c.fix);
        recipe.require_fix_of("devices.exceeds");
    }
    const Diagnostic diagnostic = llama().with("instance_type=g5.48xlarge trainer.devices=16").only("devices.exceeds");
    CHECK(diagnostic.message == "trainer.devices is 16, but g5.48xlarge has 8 × NVIDIA A10G");
    CHECK_FALSE(llama().with("instance_type=g5.48xlarge").says("devices.exceeds"));
    CHECK_FALSE(llama().with("trainer.devices=16").says("devices.exceeds"));
}

TEST_CASE("NeuronCores count as devices") {
    const char* const neuron = R"(
instance_type: trn1.32xlarge
recipes:
  run: {model_type: neuron-hf, results_dir: /fsx/r}
  trainer: {devices: 32, num_nodes: 4}
)";
    CHECK(RecipeUnderTest(neuron).codes().empty());
    CHECK(RecipeUnderTest(neuron).with("instance_type=trn2.48xlarge trainer.devices=64").codes().empty());
    const Diagnostic diagnostic = RecipeUnderTest(neuron).with("trainer.devices=64").only("devices.exceeds");
    CHECK(diagnostic.message == "trainer.devices is 64, but trn1.32xlarge has 32 ranks on AWS Trainium");
    CHECK(diagnostic.fix == "--recipe-set=trainer.devices=32 --recipe-set=trainer.num_nodes=8");
}

TEST_CASE("fewer devices than the instance has are a warning") {
    const RecipeUnderTest recipe = llama().with("instance_type=p5.48xlarge trainer.devices=4 trainer.num_nodes=2");
    const Diagnostic diagnostic = recipe.only("devices.partial");
    CHECK(diagnostic.severity == Severity::warning);
    CHECK(diagnostic.key == "trainer.devices");
    CHECK(diagnostic.fix == "--recipe-set=trainer.devices=8 --recipe-set=trainer.num_nodes=1");
    recipe.require_fix_of("devices.partial");
    CHECK(llama()
              .with("instance_type=p5.48xlarge trainer.devices=4 model.shard_degree=4")
              .only("devices.partial")
              .fix.empty());
}

TEST_CASE("an unknown instance type warns and does not refuse") {
    const RecipeUnderTest recipe = llama().with("instance_type=g5.46xlarge trainer.devices=16 model.fp8=True");
    CHECK(recipe.codes() == "devices.unknown_instance");
    const Diagnostic diagnostic = recipe.only("devices.unknown_instance");
    CHECK(diagnostic.severity == Severity::warning);
    CHECK(diagnostic.key == "instance_type");
    CHECK(diagnostic.message.contains("g5.48xlarge"));
    CHECK(llama().with("instance_type=our-own-box").only("devices.unknown_instance").fix.empty());
    CHECK(llama().with("instance_type=5").codes() == "devices.unknown_instance");
    CHECK(llama().with("instance_type=null").codes().empty());
    CHECK(recipe.check().instance == nullptr);
    CHECK(recipe.check().instance_type == "g5.46xlarge");
}

TEST_CASE("a recipe for GPUs does not run on Trainium, nor the reverse") {
    const Diagnostic diagnostic =
        llama().with("instance_type=trn1.32xlarge trainer.devices=32").only("devices.accelerator_mismatch");
    CHECK(diagnostic.severity == Severity::error);
    CHECK(diagnostic.key == "trainer.accelerator");
    CHECK(diagnostic.message == "the recipe is for GPUs, but trn1.32xlarge has AWS Trainium");
    const RecipeUnderTest neuron(
        "instance_type: p5.48xlarge\nrecipes: {run: {model_type: neuron-hf}, trainer: {devices: 8}}");
    CHECK(neuron.only("devices.accelerator_mismatch").key == "instance_type");
    CHECK(neuron.only("devices.accelerator_mismatch").message ==
          "the recipe is for NeuronCores, but p5.48xlarge has NVIDIA H100");
    CHECK_FALSE(llama()
                    .with("instance_type=trn1.32xlarge trainer.devices=32 trainer.accelerator=auto")
                    .says("devices.accelerator_mismatch"));
}

TEST_CASE("a recipe for CPUs is not checked against an instance's devices") {
    const RecipeUnderTest recipe = llama().with(
        "trainer.accelerator=cpu instance_type=g5.12xlarge trainer.devices=2 model.fp8=True model.shard_degree=2");
    CHECK(recipe.codes().empty());
    CHECK(llama().with("trainer.accelerator=cpu instance_type=c5.large").codes().empty());
}

TEST_CASE("custom training keeps its numbers in training_cfg.run") {
    const char* const custom = R"(
instance_type: g5.12xlarge
training_cfg:
  entry_script: /fsx/train.py
  run: {name: mine, nodes: 2, ntasks_per_node: 4}
)";
    CHECK(RecipeUnderTest(custom).codes().empty());
    const Layout layout = RecipeUnderTest(custom).check().layout;
    CHECK(layout == Layout{.nodes = 2, .devices_per_node = 4});
    const RecipeUnderTest eight = RecipeUnderTest(custom).with("training_cfg.run.ntasks_per_node=8");
    CHECK(eight.only("devices.exceeds").key == "training_cfg.run.ntasks_per_node");
    eight.require_fix_of("devices.exceeds");
    CHECK(RecipeUnderTest(custom).with("training_cfg.run.nodes=two").only("devices.type").key ==
          "training_cfg.run.nodes");
}

TEST_CASE("a key is named so that an override reaches it") {
    // The root has a `trainer` of its own: without `recipes.` an override would go there.
    const RecipeUnderTest recipe = RecipeUnderTest("trainer: {devices: 1}\nrecipes: {trainer: {devices: 0}}");
    CHECK(recipe.only("devices.range").key == "recipes.trainer.devices");
}
