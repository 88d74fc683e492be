// SPDX-License-Identifier: Apache-2.0
// Finds a node's instance type by its devices.
#include "cluster/accelerators.hpp"

#include "memory/memory.hpp"
#include "slurm_text/gres.hpp"
#include "slurm_text/lists.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

namespace recipe::cluster {
namespace {

using Words = std::vector<std::string>;

/// "nvidia_a100-sxm4-80gb" is nvidia, a100, sxm4, 80gb.
Words name_words(std::string_view text) {
    Words words(1);
    for (const char c : text) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0)
            words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        else if (!words.back().empty())
            words.emplace_back();
    }
    if (words.back().empty()) words.pop_back();
    return words;
}

/// "80" of a100-80 is "80gb" in the name that the driver gives.
bool has_word(const Words& words, const std::string& word) {
    return std::ranges::any_of(words, [&](const std::string& other) { return other == word || other == word + "gb"; });
}

bool has_all(const Words& words, const Words& wanted) {
    return std::ranges::all_of(wanted, [&](const std::string& word) { return has_word(words, word); });
}

/// Of a whole device. "nvidia_h100_nvl" has the words of h100 and of h100-nvl: the more words, the closer.
std::vector<const hardware::Accelerator*> named_by(const hardware::Catalogue& catalogue, std::string_view type) {
    if (type.empty()) return {};
    if (const hardware::Accelerator* exact = catalogue.accelerator(type)) return {exact};
    const Words words = name_words(type);
    std::vector<const hardware::Accelerator*> found;
    std::size_t most = 0;
    for (const hardware::Accelerator* accelerator : catalogue.accelerators()) {
        const Words model = name_words(accelerator->model);
        if (model.size() < most || !has_all(words, model)) continue;
        if (model.size() > most) found.clear();
        most = model.size();
        found.push_back(accelerator);
    }
    return found;
}

/// One word says no more than the chip: "v100" may be of 16 GB or of 32.
bool says_the_chip_alone(std::string_view type) {
    return name_words(type).size() <= 1;
}

/// "a100" may be any whose name begins so.
std::vector<const hardware::Accelerator*> begun_by(const hardware::Catalogue& catalogue, std::string_view type) {
    const Words words = name_words(type);
    std::vector<const hardware::Accelerator*> found;
    for (const hardware::Accelerator* accelerator : catalogue.accelerators()) {
        const Words name = name_words(accelerator->model);
        if (!name.empty() && has_word(words, name.front())) found.push_back(accelerator);
    }
    return found;
}

/// "1g.10gb" of "nvidia_h100_1g.10gb": a seventh of the compute units and so many GB.
struct Profile {
    std::size_t at = 0;
    std::string_view name;
    std::int64_t memory_gib = 0;
};

std::optional<Profile> mig_profile(std::string_view type) {
    const auto is_digit = [&](std::size_t at) { return at < type.size() && type[at] >= '0' && type[at] <= '9'; };
    for (std::size_t point = type.find("g."); point != std::string_view::npos; point = type.find("g.", point + 1)) {
        if (point == 0 || !is_digit(point - 1)) continue;
        std::size_t end = point + 2;
        std::int64_t memory = 0;
        for (; is_digit(end) && memory < 100'000; ++end) memory = memory * 10 + (type[end] - '0');
        if (memory > 0 && type.substr(end).starts_with("gb"))
            return Profile{
                .at = point - 1, .name = type.substr(point - 1, end + 2 - (point - 1)), .memory_gib = memory};
    }
    return std::nullopt;
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

std::vector<Device> candidates_of(const hardware::Catalogue& catalogue, const std::string& type) {
    const std::optional<Profile> part = mig_profile(type);
    const std::string_view whole = part ? std::string_view(type).substr(0, part->at) : std::string_view(type);
    std::vector<const hardware::Accelerator*> all;
    if (!says_the_chip_alone(whole)) all = named_by(catalogue, whole);
    if (all.empty()) all = begun_by(catalogue, whole);
    std::vector<Device> candidates;
    for (const hardware::Accelerator* accelerator : all) candidates.push_back(device_of(*accelerator));
    if (!part) return candidates;
    // What has parts computes in bfloat16; more is not known of one that no name tells.
    if (candidates.empty()) candidates.push_back({.name = "GPU", .bf16 = true, .fp8 = true, .fp4 = true});
    for (Device& device : candidates) {
        device.name += fmt::format(" {}", part->name);
        device.usable_mib = part->memory_gib * 1024;
    }
    return candidates;
}

}  // namespace

const hardware::Accelerator* accelerator_of_gres(const hardware::Catalogue& catalogue, std::string_view type) {
    if (mig_profile(type)) return nullptr;
    const std::vector<const hardware::Accelerator*> found = named_by(catalogue, type);
    return found.size() == 1 ? found.front() : nullptr;
}

Device device_of(const hardware::Accelerator& accelerator) {
    constexpr double MiB = 1024.0 * 1024.0;
    return {.name = std::string(accelerator.name),
            .usable_mib = static_cast<std::int64_t>(memory::usable_per_rank(accelerator) / MiB),
            .bf16 = accelerator.bf16,
            .fp8 = accelerator.fp8,
            .fp4 = hardware::computes_in_fp4(accelerator),
            .compute_capability = accelerator.compute_capability};
}

std::vector<DeviceType> devices_of_gres(const hardware::Catalogue& catalogue, std::string_view gres,
                                        std::string_view kind) {
    std::vector<DeviceType> devices;
    for (const std::string_view item : slurm_text::split(gres)) {
        const auto count = slurm_text::gres_count(item, kind);
        if (!count || *count == 0) continue;
        DeviceType type{.count = *count};
        if (const auto names = slurm_text::gres_types(item, kind); !names.empty()) type.gres_type = names.front();
        type.candidates = candidates_of(catalogue, lower(type.gres_type));
        devices.push_back(std::move(type));
    }
    return devices;
}

bool may_be(const hardware::Catalogue& catalogue, std::string_view gres_type, std::string_view model) {
    if (!says_the_chip_alone(gres_type))
        if (const hardware::Accelerator* accelerator = accelerator_of_gres(catalogue, gres_type))
            return accelerator->model == model;
    const std::vector<const hardware::Accelerator*> others = begun_by(catalogue, gres_type);
    return others.empty() || std::ranges::any_of(others, [&](const auto* other) { return other->model == model; });
}

}  // namespace recipe::cluster
