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

}  // namespace

Value needs_value(const Summary& plan) {
    Value map = Value::map();
    if (const auto& memory = plan.needs.memory)
        put(map, "memory",
            Value::list({number(memory->low), number(memory->peak), number(memory->high), number(memory->outside)}));
    for (const Format& format : formats)
        if (plan.needs.*format.needed) put(map, std::string(format.name), Value::boolean(true));
    if (plan.needs_forced) put(map, "forced", Value::boolean(true));
    return map;
}

void read_needs(const Value& value, Summary& plan, std::string& problem) {
    Reader reader(value, "needs", problem);
    if (reader.has("memory")) plan.needs.memory = read_memory(reader.any("memory"), reader);
    for (const Format& format : formats)
        if (reader.has(format.name)) plan.needs.*format.needed = reader.boolean(format.name);
    if (reader.has("forced")) plan.needs_forced = reader.boolean("forced");
}

}  // namespace recipe::plan
