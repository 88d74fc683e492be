// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "recipe_under_test.hpp"

using namespace recipe;
using namespace recipe::validate;

namespace {

Diagnostics found(const RecipeUnderTest& recipe, std::string_view code) {
    Diagnostics all;
    for (const Diagnostic& d : recipe.check().diagnostics)
        if (d.code == code) all.push_back(d);
    return all;
}

Diagnostics of_cluster(const std::string& yaml) {
    return found(RecipeUnderTest(yaml), "launch.unknown_key");
}

}  // namespace

TEST_CASE("the same mistake in many places is said twenty times and then counted") {
    const auto messages = [](int count) {
        std::string yaml = "cluster:\n";
        for (int i = 0; i < count; ++i) yaml += "  unheard_of_" + std::to_string(i) + ": 1\n";
        return of_cluster(yaml);
    };
    CHECK(messages(20).size() == 20);
    CHECK(messages(20).back().message == "cluster.unheard_of_19 has no effect: there is no such key");
    CHECK(messages(22).size() == 20);
    CHECK(messages(22).back().message ==
          "cluster.unheard_of_19 has no effect: there is no such key (and 2 more of this kind)");
    CHECK(messages(22).front().message == "cluster.unheard_of_0 has no effect: there is no such key");
}

TEST_CASE("keys of a cluster section are known where Slurm reads it") {
    for (const char* yaml : {"cluster: {partitoin: a}", "cluster_type: null\ncluster: {partitoin: a}",
                             "cluster_type: slurm\ncluster: {partitoin: a}"}) {
        INFO(yaml);
        REQUIRE(of_cluster(yaml).size() == 1);
        CHECK(of_cluster(yaml).front().key == "cluster.partitoin");
        CHECK(of_cluster(yaml).front().severity == Severity::hint);
        CHECK(of_cluster(yaml).front().message ==
              "cluster.partitoin has no effect: there is no such key; did you mean `cluster.partition`?");
    }
    for (const char* yaml : {"cluster: {partition: a}", "cluster_type: k8s\ncluster: {namespace: a}",
                             "cluster_type: 1\ncluster: {namespace: a}", "cluster: [namespace]", "cluster: null"}) {
        INFO(yaml);
        CHECK(of_cluster(yaml).empty());
    }
}

TEST_CASE("a key is taken for a misspelt one where it begins alike, is as long, and the one that is meant is missing") {
    const auto misspelt = [](const std::string& overrides) { return found(llama().with(overrides), "model.misspelt"); };
    const auto meant = misspelt("++recipes.model.activation_chekpointing=true");
    REQUIRE(meant.size() == 1);
    CHECK(meant.front().key == "model.activation_chekpointing");
    CHECK(meant.front().severity == Severity::hint);
    CHECK(meant.front().message ==
          "model.activation_chekpointing is not read; did you mean `model.activation_checkpointing`?");
    // That one is there; not even alike at the beginning; another word altogether.
    CHECK(
        misspelt("++recipes.model.activation_checkpointing=true ++recipes.model.activation_chekpointing=true").empty());
    CHECK(misspelt("++recipes.model.xctivation_checkpointing=true").empty());
    CHECK(misspelt("++recipes.model.activation=true").empty());
}

TEST_CASE("what an override adds beside the recipe is told where it belongs") {
    const auto misplaced = [](const std::string& overrides) {
        return found(llama().with(overrides), "model.misplaced");
    };
    CHECK(misplaced("+memory.loss=chunked").empty() == false);
    CHECK(misplaced("+memory.loss=chunked").front().fix == "--recipe-set=+recipes.memory.loss=chunked");
    CHECK(misplaced("+memory.a.b=1").front().fix == "--recipe-set=+recipes.memory.a.b=1");
    CHECK(misplaced("+memory.loss=chunked +memory.norm=fused").front().fix == "");
    CHECK(misplaced("+memory.loss=chunked ++recipes.memory.norm=fused").empty());
    CHECK(misplaced("+mine.loss=chunked").empty());
    CHECK(
        found(RecipeUnderTest("recipes: {run: {model_type: hf}}\nmemory: {loss: chunked}"), "model.misplaced").empty());
}

TEST_CASE("the fix of an unknown key of the cluster is a key that there is") {
    const auto fix = [](const std::string& yaml) { return of_cluster(yaml).front().fix; };
    CHECK(fix("cluster: {partiton: gpu}") == "--recipe-set=~cluster.partiton --recipe-set=++cluster.partition=gpu");
    CHECK(fix("instance_type: null\ncluster: {instance_type: p5.48xlarge}") ==
          "--recipe-set=~cluster.instance_type --recipe-set=++instance_type=p5.48xlarge");
    CHECK(fix("cluster: {mem_per_node: 3}").empty());
}

TEST_CASE("a switch that was made a section holds no keys that could be misspelt") {
    CHECK(found(hyperpod_llama().with("++recipes.use_smp_model.use_smp_modl=true"), "model.misspelt").empty());
}

TEST_CASE("a word is a misspelling of a name that is no more than two characters longer or shorter") {
    const auto meant = [](const std::string& key) {
        return found(llama().with("++recipes.model." + key + "=1"), "model.misspelt").size();
    };
    // Of vocab_size, max_context_width and activation_checkpointing, which the recipe leaves out.
    CHECK(meant("vocabsize") == 1);
    CHECK(meant("vocab_sizeee") == 1);
    CHECK(meant("vocab_sizeeee") == 0);
    CHECK(meant("vocab_si") == 1);
    CHECK(meant("vocab_s") == 0);
    CHECK(meant("vcoab_size") == 0);
    CHECK(meant("voacb_size") == 0);
    CHECK(meant("vocba_size") == 1);
}

TEST_CASE("a key of the cluster's section is compared without regard to capitals, and told in full") {
    const auto said = [](const std::string& yaml) { return of_cluster(yaml).front(); };
    CHECK(said("cluster: {Partition: gpu}").fix ==
          "--recipe-set=~cluster.Partition --recipe-set=++cluster.partition=gpu");
    CHECK(said("cluster: {QOS: high}").message ==
          "cluster.QOS has no effect: there is no such key; did you mean `cluster.qos`?");
    // The first three characters are those of another word.
    CHECK(said("cluster: {apartition: gpu}").fix.empty());
    CHECK(said("cluster: {paartition: gpu}").fix.empty());
    CHECK(said("cluster: {parrtition: gpu}").fix ==
          "--recipe-set=~cluster.parrtition --recipe-set=++cluster.partition=gpu");
    // Lists and maps are no words of a command.
    CHECK(said("cluster: {container_mount: [/a]}").fix.empty());
    CHECK(said("cluster: {container_mount: {a: b}}").fix.empty());
    CHECK(said("cluster: {container_mount: [/a]}").message.ends_with("did you mean `cluster.container_mounts`?"));
    CHECK(of_cluster("cluster_type: [slurm]\ncluster: {partitoin: a}").empty());
}
