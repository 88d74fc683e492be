// SPDX-License-Identifier: Apache-2.0
// A plan as tests of several modules need it.
#pragma once

#include "config/config.hpp"
#include "plan/plan.hpp"

namespace recipe::test {

inline plan::LaunchPlan sample_plan() {
    plan::LaunchPlan plan;
    plan.recipe = "training/llama/sample";
    plan.resources.job_name = "sample";
    plan.resources.time_limit = 60;
    plan.layout = {.nodes = 4, .devices_per_node = 8, .shard = 8};
    plan.environment = {{"NCCL_DEBUG", "WARN"}};
    plan.entry.program = "/opt/train.py";
    plan.entry.arguments = {"--steps", "3"};
    plan.results_dir = "/fsx/results";
    config::Value trainer = config::Value::map();
    trainer.set(config::Value::string("num_nodes"), config::Value::integer(4));
    plan.config = config::Value::map();
    plan.config.set(config::Value::string("trainer"), trainer);
    plan.digest = plan::digest_of(plan.config);
    return plan;
}

}  // namespace recipe::test
