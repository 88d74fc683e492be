// SPDX-License-Identifier: Apache-2.0
// What the site file says to slurmctld.
#include "site/reading.hpp"

#include "diagnostic/codes/tools.hpp"
#include "hardware/hardware.hpp"

#include <fmt/format.h>
#include <fnmatch.h>
#include <algorithm>

namespace recipe::site {
namespace {

using config::Value;

constexpr std::int64_t least_refresh = 5;  // seconds; each refresh makes slurmctld list its nodes
constexpr std::int64_t max_refresh = 3600;

/// Calls `take` with each key and value of a map; null is an empty one.
template <class Take>
Expected<void> each(const Value& map, const std::string& key, Take take) {
    if (map.is_null()) return {};
    if (!map.is_map()) return fail(map, key, fmt::format("{} is a map", key));
    for (const config::Entry& entry : map.entries()) {
        Expected<void> taken = take(config::to_python_text(entry.key), entry);
        if (!taken) return taken;
    }
    return {};
}

Expected<std::vector<std::string>> names(const Value& list, const std::string& key) {
    std::vector<std::string> found;
    if (list.is_null()) return found;
    if (!list.is_list()) return fail(list, key, fmt::format("{} is a list of names", key));
    for (const Value& item : list.items()) {
        const std::string* name = item.as_string();
        if (name == nullptr || name->empty()) return fail(item, key, fmt::format("{} holds names", key));
        found.push_back(*name);
    }
    return found;
}

Expected<std::string> name_at(const config::Entry& entry, const std::string& key) {
    const std::string* name = entry.value.as_string();
    if (name == nullptr || name->empty()) return fail(entry.value, key, fmt::format("{} is a name", key));
    return *name;
}

Expected<void> read_max_nodes(const Value& map, const std::string& key, Policy& policy) {
    return each(map, key, [&](const std::string& pattern, const config::Entry& entry) -> Expected<void> {
        const auto count = entry.value.as_int();
        if (!count || *count < 1)
            return fail(entry.value, key + '.' + pattern,
                        fmt::format("{}.{} is a number of nodes, from 1", key, pattern));
        policy.max_nodes.emplace_back(pattern, *count);
        return {};
    });
}

Expected<void> read_default_partition(const Value& map, const std::string& key, Policy& policy) {
    return each(map, key, [&](const std::string& type, const config::Entry& entry) -> Expected<void> {
        Expected<std::string> partition = name_at(entry, key + '.' + type);
        if (!partition) return std::unexpected(std::move(partition.error()));
        policy.default_partition[hardware::canonical_instance_name(type)] = std::move(*partition);
        return {};
    });
}

}  // namespace

std::unexpected<Diagnostics> fail(const Value& value, std::string key, std::string message) {
    return refuse({.code = codes::site.file,
                   .key = std::move(key),
                   .source = value.position().source(),
                   .message = std::move(message)});
}

Expected<Policy> read_policy(const Value& map, const std::string& key) {
    Policy policy;
    Expected<void> read = each(map, key, [&](const std::string& name, const config::Entry& entry) -> Expected<void> {
        const std::string full = key + '.' + name;
        if (name == "max_nodes") return read_max_nodes(entry.value, full, policy);
        if (name == "default_partition") return read_default_partition(entry.value, full, policy);
        if (name != "require_recipe" && name != "instance_types" && name != "operators")
            return fail(entry.key, full,
                        fmt::format("{} knows require_recipe, instance_types, max_nodes, default_partition and "
                                    "operators, not {}",
                                    key, name));
        Expected<std::vector<std::string>> list = names(entry.value, full);
        if (!list) return std::unexpected(std::move(list.error()));
        if (name == "require_recipe")
            policy.require_recipe = std::move(*list);
        else if (name == "operators")
            policy.operators = std::move(*list);
        else
            for (const std::string& type : *list)
                policy.instance_types.push_back(hardware::canonical_instance_name(type));
        return {};
    });
    if (!read) return std::unexpected(std::move(read.error()));
    return policy;
}

Expected<std::vector<std::pair<std::string, std::string>>> read_node_types(const Value& map, const std::string& key) {
    std::vector<std::pair<std::string, std::string>> types;
    Expected<void> read = each(map, key, [&](const std::string& hosts, const config::Entry& entry) -> Expected<void> {
        Expected<std::string> type = name_at(entry, key + '.' + hosts);
        if (!type) return std::unexpected(std::move(type.error()));
        types.emplace_back(hosts, hardware::canonical_instance_name(*type));
        return {};
    });
    if (!read) return std::unexpected(std::move(read.error()));
    return types;
}

Expected<std::vector<std::pair<std::string, std::string>>> read_partition_types(const Value& map,
                                                                                const std::string& key) {
    std::vector<std::pair<std::string, std::string>> types;
    Expected<void> read = each(map, key, [&](const std::string& name, const config::Entry& entry) -> Expected<void> {
        const std::string full = key + '.' + name;
        if (!entry.value.is_map() || entry.value.size() == 0)
            return fail(entry.value, full, fmt::format("{} is a map of instance_type", full));
        return each(entry.value, full, [&](const std::string& what, const config::Entry& inner) -> Expected<void> {
            if (what != "instance_type")
                return fail(inner.key, full + '.' + what, fmt::format("{} knows instance_type, not {}", full, what));
            Expected<std::string> type = name_at(inner, full + ".instance_type");
            if (!type) return std::unexpected(std::move(type.error()));
            types.emplace_back(name, hardware::canonical_instance_name(*type));
            return {};
        });
    });
    if (!read) return std::unexpected(std::move(read.error()));
    return types;
}

std::optional<std::string> instance_type_of(const Settings& settings, const std::vector<std::string_view>& partitions) {
    const auto& types = settings.partition_types;
    if (types.empty()) return std::nullopt;
    if (partitions.empty()) {
        const std::string& first = types.front().second;
        const bool same = std::ranges::all_of(types, [&](const auto& type) { return type.second == first; });
        const bool all = std::ranges::any_of(types, [](const auto& type) { return type.first == "*"; });
        return same && all ? std::optional(first) : std::nullopt;
    }
    std::optional<std::string> only;
    for (const std::string_view partition : partitions) {
        const auto found = std::ranges::find_if(types, [name = std::string(partition)](const auto& type) {
            return fnmatch(type.first.c_str(), name.c_str(), 0) == 0;
        });
        if (found == types.end() || (only && *only != found->second)) return std::nullopt;
        only = found->second;
    }
    return only;
}

Expected<std::chrono::seconds> read_inventory(const Value& map, const std::string& key) {
    std::chrono::seconds refresh = Settings{}.inventory_refresh;
    Expected<void> read = each(map, key, [&](const std::string& name, const config::Entry& entry) -> Expected<void> {
        const auto seconds = entry.value.as_int();
        if (name != "refresh_seconds")
            return fail(entry.key, key + '.' + name, fmt::format("{} knows refresh_seconds, not {}", key, name));
        if (!seconds || *seconds < least_refresh || *seconds > max_refresh)
            return fail(entry.value, key + ".refresh_seconds",
                        fmt::format("{}.refresh_seconds is an int from {} to {}", key, least_refresh, max_refresh));
        refresh = std::chrono::seconds(*seconds);
        return {};
    });
    if (!read) return std::unexpected(std::move(read.error()));
    return refresh;
}

}  // namespace recipe::site
