// SPDX-License-Identifier: Apache-2.0
// What Slurm says of a step's devices, in the words of their maker's programs.
#include "node/node.hpp"

#include "slurm_text/lists.hpp"

#include <algorithm>
#include <charconv>

namespace recipe::node {
namespace {

/// The numbers of the step's devices on this node, as their files have them. Nothing: Slurm does not say.
std::vector<std::uint32_t> given_devices(const Lookup& now) {
    std::optional<std::string> list = now("SLURM_STEP_GPUS");
    if (!list) list = now("SLURM_JOB_GPUS");
    std::vector<std::uint32_t> numbers;
    if (!list) return numbers;
    for (const std::string_view item : slurm_text::split(*list)) {
        std::uint32_t number = 0;
        const char* end = item.data() + item.size();
        if (const auto read = std::from_chars(item.data(), end, number); read.ec != std::errc{} || read.ptr != end)
            return {};
        numbers.push_back(number);
    }
    return numbers;
}

bool is_number(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// As programs of the maker number it: by a file of the driver, else as its device file is numbered.
std::string number_of(const hardware::Kind& kind, std::uint32_t device, const Lookup& sys) {
    const std::string number = std::to_string(device);
    const std::size_t place = kind.part_number_file.find('N');
    if (place == std::string_view::npos) return number;
    std::string file(kind.part_number_file);
    std::string text = sys(file.replace(place, 1, number)).value_or("");
    while (text.ends_with('\n') || text.ends_with(' ')) text.pop_back();
    return is_number(text) ? text : number;
}

/// Of a whole node nothing is said: programs take all that is there.
std::optional<Change> part_of_node(const VisibleDevices& visible, const Lookup& now, const Lookup& sys) {
    const hardware::Kind& kind = *visible.kind;
    const std::string variable(kind.part_variable);
    if (variable.empty() || now(variable)) return std::nullopt;
    const std::vector<std::uint32_t> devices = given_devices(now);
    if (devices.empty() || devices.size() >= visible.present_files) return std::nullopt;
    std::string list;
    for (const std::uint32_t device : devices) list += (list.empty() ? "" : ",") + number_of(kind, device, sys);
    return Change{variable, list};
}

}  // namespace

std::vector<Change> device_environment(const VisibleDevices& visible, const Lookup& now, const Lookup& sys) {
    std::vector<Change> changes;
    if (visible.kind == nullptr) return changes;
    const hardware::Kind& kind = *visible.kind;
    const std::optional<std::string> shown =
        kind.visible.empty() ? std::nullopt : now(std::string(kind.visible.front()));
    for (const std::string_view name : kind.repeats)
        if (shown && now(std::string(name)) == shown) changes.push_back({std::string(name), std::nullopt});
    if (auto change = part_of_node(visible, now, sys)) changes.push_back(std::move(*change));
    return changes;
}

}  // namespace recipe::node
