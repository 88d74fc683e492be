// SPDX-License-Identifier: Apache-2.0
// A recipe file that lies in no collection brings its own world.
#include "catch.hpp"
#include "collection_fixture.hpp"

using namespace recipe;
using namespace recipe::config;

namespace {

/// A collection, and a folder of files that is none.
class Outside {
public:
    Outside() {
        collection_.write("config.yaml",
                          "defaults: [_self_, {cluster: slurm}, {recipes: base/small}]\ninstance_type: null\n"
                          "container: null\ndebug: false\nlaunch: {launcher: torchrun, entry_script: main.py}\n"
                          "env_vars: {A: 1}\ntraining_config: ${hydra:runtime.choices.recipes}\n");
        collection_.write("cluster/slurm.yaml", "mem: null\n");
        collection_.write("recipes/base/small.yaml",
                          "run: {name: small}\nmodel: {width: 8, depth: '${..trainer.steps}'}\ntrainer: {steps: 3}\n"
                          "twice: ${recipes.trainer.steps}\n");
    }

    void write(const std::string& name, const std::string& text) const { folder_.write(name, text); }

    [[nodiscard]] Expected<Resolved> compose(const std::string& name) const {
        ComposeRequest request = collection_.request(name);
        request.working_directory = folder_.directory();
        return config::compose(request);
    }

    [[nodiscard]] Value root(const std::string& name = "mine.yaml") const {
        auto resolved = compose(name);
        if (!resolved) UNSCOPED_INFO(resolved.error().front().message);
        REQUIRE(resolved);
        CHECK(resolved->outside);
        return std::move(resolved->root);
    }

    [[nodiscard]] Diagnostic refusal(const std::string& text) const {
        write("mine.yaml", text);
        auto resolved = compose("mine.yaml");
        REQUIRE_FALSE(resolved);
        REQUIRE(resolved.error().size() == 1);
        return resolved.error().front();
    }

private:
    CollectionFixture collection_;
    CollectionFixture folder_;
};

std::string json(const Value& root, const std::string& key) {
    const Value* value = root.at(key);
    return value == nullptr ? "(none)" : to_json(*value);
}

}  // namespace

TEST_CASE("a recipe file says at its top what belongs at the root, and where it went can be seen") {
    const Outside outside;
    outside.write("mine.yaml",
                  "run: {name: mine}\nlaunch: {entry_script: train.py}\ncontainer: /x.sqsh\nenv_vars: {B: 2}\n"
                  "cluster: {partition: gpu}\ngit: {commit: abc}\nbase_results_dir: /r\ninstance_type: p5.48xlarge\n"
                  "debug: true\ntraining_config: {lr: 1}\nlauncher: none\n");
    const Value root = outside.root();
    CHECK(json(root, "launch") == R"({"launcher":"torchrun","entry_script":"train.py"})");
    CHECK(json(root, "container") == R"("/x.sqsh")");
    CHECK(json(root, "env_vars") == R"({"A":1,"B":2})");
    CHECK(json(root, "cluster") == R"({"mem":null,"partition":"gpu"})");
    CHECK(json(root, "git.commit") == R"("abc")");
    CHECK(json(root, "base_results_dir") == R"("/r")");
    CHECK(json(root, "instance_type") == R"("p5.48xlarge")");
    CHECK(json(root, "debug") == "true");
    CHECK(json(root, "recipes") == R"({"run":{"name":"mine"},"training_config":{"lr":1},"launcher":"none"})");
    CHECK(root.at("launch.entry_script")->position().source().line == 2);
}

TEST_CASE("a section without content changes nothing at the root, and a resolved recipe can be given again") {
    const Outside outside;
    outside.write("mine.yaml", "launch:\nenv_vars:\ncluster:\ncontainer:\nrecipes: {run: {name: again}}\n");
    const Value root = outside.root();
    CHECK(json(root, "launch.launcher") == R"("torchrun")");
    CHECK(json(root, "env_vars") == R"({"A":1})");
    CHECK(json(root, "cluster") == R"({"mem":null})");
    CHECK(json(root, "container") == "null");
    CHECK(json(root, "recipes") == R"({"run":{"name":"again"}})");
}

TEST_CASE("a section of the root that is no map in a recipe file is refused with an example") {
    const Outside outside;
    const Diagnostic problem = outside.refusal("run: {name: a}\nlaunch: train.py\n");
    CHECK(problem.code == "compose.type");
    CHECK(problem.key == "launch");
    CHECK(problem.source.line == 2);
    CHECK(problem.message ==
          "`launch` is a section of several keys, not a string; write for example `launch: {entry_script: train.py}`");
    CHECK(outside.refusal("env_vars: [A]\n").key == "env_vars");
    CHECK(outside.refusal("cluster: slurm\n").key == "cluster");
}

TEST_CASE("a section that is nearly one of the root stays in the recipe, and a hint asks") {
    const Outside outside;
    outside.write("mine.yaml", "env_var: {A: 2}\ncontainers: x\ntrainer: {steps: 1}\ngin: {a: 1}\ndata: x\n");
    const auto resolved = outside.compose("mine.yaml");
    REQUIRE(resolved);
    CHECK(json(resolved->root, "env_vars") == R"({"A":1})");
    REQUIRE(resolved->notes.size() == 2);
    CHECK(resolved->notes.front().code == "compose.misspelt");
    CHECK(resolved->notes.front().source.line == 1);
    CHECK(resolved->notes.front().message ==
          "`env_var` is a section of the recipe, which only the program may read; did you mean `env_vars`?");
    CHECK(resolved->notes.back().key == "containers");
    CHECK(resolved->stands_alone);
    outside.write("mine.yaml", "defaults: [base/small]\n");
    CHECK_FALSE(outside.compose("mine.yaml")->stands_alone);
}

TEST_CASE("a package that the file states, and a collection's own recipes, keep Hydra's meaning") {
    const Outside outside;
    outside.write("mine.yaml", "# @package _global_\nlaunch: {entry_script: a.py}\nrecipes: {run: {name: g}}\n");
    CHECK(json(outside.root(), "recipes") == R"({"run":{"name":"g"}})");
    outside.write("mine.yaml", "# @package recipes\nlaunch: {entry_script: a.py}\n");
    CHECK(json(outside.root(), "recipes.launch.entry_script") == R"("a.py")");
    CHECK(json(outside.root(), "launch.entry_script") == R"("main.py")");

    CollectionFixture collection;
    collection.write("config.yaml", "defaults: [_self_, {recipes: a}]\nlaunch: {entry_script: main.py}\n");
    collection.write("recipes/a.yaml", "launch: {entry_script: a.py}\n");
    collection.write("recipes/sub/base.yaml", "x: 1\n");
    collection.write("recipes/b.yaml", "defaults: [sub/base]\ny: 2\n");
    CHECK(json(compose(collection.request("a"))->root, "launch.entry_script") == R"("main.py")");
    CHECK(json(compose(collection.request("./recipes/a.yaml"))->root, "recipes.launch.entry_script") == R"("a.py")");
    CHECK(json(compose(collection.request("b"))->root, "recipes") == R"({"sub":{"x":1},"y":2})");
}

TEST_CASE("a recipe file builds on recipes of the collection and on files beside it, interpolations included") {
    const Outside outside;
    outside.write("mine.yaml", "defaults: [base/small, common, parts/more, {model: big}]\ntrainer: {steps: 9}\n");
    outside.write("common.yaml", "launch: {entry_script: ours.py}\nrun: {time_limit: 5}\n");
    outside.write("parts/more.yaml", "trainer: {devices: 2}\n");
    outside.write("model/big.yaml", "width: 64\n");
    const Value root = outside.root();
    CHECK(json(root, "recipes") == R"({"run":{"name":"small","time_limit":5},"model":{"width":64,"depth":9},)"
                                   R"("trainer":{"steps":9,"devices":2},"twice":9})");
    CHECK(json(root, "launch.entry_script") == R"("ours.py")");

    outside.write("parts/built.yaml", "defaults: [more, base/small]\nrun: {name: built}\n");
    outside.write("over.yaml", "defaults: [parts/built]\n");
    CHECK(json(outside.root("over.yaml"), "recipes.run.name") == R"("built")");
    CHECK(json(outside.root("over.yaml"), "recipes.trainer") == R"({"devices":2,"steps":3})");

    outside.write("base/small.yaml", "run: {name: beside}\n");
    CHECK(json(outside.root(), "recipes.run.name") == R"("beside")");
    outside.write("here.yaml", "defaults: [base/small@model.inner]\n");
    CHECK(json(outside.root("here.yaml"), "recipes.model.inner.run.name") == R"("beside")");
}

TEST_CASE("a base that is nowhere is named with the places that were looked at") {
    const Outside outside;
    const Diagnostic problem = outside.refusal("defaults: [base/smal]\n");
    CHECK(problem.code == "compose.unknown_group_option");
    CHECK(problem.message.contains(
        "there is no recipe `base/smal` to build on, neither beside this file nor in a collection"));
    CHECK(problem.message.contains("did you mean `base/small`?"));
}

TEST_CASE("custom training finds its defaults beside its file") {
    const Outside outside;
    outside.write("common.yaml", "base_results_dir: /r\n");
    outside.write("mine.yaml", "defaults: [common]\ntraining_cfg: {run: {name: a}}\n");
    CHECK(json(outside.root(), "base_results_dir") == R"("/r")");
}
