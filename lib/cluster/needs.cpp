// SPDX-License-Identifier: Apache-2.0
// Judges the devices of a kind of nodes by what a rank needs.
#include "cluster/needs.hpp"

#include "diagnostic/codes/layout.hpp"
#include "diagnostic/codes/model.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace recipe::cluster {
namespace {

using validate::DeviceNeeds;

/// Of one device, if it is that one.
Judgement judge(const Device& device, const DeviceNeeds& needs) {
    Judgement found{.suits = Suits::yes, .device = &device};
    if (needs.fp8 && !device.fp8) found.lacks.push_back(Lack::fp8);
    if (needs.fp4 && !device.fp4) found.lacks.push_back(Lack::fp4);
    if (needs.bf16 && !device.bf16) found.lacks.push_back(Lack::bf16);
    if (!validate::runs_kernels(needs, device.compute_capability)) found.lacks.push_back(Lack::kernels);
    if (needs.memory && device.usable_mib > 0) {
        if (needs.memory->low + needs.memory->outside > device.usable_mib)
            found.lacks.push_back(Lack::memory);
        else
            found.tight = needs.memory->high + needs.memory->outside > device.usable_mib;
    }
    if (!found.lacks.empty()) found.suits = Suits::no;
    return found;
}

/// Of a type that may be several devices: certain where all of them agree.
Judgement judge(const DeviceType& type, const DeviceNeeds& needs) {
    Judgement all{.suits = Suits::unknown};
    bool first = true;
    for (const Device& device : type.candidates) {
        Judgement one = judge(device, needs);
        if (!first && one.suits != all.suits) return {};
        if (first || one.tight) all = std::move(one);
        first = false;
    }
    return all;
}

std::string gib(std::int64_t mib) {
    return fmt::format("{:.1f} GiB", static_cast<double>(mib) / 1024);
}

std::string_view format_name(Lack lack) {
    return lack == Lack::bf16 ? "bfloat16" : lack == Lack::fp8 ? "fp8" : "fp4";
}

/// From which on CUDA devices compute in it.
std::string_view capability_of(Lack lack) {
    return lack == Lack::bf16 ? "8.0" : lack == Lack::fp8 ? "8.9" : "10.0";
}

}  // namespace

Judgement judge(const NodeGroup& group, const DeviceNeeds& needs, std::int64_t devices,
                const std::vector<std::string_view>& types) {
    Judgement lacking{.suits = Suits::no};
    Judgement good{.suits = Suits::yes};
    std::int64_t lack = 0, known = 0, all = 0;
    for (const DeviceType& type : group.device_types) {
        if (!types.empty() && !type.gres_type.empty() && std::ranges::find(types, type.gres_type) == types.end())
            continue;
        Judgement one = judge(type, needs);
        all += type.count;
        if (one.suits != Suits::unknown) known += type.count;
        if (one.suits == Suits::no) {
            lack += type.count;
            lacking = std::move(one);
        } else if (one.tight || good.device == nullptr) {
            good = std::move(one);
        }
    }
    // One that lacks is one too many where it may be given to the job.
    if (lack > 0 && known == all) return lacking;
    if (lack > 0 && all - lack < devices) return lacking;
    if (all == 0 || known < all) return {};
    return good;
}

DiagnosticCode code_of(Lack lack) {
    switch (lack) {
        case Lack::fp8:
            return codes::precision.fp8;
        case Lack::fp4:
            return codes::precision.fp4;
        case Lack::bf16:
            return codes::precision.bf16;
        case Lack::kernels:
            return codes::devices.kernels;
        case Lack::memory:
            break;
    }
    return codes::memory.does_not_fit;
}

std::string text_of(Lack lack, const DeviceNeeds& needs, const Device& device, std::string_view whose) {
    if (lack == Lack::kernels)
        return fmt::format("the recipe's kernels run on compute capability {}, and {}{} has {}",
                           validate::describe(needs.capabilities), device.name, whose,
                           hardware::compute_capability_text(device.compute_capability.value_or(0)));
    if (lack != Lack::memory) {
        std::string text =
            fmt::format("the recipe computes in {}, and {}{} does not", format_name(lack), device.name, whose);
        if (device.compute_capability)
            text += fmt::format(", which needs compute capability {} or later", capability_of(lack));
        return text;
    }
    const validate::MemoryNeeds& memory = *needs.memory;
    std::string text =
        fmt::format("a rank needs {} at its peak, and each {}{} has {} for it", gib(memory.peak), device.name, whose,
                    gib(std::max<std::int64_t>(device.usable_mib - memory.outside, 0)));
    if (memory.low != memory.peak)
        text += fmt::format("; {} to {} with what is not known of its program", gib(memory.low), gib(memory.high));
    return text;
}

std::vector<const Node*> nodes_of(const Inventory& inventory, const NodeNames& names) {
    std::vector<const Node*> found;
    for (const std::string_view name : names)
        if (const Node* node = inventory.node(name)) found.push_back(node);
    return found;
}

std::string host_list(std::vector<std::string_view> names) {
    struct Run {
        std::string_view prefix;
        std::size_t digits;
        std::uint64_t first, last;
    };
    std::vector<std::string> parts;  // without numbers
    std::vector<Run> runs;
    // "n2" before "n10", so that runs are seen.
    std::ranges::sort(names, {}, [](std::string_view name) { return std::pair(name.size(), name); });
    const auto [first, last] = std::ranges::unique(names);
    names.erase(first, last);
    for (const std::string_view name : names) {
        const std::size_t from = name.find_last_not_of("0123456789") + 1;
        const std::string_view digits = name.substr(from);
        if (digits.empty() || digits.size() > 9) {
            parts.emplace_back(name);
            continue;
        }
        std::uint64_t number = 0;
        for (const char c : digits) number = number * 10 + static_cast<std::uint64_t>(c - '0');
        const std::string_view prefix = name.substr(0, from);
        const bool padded = digits.front() == '0' && digits.size() > 1;
        if (!runs.empty() && runs.back().prefix == prefix && runs.back().last + 1 == number &&
            (runs.back().digits == digits.size() ||
             (!padded && runs.back().digits < digits.size() && runs.back().first > 0)))
            runs.back().last = number;
        else
            runs.push_back({prefix, digits.size(), number, number});
    }
    std::ranges::stable_sort(runs, {}, &Run::prefix);
    for (std::size_t i = 0; i < runs.size();) {
        std::string numbers;
        std::size_t count = 0;
        const std::string_view prefix = runs[i].prefix;
        for (; i < runs.size() && runs[i].prefix == prefix; ++i) {
            const Run& run = runs[i];
            numbers += fmt::format("{}{:0{}}", numbers.empty() ? "" : ",", run.first, run.digits);
            if (run.last != run.first) numbers += fmt::format("-{:0{}}", run.last, run.digits);
            count += run.last - run.first + 1;
        }
        parts.push_back(count == 1 ? fmt::format("{}{}", prefix, numbers) : fmt::format("{}[{}]", prefix, numbers));
    }
    std::string list;
    for (const std::string& part : parts) list += (list.empty() ? "" : ",") + part;
    return list;
}

}  // namespace recipe::cluster
