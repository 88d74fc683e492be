// SPDX-License-Identifier: Apache-2.0
// HyperPod's custom training writes the same things to other places than its recipes do.
#pragma once

#include "config/value/value.hpp"

namespace recipe::planner {

/// Of a configuration with `training_cfg`: `cluster.cluster_config`, `container_mounts` and `slurm_docker_cfg` become
/// keys of `cluster`, `cluster.instance_type` and `cluster.cluster_type` keys of the root, where these are not set. Any
/// other stays.
void bring_to_common_form(config::Value& root);

}  // namespace recipe::planner
