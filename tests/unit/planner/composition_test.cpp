// SPDX-License-Identifier: Apache-2.0
#include "submitting.hpp"

#include "catch.hpp"
#include "config/config.hpp"
#include "planner/custom_form.hpp"

#include <algorithm>

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
