// SPDX-License-Identifier: Apache-2.0
// Finds the instance type that the site's file names for a partition.
#include "planner/site_type.hpp"

#include "slurm_text/lists.hpp"
#include "trace/trace.hpp"

#include <fmt/format.h>
#include <string>

namespace recipe::planner {
namespace {

bool is_given(const config::Value& root, std::string_view key) {
    const config::Value* value = root.at(key);
    return value != nullptr && !value->is_null();
}

bool runs_on_cpus(const config::Value& root) {
    const config::Value* accelerator = root.at("recipes.trainer.accelerator");
    const std::string* name = accelerator != nullptr ? accelerator->as_string() : nullptr;
    return name != nullptr && *name == "cpu";
}

}  // namespace

std::optional<config::Override> site_type(const site::Settings& settings, const config::Value& root,
                                          std::optional<std::string_view> partition) {
    if (settings.partition_types.empty() || is_given(root, "instance_type") || runs_on_cpus(root)) return std::nullopt;
    // Custom training has it there.
    if (root.find("recipes") == nullptr && is_given(root, "cluster.instance_type")) return std::nullopt;
    std::string names(partition.value_or(""));
    if (!partition && is_given(root, "cluster.partition"))
        names = config::to_python_text(*root.at("cluster.partition"));
    const std::optional<std::string> type = site::instance_type_of(settings, slurm_text::split(names));
    if (!type) return std::nullopt;
    trace::info([&] { return fmt::format("the site's instance type of {}: {}", names.empty() ? "*" : names, *type); });
    return config::Override{
        fmt::format("++instance_type={}", *type),
        names.empty() ? "partitions of the site file" : fmt::format("partitions.{} of the site file", names)};
}

}  // namespace recipe::planner
