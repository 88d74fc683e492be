// SPDX-License-Identifier: Apache-2.0
// The configuration file and directories of one job.
#include "node/node.hpp"

#include <fmt/format.h>

namespace recipe::node {
namespace {

using config::Value;

/// What the placeholder of a plan's texts stands for.
struct Places {
    const std::string& results_dir;
    std::string job;   // its directory, with the job's clone
    std::string step;  // where the step writes
    bool has_code;
};

Places places_of(const plan::LaunchPlan& plan, const Facts& facts) {
    return {.results_dir = plan.results_dir,
            .job = job_directory(plan, facts),
            .step = results_directory(plan, facts),
            .has_code = plan.code.has_value()};
}

/// `text` with the placeholder at its beginning replaced. Slashes may be doubled where a recipe joined paths.
std::string placed(const std::string& text, const Places& places) {
    constexpr std::string_view mark = "%j";
    constexpr std::string_view clone = "/code";
    if (!text.starts_with(places.results_dir)) return text;
    const std::size_t at = text.find_first_not_of('/', places.results_dir.size());
    if (at == std::string::npos || at == places.results_dir.size() || text.compare(at, mark.size(), mark) != 0)
        return text;
    const std::string rest = text.substr(at + mark.size());
    if (!rest.empty() && rest.front() != '/') return text;
    const bool in_clone =
        places.has_code && rest.starts_with(clone) && (rest.size() == clone.size() || rest[clone.size()] == '/');
    return (in_clone ? places.job : places.step) + rest;
}

Value placed(const Value& value, const Places& places) {
    if (const std::string* text = value.as_string()) return Value::string(placed(*text, places));
    if (value.is_list()) {
        Value list = Value::list();
        for (const Value& item : value.items()) list.push_back(placed(item, places));
        return list;
    }
    if (!value.is_map()) return value;
    Value map = Value::map();
    for (const config::Entry& entry : value.entries()) map.set(entry.key, placed(entry.value, places));
    return map;
}

}  // namespace

std::string job_directory(const plan::LaunchPlan& plan, const Facts& facts) {
    if (facts.array_job_id) return fmt::format("{}/{}_{}", plan.results_dir, *facts.array_job_id, facts.array_task_id);
    return fmt::format("{}/{}", plan.results_dir, facts.job_id);
}

std::string results_directory(const plan::LaunchPlan& plan, const Facts& facts) {
    const std::string directory = job_directory(plan, facts);
    return plan.step_key.empty() ? directory : fmt::format("{}/{}", directory, plan.step_key);
}

std::optional<std::string> code_directory(const plan::LaunchPlan& plan, const Facts& facts) {
    if (!plan.code) return std::nullopt;
    return placed(plan::code_directory(plan.results_dir), places_of(plan, facts));
}

plan::Entry entry_of(const plan::LaunchPlan& plan, const Facts& facts) {
    const Places places = places_of(plan, facts);
    plan::Entry entry = plan.entry;
    for (std::string* text : {&entry.program, &entry.directory, &entry.configuration}) *text = placed(*text, places);
    for (std::string& argument : entry.arguments) argument = placed(argument, places);
    if (entry.config_arguments) {
        const std::string file = config_file(plan, facts);
        entry.arguments.insert(entry.arguments.begin(),
                               {"--config-path=" + places.job, "--config-name=" + file.substr(file.rfind('/') + 1)});
    }
    return entry;
}

std::string config_file(const plan::LaunchPlan& plan, const Facts& facts) {
    return fmt::format("{}/recipe-{}.yaml", job_directory(plan, facts), plan.digest.substr(0, 12));
}

std::vector<std::string> written_directories(const plan::LaunchPlan& plan, const Facts& facts) {
    const Places places = places_of(plan, facts);
    std::vector<std::string> directories;
    for (const std::string& directory : plan.written_directories) directories.push_back(placed(directory, places));
    return directories;
}

std::string report_file(const plan::LaunchPlan& plan, const Facts& facts) {
    return fmt::format("{}/environment-{}.txt", job_directory(plan, facts), facts.restart_count);
}

std::string manifest_file(const plan::LaunchPlan& plan, const Facts& facts) {
    return fmt::format("{}/manifest.json", job_directory(plan, facts));
}

std::string config_text(const plan::LaunchPlan& plan, const Facts& facts) {
    return config::to_yaml(placed(plan.config, places_of(plan, facts)));
}

}  // namespace recipe::node
