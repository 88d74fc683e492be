#include "devices.hpp"

#include "step_facts.hpp"

#include <cctype>
#include <charconv>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <string_view>
#include <unistd.h>

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

step::Sight sight_of(spank_t spank, plan::Device device) {
    step::Sight sight;
    if (device == plan::Device::cpu) return sight;
    sight.visible_gpus = job_variable(spank, "CUDA_VISIBLE_DEVICES");
    if (const auto text = job_variable(spank, "SLURM_GPUS_ON_NODE")) {
        std::uint32_t number = 0;
        if (std::from_chars(text->data(), text->data() + text->size(), number).ec == std::errc{}) sight.gpus_of_step = number;
    }
    sight.device_files = count_device_files(device == plan::Device::neuron ? "neuron" : "nvidia");
    return sight;
}

}  // namespace recipe::spank
