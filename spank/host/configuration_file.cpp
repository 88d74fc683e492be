// SPDX-License-Identifier: Apache-2.0
// Reads and removes a job's file of a large configuration.
#include "spank/host/configuration_file.hpp"

#include "diagnostic/codes/node.hpp"
#include "spank/host/own_files.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace recipe::spank {
namespace {

std::unexpected<Diagnostics> cannot_read(const std::string& path, std::string_view why) {
    return refuse({.code = codes::plan.file,
                   .message = fmt::format("the file of the recipe's configuration {}: {}", path, why),
                   .fix = "submit the job again"});
}

}  // namespace

Expected<config::Value> read_configuration(const plan::LaunchPlan& plan) {
    const plan::ConfigurationFile file = plan.configuration_file.value_or(plan::ConfigurationFile{});
    const auto text = read_own_file(file.path, plan::max_configuration_bytes, Others::write);
    if (!text) return cannot_read(file.path, text.error());
    Expected<config::Value> config = plan::configuration_from_json(plan, *text);
    if (!config) return cannot_read(file.path, config.error().front().message);
    return config;
}

void remove_configuration(const std::string& path) {
    if (plan::is_configuration_path(path)) unlink(path.c_str());
}

void remove_old_configurations(const std::string& directory, std::int64_t now) {
    remove_unused(directory, now, plan::is_configuration_path);
}

}  // namespace recipe::spank
