// SPDX-License-Identifier: Apache-2.0
// Counts the accelerators that a task may open.
#include "spank/node/devices.hpp"

#include "hardware/hardware.hpp"
#include "spank/node/step_facts.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace recipe::spank {
namespace {

bool is_number(std::string_view text) {
    for (const char c : text)
        if (std::isdigit(static_cast<unsigned char>(c)) == 0) return false;
    return !text.empty();
}

/// access() asks the device cgroup too, so this is what ConstrainDevices leaves.
bool may_open(const std::string& file) {
    return faccessat(AT_FDCWD, file.c_str(), R_OK | W_OK, AT_EACCESS) == 0;
}

struct FileCount {
    std::uint32_t present = 0;
    std::uint32_t open = 0;  // that the task may open
};

/// `prefix` of files in /dev: "nvidia", "dri/renderD".
FileCount count_device_files(std::string_view prefix) {
    const std::string start = "/dev/" + std::string(prefix);
    const std::size_t slash = start.rfind('/');
    const std::string folder = start.substr(0, slash);
    const std::string_view name_start = std::string_view(start).substr(slash + 1);
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(folder.c_str()), closedir);
    if (!directory) return {};
    FileCount count;
    while (const dirent* entry = readdir(directory.get())) {
        const std::string_view name = entry->d_name;
        if (!name.starts_with(name_start) || !is_number(name.substr(name_start.size()))) continue;
        ++count.present;
        if (may_open(folder + '/' + entry->d_name)) ++count.open;
    }
    return count;
}

FileCount count_device_files(const hardware::Kind& kind) {
    if (!kind.control_file.empty() && !may_open("/dev/" + std::string(kind.control_file))) return {};
    return count_device_files(kind.device_files);
}

/// The kinds that are counted as the plan's devices, NVIDIA's first: its driver has files of other kinds' names as
/// well.
std::vector<const hardware::Kind*> kinds_of(const hardware::Catalogue& catalogue, plan::Device device) {
    const hardware::DeviceKind counted =
        device == plan::Device::neuron ? hardware::DeviceKind::neuron : hardware::DeviceKind::gpu;
    std::vector<const hardware::Kind*> kinds = catalogue.kinds();
    std::erase_if(kinds, [&](const hardware::Kind* kind) { return kind->counted_as != counted; });
    std::ranges::stable_sort(kinds, {}, [](const hardware::Kind* kind) { return kind->name != "gpu"; });
    return kinds;
}

void read_visible(spank_t spank, const hardware::Kind& kind, node::VisibleDevices& visible) {
    for (const std::string_view variable : kind.visible) {
        if (visible.visible_gpus) return;
        visible.visible_gpus = job_variable(spank, std::string(variable).c_str());
        if (visible.visible_gpus) visible.variable = variable;
    }
}

}  // namespace

node::VisibleDevices visible_devices(spank_t spank, plan::Device device) {
    node::VisibleDevices visible;
    if (device == plan::Device::cpu) return visible;
    if (const auto text = job_variable(spank, "SLURM_GPUS_ON_NODE")) {
        std::uint32_t number = 0;
        if (std::from_chars(text->data(), text->data() + text->size(), number).ec == std::errc{})
            visible.gpus_of_step = number;
    }
    // Its kinds are constants.
    const hardware::Catalogue catalogue;
    const std::vector<const hardware::Kind*> kinds = kinds_of(catalogue, device);
    for (const hardware::Kind* kind : kinds) {
        const FileCount files = count_device_files(*kind);
        if (files.open == 0) continue;
        visible.device_files = files.open;
        visible.present_files = files.present;
        visible.files = kind->device_files;
        visible.kind = kind;
        read_visible(spank, *kind, visible);
        break;
    }
    for (const hardware::Kind* kind : kinds) read_visible(spank, *kind, visible);
    return visible;
}

std::optional<std::string> text_in_sys(const std::string& file) {
    std::array<char, 32> text{};
    const int descriptor = open(("/sys/" + file).c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0) return std::nullopt;
    const ssize_t length = read(descriptor, text.data(), text.size());
    close(descriptor);
    if (length < 0) return std::nullopt;
    return std::string(text.data(), static_cast<std::size_t>(length));
}

}  // namespace recipe::spank
