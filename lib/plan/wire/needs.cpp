// SPDX-License-Identifier: Apache-2.0
// What the plan says of a rank's needs of its device, in few bytes: slurmctld reads them with every plan.
#include "plan/wire/fields.hpp"

#include <array>

namespace recipe::plan {
namespace {

using config::Value;
using validate::DeviceNeeds;
using validate::MemoryNeeds;

struct Format {
    std::string_view name;
    bool DeviceNeeds::* needed;
};
constexpr std::array formats{Format{"bf16", &DeviceNeeds::bf16}, Format{"fp8", &DeviceNeeds::fp8},
                             Format{"fp4", &DeviceNeeds::fp4}};

std::optional<MemoryNeeds> read_memory(const Value& list, Reader& reader) {
    std::array<std::int64_t, 4> mib{};
    const bool sized = list.is_list() && list.items().size() == mib.size();
    for (std::size_t i = 0; sized && i < mib.size(); ++i) {
        mib[i] = list.items()[i].as_int().value_or(-1);
        if (mib[i] < 0 || mib[i] > validate::max_device_mib) mib[0] = -1;
    }
    if (!sized || mib[0] < 0 || mib[0] > mib[1] || mib[1] > mib[2]) {
        reader.fail("memory is no ascending band in MiB and what is held beside it");
        return std::nullopt;
    }
    return MemoryNeeds{.low = mib[0], .peak = mib[1], .high = mib[2], .outside = mib[3]};
}

constexpr std::size_t max_capabilities = 8;
constexpr std::int64_t largest_capability = 999;

/// Where ranges begin and end, in turn: [80, 86, 90] is from 8.0 to 8.5, and from 9.0 on.
Value capabilities_value(const std::vector<validate::CapabilityRange>& ranges) {
    Value list = Value::list();
    for (const validate::CapabilityRange& range : ranges) {
        list.push_back(number(range.from));
        if (range.below != 0) list.push_back(number(range.below));
    }
    return list;
}

std::vector<validate::CapabilityRange> read_capabilities(const Value& list, Reader& reader) {
    std::vector<validate::CapabilityRange> ranges;
    std::int64_t last = 0;
    bool good = list.is_list() && list.size() >= 1 && list.size() <= max_capabilities;
    for (std::size_t i = 0; good && i < list.size(); ++i) {
        const std::int64_t capability = list.items()[i].as_int().value_or(0);
        good = capability > last && capability <= largest_capability;
        last = capability;
        if (i % 2 == 0)
            ranges.push_back({.from = static_cast<int>(capability)});
        else
            ranges.back().below = static_cast<int>(capability);
    }
    if (good) return ranges;
    reader.fail("capability is no ascending list of compute capabilities");
    return {};
}

}  // namespace

Value needs_value(const Summary& plan) {
    Value map = Value::map();
    if (const auto& memory = plan.needs.memory)
        put(map, "memory",
            Value::list({number(memory->low), number(memory->peak), number(memory->high), number(memory->outside)}));
    for (const Format& format : formats)
        if (plan.needs.*format.needed) put(map, std::string(format.name), Value::boolean(true));
    if (!plan.needs.capabilities.empty()) put(map, "capability", capabilities_value(plan.needs.capabilities));
    if (plan.needs_forced) put(map, "forced", Value::boolean(true));
    return map;
}

void read_needs(const Value& value, Summary& plan, std::string& problem) {
    Reader reader(value, "needs", problem);
    if (reader.has("memory")) plan.needs.memory = read_memory(reader.any("memory"), reader);
    for (const Format& format : formats)
        if (reader.has(format.name)) plan.needs.*format.needed = reader.boolean(format.name);
    if (reader.has("capability")) plan.needs.capabilities = read_capabilities(reader.any("capability"), reader);
    if (reader.has("forced")) plan.needs_forced = reader.boolean("forced");
}

}  // namespace recipe::plan
