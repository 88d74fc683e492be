// SPDX-License-Identifier: Apache-2.0
// Counts the accelerators that a task may open.
#include "spank/node/devices.hpp"

#include "spank/node/step_facts.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include <cctype>
#include <charconv>
#include <memory>
#include <string_view>

namespace recipe::spank {
namespace {

bool is_number(std::string_view text) {
    for (const char c : text)
        if (std::isdigit(static_cast<unsigned char>(c)) == 0) return false;
    return !text.empty();
}

/// access() asks the device cgroup too, so this is what ConstrainDevices leaves.
std::uint32_t count_device_files(std::string_view prefix) {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir("/dev"), closedir);
    if (!directory) return 0;
    std::uint32_t count = 0;
    while (const dirent* entry = readdir(directory.get())) {
        const std::string_view name = entry->d_name;
        if (!name.starts_with(prefix) || !is_number(name.substr(prefix.size()))) continue;
        if (faccessat(dirfd(directory.get()), entry->d_name, R_OK | W_OK, AT_EACCESS) == 0) ++count;
    }
    return count;
}

}  // namespace

node::VisibleDevices visible_devices(spank_t spank, plan::Device device) {
    node::VisibleDevices visible;
    if (device == plan::Device::cpu) return visible;
    visible.visible_gpus = job_variable(spank, "CUDA_VISIBLE_DEVICES");
    if (const auto text = job_variable(spank, "SLURM_GPUS_ON_NODE")) {
        std::uint32_t number = 0;
        if (std::from_chars(text->data(), text->data() + text->size(), number).ec == std::errc{})
            visible.gpus_of_step = number;
    }
    visible.device_files = count_device_files(device == plan::Device::neuron ? "neuron" : "nvidia");
    return visible;
}

}  // namespace recipe::spank
