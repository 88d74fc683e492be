// SPDX-License-Identifier: Apache-2.0
#include "../config/collection_fixture.hpp"
#include "../hardware/catalogue_file_on_disk.hpp"
#include "submitting.hpp"

#include "catch.hpp"
#include "config/config.hpp"
#include "planner/composition.hpp"
#include "planner/custom_form.hpp"
#include "source_file.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

using namespace recipe;
using test::find;
using test::Submitting;
using test::tiny;

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

TEST_CASE("a composition has the overrides with their levels, and what Slurm options mean only where they win") {
    using planner::Level;
    const auto composed = [](const Submitting& submitting) { return planner::compose(submitting.request()).value(); };
    const auto wins = composed(Submitting(tiny).set("trainer.num_nodes=4", Level::script).option("nodes", "2"));
    REQUIRE(wins.overrides.size() == 1);
    CHECK(wins.overrides.front().level == Level::script);
    REQUIRE(wins.slurm_overrides.size() == 1);
    CHECK(wins.slurm_overrides.front().text == "++recipes.trainer.num_nodes=2");
    CHECK(wins.root().at("recipes.trainer.num_nodes")->as_int() == 2);
    const auto loses = composed(Submitting(tiny).set("trainer.num_nodes=4").option("nodes", "2", Level::script));
    CHECK(loses.slurm_overrides.empty());
    CHECK(loses.root().at("recipes.trainer.num_nodes")->as_int() == 4);
}

TEST_CASE("a site's hardware is read for a recipe that names an instance type, its families for every recipe") {
    const HardwareFile hardware("instance_types: {our-box: {accelerator: a10g, devices: 2}}");
    const auto knows = [&](const char* set) {
        const auto request = Submitting(tiny).at({.hardware_files = {hardware.path}}).set(set).request();
        return planner::compose(request).value().catalogue.instance("our-box") != nullptr;
    };
    CHECK(knows("instance_type=g5.48xlarge"));
    CHECK_FALSE(knows("instance_type=null"));
    const HardwareFile families("families: {ours: {title: ours, when: [{path: recipes.run}]}}");
    const auto request = Submitting(tiny).at({.family_files = {families.path}}).request();
    const auto composition = planner::compose(request).value();
    CHECK(composition.families.of(composition.root()).name == "ours");
}

TEST_CASE("the keys of an entry script are those of the file beside it, our own trainer's included") {
    const auto keys_of = [](const std::string& script) {
        return planner::compose(Submitting(tiny).set("++launch.entry_script=" + script).without_script().request())
            .value()
            .program_keys;
    };
    const std::filesystem::path shipped = source_file("recipes_collection/entrypoints/keys.yaml");
    CHECK(keys_of(shipped.parent_path() / "train.py") == config::load_yaml(shipped).value());

    const config::CollectionFixture folder;
    std::filesystem::copy_file(shipped, folder.directory() / "keys.yaml");
    std::ofstream(folder.directory() / "keys.yaml", std::ios::app) << "mine: 1\n";
    CHECK(keys_of(folder.directory() / "train.py")->find("mine") != nullptr);
}

TEST_CASE("a composition knows the recipe's secrets, and the keys that its entry script reads") {
    const auto ours =
        planner::compose(Submitting(tiny).set("++env_vars.HF_TOKEN=abc").without_script().request()).value();
    REQUIRE(ours.secrets.size() == 1);
    CHECK(ours.secrets.front().key == "env_vars.HF_TOKEN");
    CHECK(ours.program_keys);
    // What a batch script or a command runs is not known, and a file is about the script that it names.
    CHECK_FALSE(planner::compose(Submitting(tiny).request())->program_keys);
    CHECK_FALSE(
        planner::compose(Submitting(tiny).set("launch.entry_script=entrypoints/report.py").without_script().request())
            ->program_keys);
    CHECK_FALSE(planner::compose(Submitting(tiny).set("git.entry_script=/app/train.py").without_script().request())
                    ->program_keys);
    CHECK_FALSE(
        planner::compose(Submitting(tiny).set("launch.entry_script=mine.py").without_script().request())->program_keys);
}

TEST_CASE("before interpolation a composition says where a value comes from") {
    const auto request = Submitting(tiny).set("++env_vars.HOME_OF='${oc.env:PWD}'").request();
    const auto composition = planner::compose(request).value();
    CHECK(*composition.root().at("env_vars.HOME_OF")->as_string() == "/home/user");
    CHECK(*planner::unresolved_root(request, composition).at("env_vars.HOME_OF")->as_string() == "${oc.env:PWD}");
}

TEST_CASE("collections that the user names come before the site's, and these before the installed one") {
    const auto collection_with = [](const char* name) {
        config::CollectionFixture collection;
        collection.write("config.yaml", "defaults:\n  - _self_\n");
        collection.write(std::string("recipes/") + name + ".yaml", "run: {name: x}\n");
        return collection;
    };
    const config::CollectionFixture named = collection_with(tiny);
    const config::CollectionFixture of_site = collection_with(tiny);
    planner::SubmitRequest request = Submitting(tiny).at({.collections = {of_site.directory()}}).request();
    const auto collection = [&] { return planner::compose(request).value().resolved.collection; };
    CHECK(collection() == of_site.directory());
    request.collections = {named.directory()};
    CHECK(collection() == named.directory());
}

TEST_CASE("what runs is no part of a recipe's family, and what is known of it is") {
    const auto family_of = [](Submitting submitting) {
        const auto composition = planner::compose(submitting.request()).value();
        return composition.family();
    };
    const family::Family ours = family_of(Submitting(tiny).without_script());
    const family::Family mine = family_of(Submitting(tiny).set("launch.entry_script=mine.py").without_script());
    const family::Family scripted = family_of(Submitting(tiny));
    CHECK(ours.name == "hf");
    CHECK(mine.name == "hf");
    CHECK(scripted.name == "hf");
    CHECK(ours.program == "slurm-recipe");
    CHECK(mine.program.empty());
    CHECK(ours.program_known);
    CHECK_FALSE(mine.program_known);
    CHECK_FALSE(scripted.program_known);
    CHECK_FALSE(ours.has(family::Key::smp));
    CHECK(mine.has(family::Key::smp));
}
