// SPDX-License-Identifier: Apache-2.0
// What programs of other makers' devices are told, and not told twice.
#include "../catch.hpp"

#include "hardware/hardware.hpp"
#include "node/node.hpp"

#include <map>

using namespace recipe;
using node::Change;
using node::VisibleDevices;

namespace {

using Variables = std::map<std::string, std::string>;

std::vector<Change> changes(const char* accelerator, std::uint32_t present, const Variables& now,
                            const Variables& sys = {}) {
    const hardware::Catalogue catalogue;
    const hardware::Kind& kind = catalogue.kind_of(*catalogue.accelerator(accelerator));
    const auto lookup = [](const Variables& in) {
        return [&in](const std::string& name) {
            const auto found = in.find(name);
            return found != in.end() ? std::optional(found->second) : std::nullopt;
        };
    };
    return node::device_environment({.kind = &kind, .present_files = present}, lookup(now), lookup(sys));
}

}  // namespace

TEST_CASE("ROCm is told of its GPUs once, as gres.conf's amd_gpu_env would have it") {
    const std::vector<Change> removed{{"CUDA_VISIBLE_DEVICES", std::nullopt}, {"GPU_DEVICE_ORDINAL", std::nullopt}};
    CHECK(changes("mi300x", 8,
                  {{"ROCR_VISIBLE_DEVICES", "4,5"}, {"CUDA_VISIBLE_DEVICES", "4,5"}, {"GPU_DEVICE_ORDINAL", "4,5"}}) ==
          removed);
    // What says something else is somebody's own.
    CHECK(changes("mi300x", 8, {{"ROCR_VISIBLE_DEVICES", "4,5"}, {"CUDA_VISIBLE_DEVICES", "0"}}).empty());
    CHECK(changes("mi300x", 8, {{"ROCR_VISIBLE_DEVICES", "4,5"}, {"HIP_VISIBLE_DEVICES", "4,5"}}).empty());
    CHECK(changes("mi300x", 8, {{"CUDA_VISIBLE_DEVICES", "4,5"}}).empty());
    CHECK(changes("mi300x", 8, {}).empty());
    CHECK(changes("mi300x", 8, {{"ROCR_VISIBLE_DEVICES", "4"}, {"SLURM_STEP_GPUS", "4"}}).empty());
    CHECK(changes("h100", 8, {{"CUDA_VISIBLE_DEVICES", "4"}, {"GPU_DEVICE_ORDINAL", "4"}, {"SLURM_STEP_GPUS", "4"}})
              .empty());
}

TEST_CASE("a step with a part of a node's Gaudi devices is told which, by the driver's numbers") {
    using Changes = std::vector<Change>;
    const Variables part{{"SLURM_STEP_GPUS", "2,5"}};
    CHECK(changes("gaudi2", 8, part) == Changes{{"HABANA_VISIBLE_MODULES", "2,5"}});
    CHECK(changes("gaudi3", 3, part) == Changes{{"HABANA_VISIBLE_MODULES", "2,5"}});
    CHECK(changes("gaudi2", 8, part,
                  {{"class/accel/accel2/device/module_id", "7\n"}, {"class/accel/accel5/device/module_id", "0 \n"}}) ==
          Changes{{"HABANA_VISIBLE_MODULES", "7,0"}});
    CHECK(changes("gaudi2", 8, part, {{"class/accel/accel2/device/module_id", "no"}}) ==
          Changes{{"HABANA_VISIBLE_MODULES", "2,5"}});
    CHECK(changes("gaudi2", 8, {{"SLURM_JOB_GPUS", "1"}}) == Changes{{"HABANA_VISIBLE_MODULES", "1"}});
    CHECK(changes("gaudi2", 8, {{"SLURM_STEP_GPUS", "3"}, {"SLURM_JOB_GPUS", "1"}}) ==
          Changes{{"HABANA_VISIBLE_MODULES", "3"}});
    // A whole node, and what somebody says himself.
    CHECK(changes("gaudi2", 2, part).empty());
    CHECK(changes("gaudi2", 8, {{"SLURM_STEP_GPUS", "2"}, {"HABANA_VISIBLE_MODULES", "4"}}).empty());
    CHECK(changes("gaudi2", 8, {}).empty());
    CHECK(changes("gaudi2", 8, {{"SLURM_STEP_GPUS", "gpu0,1"}}).empty());
    CHECK(changes("gaudi2", 8, {{"SLURM_STEP_GPUS", "0-3"}}).empty());
}

TEST_CASE("without devices nothing is said of them") {
    CHECK(node::device_environment(
              {}, [](const std::string&) { return std::optional<std::string>("1"); },
              [](const std::string&) { return std::optional<std::string>(); })
              .empty());
}
